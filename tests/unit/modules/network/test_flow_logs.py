"""Flow logs: all of a VPC's connections, written by a role that can do nothing else."""

from __future__ import annotations

import json
from typing import Any

from modules.common.account import Account
from modules.encryption.key import GivenKey
from modules.network.flow_logs import FlowLogs
from tests.synthesis import Json, resource, statements, synthesize

KEY = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-4cd3-96ef-1234567890ab"


def flow_logs(**changes: Any) -> Json:
    return synthesize(
        lambda stack: FlowLogs(
            stack,
            "flow_logs",
            name="mlflow-test",
            account=Account(stack, "account", region="eu-west-1"),
            vpc_id="vpc-1",
            log_retention_days=365,
            **changes,
        )
    )


def test_every_connection_is_logged() -> None:
    log = resource(flow_logs(), "aws_flow_log.flow_logs")

    assert log == {
        "vpc_id": "vpc-1",
        "traffic_type": "ALL",
        "log_destination_type": "cloud-watch-logs",
        "log_destination": "${aws_cloudwatch_log_group.flow_logs.arn}",
        "iam_role_arn": "${aws_iam_role.flow_logs.arn}",
        "tags": {"Name": "mlflow-test"},
        "depends_on": ["aws_iam_role_policy.flow_logs_write"],
    }


def test_the_log_is_kept_as_long_as_it_was_said() -> None:
    group = resource(flow_logs(), "aws_cloudwatch_log_group.flow_logs")

    assert group == {"name": "/vpc/mlflow-test", "retention_in_days": 365}


def test_the_log_is_encrypted_with_the_key_given() -> None:
    group = resource(
        flow_logs(key=GivenKey(arn=KEY, region="eu-west-1")), "aws_cloudwatch_log_group.flow_logs"
    )

    assert group["kms_key_id"] == KEY


def test_the_role_writes_this_log_only_for_this_accounts_vpcs() -> None:
    synthesized = flow_logs()
    role = resource(synthesized, "aws_iam_role.flow_logs")
    granted = statements(resource(synthesized, "aws_iam_role_policy.flow_logs_write")["policy"])

    (trust,) = json.loads(role["assume_role_policy"])["Statement"]
    assert trust["Principal"] == {"Service": "vpc-flow-logs.amazonaws.com"}
    assert list(trust["Condition"]["StringEquals"]) == ["aws:SourceAccount"]
    assert role["name"] == "mlflow-test-flow-logs"
    assert granted["WriteFlowLogs"]["Resource"] == ["${aws_cloudwatch_log_group.flow_logs.arn}:*"]
    assert granted["FindLogGroup"]["Action"] == ["logs:DescribeLogGroups"]
