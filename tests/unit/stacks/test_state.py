"""The stack `state`: one for each bucket that the environments manage, its own state in that bucket."""

from __future__ import annotations

import json
from pathlib import Path
from typing import cast

import pytest
from cdktf import Testing

from stacks.environment import EnvironmentSettings
from stacks.loading import load_environments
from stacks.state import StateStack, add_state_stacks
from stacks.state_buckets import state_stack_names
from tests.synthesis import Json, resource, synthesize_platform
from tests.texts import DEMO

MANAGED = DEMO + '[state]\nbucket = "states"\nmanaged = true\n'


def environments(folder: Path, **texts: str) -> tuple[EnvironmentSettings, ...]:
    for name, text in texts.items():
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    return load_environments(folder, {})


def synthesized(*settings: EnvironmentSettings) -> Json:
    return cast(
        Json, json.loads(Testing.synth(StateStack(Testing.app(), "state", environments=settings), True))
    )


def test_state_stack_keeps_its_state_in_its_bucket(tmp_path: Path) -> None:
    stack = synthesized(*environments(tmp_path, demo=MANAGED + 'region = "us-east-1"\n'))

    assert stack["terraform"]["backend"]["s3"] == {
        "bucket": "states",
        "key": "mlflow/state/terraform.tfstate",
        "region": "us-east-1",
        "encrypt": True,
        "use_lockfile": True,
    }
    assert stack["provider"]["aws"][0]["region"] == "us-east-1"
    assert resource(stack, "aws_s3_bucket.state")["bucket"] == "states"


def test_state_stack_has_short_addresses(tmp_path: Path) -> None:
    options = 'create_kms_key = true\naccess_log_bucket = "logs"\n'
    stack = synthesized(*environments(tmp_path, demo=MANAGED + options))

    assert {name for named in stack["resource"].values() for name in named} == {"state", "identity"}
    assert len(stack["resource"]) == 11


def test_every_option_of_the_settings_arrives(tmp_path: Path) -> None:
    options = 'create_kms_key = true\naccess_log_bucket = "logs"\naccount_id = "111122223333"\n'
    stack = synthesized(*environments(tmp_path, demo=MANAGED.replace("states", "the.states") + options))

    backend = stack["terraform"]["backend"]["s3"]
    # An alias has no dots.
    assert backend["kms_key_id"] == "alias/the-states"
    assert resource(stack, "aws_kms_alias.state")["name"] == "alias/the-states"
    assert backend["allowed_account_ids"] == ["111122223333"]
    assert resource(stack, "aws_s3_bucket_logging.state")["target_bucket"] == "logs"


def test_state_is_encrypted_with_the_buckets_key() -> None:
    backend = synthesize_platform(MANAGED + "create_kms_key = true\n")["terraform"]["backend"]["s3"]

    assert (backend["bucket"], backend["kms_key_id"]) == ("states", "alias/states")


def test_a_teams_bucket_has_its_prefix_account_key_and_role() -> None:
    lines = (
        '[state]\nbucket = "states"\nkey_prefix = "ml/mlflow"\naccount_id = "111122223333"\n'
        'kms_key_id = "alias/states"\nrole_arn = "arn:aws:iam::111122223333:role/states"\n'
    )
    backend = synthesize_platform(DEMO + lines, environment="blue")["terraform"]["backend"]["s3"]

    assert backend["key"] == "ml/mlflow/blue/terraform.tfstate"
    assert backend["allowed_account_ids"] == ["111122223333"]
    assert backend["assume_role"] == {"role_arn": "arn:aws:iam::111122223333:role/states"}


def test_environments_with_one_bucket_share_a_stack(tmp_path: Path) -> None:
    tags = '[tags]\nteam = "ml"\nof = "{}"\n'
    both = environments(tmp_path, blue=MANAGED + tags.format("blue"), demo=MANAGED + tags.format("demo"))

    assert state_stack_names(both) == {"states": "state"}
    assert synthesized(*both)["provider"]["aws"][0]["default_tags"] == [
        {"tags": {"Application": "mlflow", "ManagedBy": "terraform", "team": "ml"}}
    ]


def test_each_managed_bucket_is_a_stack(tmp_path: Path) -> None:
    app = Testing.app()
    settings = environments(
        tmp_path,
        blue=MANAGED.replace('"states"', '"blue-states"'),
        demo=MANAGED,
        local=DEMO,
        team=MANAGED.replace("managed = true", "").replace('"states"', '"of-the-team"'),
    )

    add_state_stacks(app, settings)

    assert state_stack_names(settings) == {"blue-states": "state-blue", "states": "state-demo"}
    assert [child.node.id for child in app.node.children] == ["state-blue", "state-demo"]


def test_a_managed_bucket_that_is_not_made_yet_is_no_stack(tmp_path: Path) -> None:
    settings = environments(tmp_path, demo=DEMO + "[state]\nmanaged = true\ncreate_kms_key = true\n")

    assert state_stack_names(settings) == {}
    with pytest.raises(ValueError, match="demo manages no state bucket"):
        synthesized(*settings)
