"""Roles for people: who comes in, under which conditions, and what each capability grants."""

from __future__ import annotations

import json
from typing import Any

import pytest

from modules.access.operating import grant_operate
from modules.access.settings import AccessSettings
from modules.access.user_roles import UserRole
from modules.common.account import Account
from stacks.base import AppStack
from tests.given.stores import store_in
from tests.synthesis import Json, resource, service_in, statements, synthesize, table

PRINCIPALS = ["arn:aws:iam::111122223333:role/a", "arn:aws:iam::111122223333:root"]
BUCKET = "${aws_s3_bucket.artifact_store.arn}"


def role_in(stack: AppStack, **changes: Any) -> UserRole:
    principals = changes.pop("principals", PRINCIPALS)
    return UserRole(
        stack,
        "group",
        settings=table(AccessSettings, **changes),
        name="mlflow-test-group",
        description="Does its work",
        principals=principals,
    )


def trust(synthesized: Json) -> Json:
    return statements(resource(synthesized, "aws_iam_role.group")["assume_role_policy"])["Assume"]


def test_a_role_with_all_defaults() -> None:
    synthesized = synthesize(role_in)

    role = resource(synthesized, "aws_iam_role.group")
    assert trust(synthesized) == {
        "Sid": "Assume",
        "Effect": "Allow",
        "Principal": {"AWS": PRINCIPALS},
        "Action": ["sts:AssumeRole"],
    }
    assert (role["name"], role["max_session_duration"]) == ("mlflow-test-group", 3600)
    assert "aws_iam_role_policy" not in synthesized["resource"]


def test_a_role_with_all_values() -> None:
    synthesized = synthesize(
        lambda stack: role_in(
            stack,
            require_mfa=True,
            external_id="told",
        )
    )

    assert trust(synthesized)["Condition"] == {
        "Bool": {"aws:MultiFactorAuthPresent": "true"},
        "StringEquals": {"sts:ExternalId": "told"},
    }


def test_role_without_principals_is_an_error() -> None:
    with pytest.raises(ValueError, match="nobody may assume"):
        synthesize(lambda stack: role_in(stack, principals=[]))


def test_reading_artifacts() -> None:
    synthesized = synthesize(lambda stack: store_in(stack).grant_read(role_in(stack)))

    policy = resource(synthesized, "aws_iam_role_policy.group_read_artifacts")
    assert policy["role"] == "${aws_iam_role.group.id}"
    assert statements(policy["policy"]) == {
        "ListArtifacts": {
            "Sid": "ListArtifacts",
            "Effect": "Allow",
            "Action": ["s3:ListBucket"],
            "Resource": [BUCKET],
        },
        "ReadArtifacts": {
            "Sid": "ReadArtifacts",
            "Effect": "Allow",
            "Action": ["s3:GetObject"],
            "Resource": [f"{BUCKET}/*"],
        },
    }


def test_writing_artifacts_deletes_none() -> None:
    synthesized = synthesize(lambda stack: store_in(stack).grant_write(role_in(stack)))

    policy = resource(synthesized, "aws_iam_role_policy.group_write_artifacts")["policy"]
    assert statements(policy) == {
        "WriteArtifacts": {
            "Sid": "WriteArtifacts",
            "Effect": "Allow",
            "Action": ["s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"],
            "Resource": [f"{BUCKET}/*"],
        }
    }


def operated(*, enable_execute_command: bool) -> Json:
    def build(stack: AppStack) -> None:
        shells = {
            "enable_execute_command": enable_execute_command,
            "readonly_root_filesystem": not enable_execute_command,
        }
        service = service_in(stack, **shells)
        account = Account(stack, "here", region="eu-west-1")
        grant_operate(role_in(stack), service=service, account=account)

    return synthesize(build)


def granted(synthesized: Json, id: str) -> dict[str, Json]:
    return statements(resource(synthesized, f"aws_iam_role_policy.group_{id}")["policy"])


def test_operating_reads_the_services_own_log() -> None:
    logs = granted(operated(enable_execute_command=False), "logs")

    group = "${aws_cloudwatch_log_group.service.arn}"
    assert logs["ReadLogs"]["Resource"] == [group, f"{group}:*"]
    assert not [action for action in logs["ReadLogs"]["Action"] if "Put" in action or "Delete" in action]
    assert logs["StopQueries"]["Action"] == ["logs:StopQuery"]


def test_operating_changes_one_service_and_runs_nothing_else() -> None:
    service = granted(operated(enable_execute_command=True), "service")

    scale = service["ScaleAndRestart"]
    (arn,) = scale["Resource"]
    assert scale["Action"] == ["ecs:UpdateService"]
    assert arn.endswith("service/${aws_ecs_cluster.service.name}/${aws_ecs_service.service.name}")
    assert scale["Condition"]["ArnEquals"] == {"ecs:cluster": "${aws_ecs_cluster.service.arn}"}
    (family,) = scale["Condition"]["ArnLikeIfExists"].values()
    assert family.endswith(":task-definition/${aws_ecs_cluster.service.name}:*")
    assert service["ListTasks"]["Condition"] == {
        "ArnEquals": {"ecs:cluster": "${aws_ecs_cluster.service.arn}"}
    }
    every = {action for statement in service.values() for action in statement["Action"]}
    assert every == {
        "ecs:DescribeServiceDeployments",
        "ecs:DescribeServices",
        "ecs:DescribeTasks",
        "ecs:ListServiceDeployments",
        "ecs:ListTasks",
        "ecs:UpdateService",
    }


def test_shells_are_for_operators_where_there_are_any() -> None:
    with_shells = operated(enable_execute_command=True)
    without = operated(enable_execute_command=False)

    (opens,) = granted(with_shells, "exec").values()
    cluster, tasks = opens["Resource"]
    assert opens["Action"] == ["ecs:ExecuteCommand"]
    assert cluster == "${aws_ecs_cluster.service.arn}"
    assert tasks.endswith(":task/${aws_ecs_cluster.service.name}/*")
    assert "aws_iam_role_policy.group_exec" not in json.dumps(without)
    assert "group_exec" not in without["resource"]["aws_iam_role_policy"]


def test_operators_cannot_switch_shells_on() -> None:
    without = granted(operated(enable_execute_command=False), "service")["ScaleAndRestart"]["Condition"]
    with_shells = granted(operated(enable_execute_command=True), "service")["ScaleAndRestart"]["Condition"]

    refusal = {"StringNotEqualsIgnoreCaseIfExists": {"ecs:enable-execute-command": "true"}}
    assert without == {**with_shells, **refusal}
