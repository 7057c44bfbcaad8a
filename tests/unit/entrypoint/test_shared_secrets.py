"""The keys that all tasks share: the first task makes them, whoever comes first, and no task changes them."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest
from cryptography.fernet import Fernet
from tracking_server import shared_secrets as module
from tracking_server.errors import StartupError
from tracking_server.shared_secrets import KEYS, server_keys

from tests.unit.entrypoint.conftest import SECRETS_REGION

WEBHOOKS = "MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY"


@pytest.fixture
def arn(secrets_manager: Any) -> str:
    """A secret as Terraform leaves it."""
    return str(secrets_manager.create_secret(Name="mlflow-test-server-keys")["ARN"])


def stored(secrets_manager: Any, arn: str) -> dict[str, str]:
    value: dict[str, str] = json.loads(secrets_manager.get_secret_value(SecretId=arn)["SecretString"])
    return value


def versions(secrets_manager: Any, arn: str) -> int:
    return len(secrets_manager.describe_secret(SecretId=arn)["VersionIdsToStages"])


def test_first_task_makes_the_keys_and_the_next_reads_them(secrets_manager: Any, arn: str) -> None:
    first = server_keys(arn, {})

    assert first == stored(secrets_manager, arn) and first.keys() == KEYS.keys()
    assert server_keys(arn, {}) == first
    assert versions(secrets_manager, arn) == 1
    Fernet(first[WEBHOOKS].encode())


def test_tasks_that_start_together_get_the_same_keys(
    secrets_manager: Any, arn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given tasks that have all seen the empty secret
    seen = threading.Barrier(8)
    read = module._read

    def read_together(arn: str, **version: str) -> tuple[str, dict[str, str]]:
        found = read(arn, **version)
        if not version:
            seen.wait()
        return found

    monkeypatch.setattr(module, "_read", read_together)
    got: list[dict[str, str]] = []
    tasks = [threading.Thread(target=lambda: got.append(server_keys(arn, {}))) for _ in range(8)]
    # when each stores keys
    for task in tasks:
        task.start()
    for task in tasks:
        task.join()
    # then one of them has, and all use its keys
    assert len(got) == 8
    assert all(one == stored(secrets_manager, arn) for one in got)


def test_a_new_kind_of_key_is_added_and_the_others_stay(secrets_manager: Any, arn: str) -> None:
    before = Fernet.generate_key().decode()
    secrets_manager.put_secret_value(
        SecretId=arn, SecretString=json.dumps({WEBHOOKS: before, "OTHER": "kept"})
    )

    keys = server_keys(arn, {})

    assert keys[WEBHOOKS] == before
    assert stored(secrets_manager, arn) == {**keys, "OTHER": "kept"}


def test_a_key_of_the_environment_wins_and_is_not_stored(secrets_manager: Any, arn: str) -> None:
    keys = server_keys(arn, {WEBHOOKS: "given"})

    assert WEBHOOKS not in keys and WEBHOOKS not in stored(secrets_manager, arn)


def test_nothing_is_asked_for_when_all_keys_are_given() -> None:
    assert server_keys("arn:aws:secretsmanager:nowhere:1:secret:none", dict.fromkeys(KEYS, "given")) == {}


def test_a_missing_secret_is_reported(secrets_manager: Any) -> None:
    missing = f"arn:aws:secretsmanager:{SECRETS_REGION}:123456789012:secret:none-AbCdEf"

    with pytest.raises(StartupError, match=r"PutSecretValue.*ResourceNotFoundException\n  fix:"):
        server_keys(missing, {})


@pytest.mark.parametrize("value", ["hunter2", '["hunter2"]', '"hunter2"'])
def test_another_form_is_refused_without_showing_it(secrets_manager: Any, arn: str, value: str) -> None:
    secrets_manager.put_secret_value(SecretId=arn, SecretString=value)

    with pytest.raises(StartupError, match="not JSON with names and values") as caught:
        server_keys(arn, {})
    assert "hunter2" not in str(caught.value)
    assert secrets_manager.get_secret_value(SecretId=arn)["SecretString"] == value
