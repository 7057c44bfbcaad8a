"""Webhooks with a secret: every worker of every task can read what another one stored, also after a restart."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from local.aws.account import EmulatedAws
from local.postgres import EmbeddedPostgres
from tests.image.replica import Replica

# With two workers in each of two tasks, a worker that could not read it would show.
READS = 30
# MLflow looks names up, and takes public addresses only; without an event nothing is sent to it.
ADDRESS = "https://1.1.1.1/mlflow"


@pytest.fixture
def client_of(client_settings: Any) -> Any:
    from mlflow import MlflowClient

    return MlflowClient


def created(client: Any, name: str) -> Any:
    return client.create_webhook(
        name=name, url=ADDRESS, events=["registered_model.created"], secret="hunter2-webhook"
    )


def test_every_worker_of_two_tasks_reads_a_webhooks_secret(
    server: Replica, environment: dict[str, str], tmp_path: Path, client_of: Any
) -> None:
    # given a webhook that one task stored
    webhook = created(client_of(server.url), "ci")
    with Replica(environment, log=tmp_path / "second.log") as second:
        second.wait_until_healthy()
        # when every worker of this and another task reads it, on connections of their own
        for task in (server, second):
            for _ in range(READS):
                assert client_of(task.url).get_webhook(webhook.webhook_id).name == "ci"
    # then a task that starts later reads it, too
    with Replica(environment, log=tmp_path / "third.log") as third:
        third.wait_until_healthy()
        for _ in range(READS):
            assert client_of(third.url).get_webhook(webhook.webhook_id).name == "ci"
        client_of(third.url).delete_webhook(webhook.webhook_id)


def test_keys_are_in_the_secret_and_neither_in_the_log_nor_in_the_database(
    server: Replica, aws: EmulatedAws, keys_arn: str, postgres: EmbeddedPostgres, client_of: Any
) -> None:
    webhook = created(client_of(server.url), "kept")
    client: Any = aws.session().client("secretsmanager")
    keys = json.loads(client.get_secret_value(SecretId=keys_arn)["SecretString"])
    with postgres.connect("mlflow") as connection, connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM webhooks")
        secrets = [secret for (secret,) in cursor.fetchall()]

    assert keys["MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY"] not in server.log
    assert secrets and all("hunter2" not in secret for secret in secrets)
    client_of(server.url).delete_webhook(webhook.webhook_id)
