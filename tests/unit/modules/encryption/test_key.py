"""The KMS key: what it is, and who may use it how."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from modules.common.log_group import LogGroup
from modules.common.policies import Statement
from modules.encryption.key import EncryptionKey, GivenKey
from stacks.base import AppStack
from tests.synthesis import Json, key_in, resource, statements, synthesize

GIVEN = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-4cd3-96ef-1234567890ab"
ROOT = "arn:${data.aws_partition.account.partition}:iam::${data.aws_caller_identity.account.account_id}:root"


def key(build: Callable[[AppStack, EncryptionKey], object] = lambda stack, key: None) -> Json:
    return synthesize(lambda stack: build(stack, key_in(stack)))


def policy(synthesized: Json) -> dict[str, Json]:
    return statements(resource(synthesized, "aws_kms_key.key")["policy"])


def test_key_has_rotation_alias_and_deletion_window() -> None:
    made = resource(key(), "aws_kms_key.key")

    assert made["enable_key_rotation"] is True
    assert (made["rotation_period_in_days"], made["deletion_window_in_days"]) == (180, 30)
    assert resource(key(), "aws_kms_alias.key") == {
        "name": "alias/mlflow-test",
        "target_key_id": "${aws_kms_key.key.key_id}",
    }
    assert "lifecycle" not in made


def test_administrators_keep_it_up_and_do_not_use_it() -> None:
    statement = policy(key())["AdministerByIamPolicies"]

    assert statement["Principal"] == {"AWS": ROOT}
    assert "Condition" not in statement
    verbs = [action.removeprefix("kms:") for action in statement["Action"]]
    assert "PutKeyPolicy" in verbs and "ScheduleKeyDeletion" in verbs
    forbidden = ("Encrypt", "Decrypt", "ReEncrypt", "Generate", "CreateGrant", "Create*", "Sign", "*")
    assert [verb for verb in verbs if verb.startswith(forbidden)] == []


def test_key_is_used_through_services_only() -> None:
    statement = policy(key())["UseThroughServicesByIamPolicies"]

    assert statement["Principal"] == {"AWS": ROOT}
    assert statement["Condition"] == {
        "StringEquals": {"kms:CallerAccount": "${data.aws_caller_identity.account.account_id}"},
        "StringLike": {
            "kms:ViaService": [
                "s3.eu-west-1.*",
                "rds.eu-west-1.*",
                "secretsmanager.eu-west-1.*",
                "ecr.eu-west-1.*",
            ]
        },
    }


def test_cloudwatch_logs_is_allowed_for_each_log_group() -> None:
    def two(stack: AppStack, key: EncryptionKey) -> None:
        for id, name in (("one", "/ecs/one"), ("two", "/ecs/two")):
            LogGroup(stack, id, name=name, retention_days=30, key=key)
        key.allow_log_group("/ecs/one")

    assert "EncryptLogs" not in policy(key())
    statement = policy(key(two))["EncryptLogs"]
    assert statement["Principal"] == {"Service": "logs.eu-west-1.${data.aws_partition.account.dns_suffix}"}
    account = "${data.aws_caller_identity.account.account_id}"
    groups = f"arn:${{data.aws_partition.account.partition}}:logs:eu-west-1:{account}:log-group:"
    assert statement["Condition"] == {
        "ArnLike": {"kms:EncryptionContext:aws:logs:arn": [f"{groups}/ecs/one", f"{groups}/ecs/two"]}
    }


def test_service_principal_can_be_allowed() -> None:
    more = Statement(
        sid="Alarms",
        principals={"Service": "cloudwatch.amazonaws.com"},
        actions=["kms:Decrypt"],
        resources=["*"],
    )

    assert policy(key(lambda _, key: key.allow(more)))["Alarms"] == more.as_json()


def test_a_log_group_has_an_end_and_the_key() -> None:
    synthesized = key(lambda stack, key: LogGroup(stack, "log", name="/a", retention_days=30, key=key))

    assert resource(synthesized, "aws_cloudwatch_log_group.log") == {
        "name": "/a",
        "retention_in_days": 30,
        "kms_key_id": "${aws_kms_key.key.arn}",
    }


def test_a_log_group_without_a_key_leaves_it_to_cloudwatch_logs() -> None:
    synthesized = synthesize(lambda stack: LogGroup(stack, "log", name="/a", retention_days=1, key=None))

    assert resource(synthesized, "aws_cloudwatch_log_group.log") == {"name": "/a", "retention_in_days": 1}


def test_another_teams_key_is_used_and_not_changed() -> None:
    given = GivenKey(arn=GIVEN, region="eu-west-1")
    synthesized = synthesize(lambda stack: LogGroup(stack, "log", name="/a", retention_days=1, key=given))

    assert resource(synthesized, "aws_cloudwatch_log_group.log")["kms_key_id"] == GIVEN
    assert set(synthesized["resource"]) == {"aws_cloudwatch_log_group"}


@pytest.mark.parametrize("make", [lambda stack: GivenKey(arn=GIVEN, region="eu-west-1"), key_in])
def test_role_uses_the_key_through_one_service_only(
    make: Callable[[AppStack], EncryptionKey | GivenKey],
) -> None:
    found: list[Json] = []

    def build(stack: AppStack) -> None:
        use = make(stack).use(
            "Read", actions=["kms:Decrypt"], via="s3", context={"aws:s3:arn": ["arn:aws:s3:::b"]}
        )
        found.append(use.as_json())

    synthesize(build)

    (statement,) = found
    assert statement["Action"] == ["kms:Decrypt"] and len(statement["Resource"]) == 1
    assert statement["Condition"] == {
        "StringLike": {
            "kms:ViaService": "s3.eu-west-1.*",
            "kms:EncryptionContext:aws:s3:arn": ["arn:aws:s3:::b"],
        }
    }


def test_a_protected_key_stops_every_plan_that_would_delete_it() -> None:
    protected = synthesize(lambda stack: key_in(stack, prevent_destroy=True))

    assert resource(protected, "aws_kms_key.key")["lifecycle"] == {"prevent_destroy": True}
