"""What the tasks need of AWS: one endpoint for each API that they may call, and no call that they may not make."""

from __future__ import annotations

from typing import Any

import pytest

from modules.common.account import Account
from modules.common.policies import Statement
from modules.network.needs import Needs, endpoint_policy, needs_of
from tests.synthesis import statements, synthesize

TASK, EXECUTION = "arn:aws:iam::111122223333:role/task", "arn:aws:iam::111122223333:role/execution"


def statement(*actions: str, **changes: Any) -> Statement:
    return Statement(**{"sid": "Sid", "actions": actions, "resources": ["arn:aws:x:::y"], **changes})


def needs(*granted: Statement) -> Needs:
    found: list[Needs] = []
    synthesize(
        lambda stack: found.append(
            needs_of({TASK: granted, EXECUTION: ()}, account=Account(stack, "account", region="eu-west-1"))
        )
    )
    return found[0]


@pytest.mark.parametrize(
    ("action", "services"),
    [
        ("s3:GetObject", {"s3"}),
        ("ecr:BatchGetImage", {"ecr.api", "ecr.dkr", "s3"}),
        ("logs:PutLogEvents", {"logs"}),
        ("secretsmanager:GetSecretValue", {"secretsmanager"}),
        ("ssmmessages:OpenDataChannel", {"ssmmessages"}),
        ("kms:Decrypt", {"kms"}),
        ("sts:AssumeRole", {"sts"}),
        ("cloudwatch:PutMetricData", {"monitoring"}),
        ("rds-db:connect", set()),
    ],
)
def test_each_api_has_its_endpoints(action: str, services: set[str]) -> None:
    assert set(needs(statement(action))) == services


def test_nothing_granted_needs_nothing() -> None:
    assert needs() == {}


def test_an_api_without_a_known_endpoint_is_not_forgotten() -> None:
    with pytest.raises(ValueError, match=r"may call bedrock, .* ENDPOINT_SERVICES"):
        needs(statement("bedrock:InvokeModel"))


def test_calls_made_through_a_service_need_no_own_endpoint() -> None:
    condition = {"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}

    assert needs(statement("kms:Decrypt", conditions=condition)) == {}
    assert set(needs(statement("kms:Decrypt"))) == {"kms"}


def test_a_statement_about_two_apis_is_taken_apart() -> None:
    found = needs(statement("logs:PutLogEvents", "kms:Decrypt"))

    assert {name: [call.actions for call in calls] for name, calls in found.items()} == {
        "logs": [["logs:PutLogEvents"]],
        "kms": [["kms:Decrypt"]],
    }


def test_endpoint_policy_allows_granted_actions_to_granted_roles() -> None:
    condition = {"ArnEquals": {"aws:SourceArn": "arn:x"}, "Bool": {"aws:SecureTransport": "true"}}

    found = needs(statement("s3:GetObject", conditions=condition))

    assert statements(endpoint_policy(found["s3"])) == {
        "Sid": {
            "Sid": "Sid",
            "Effect": "Allow",
            "Principal": "*",
            "Action": ["s3:GetObject"],
            "Resource": ["arn:aws:x:::y"],
            "Condition": {
                "ArnEquals": {"aws:SourceArn": "arn:x", "aws:PrincipalArn": [TASK, EXECUTION]},
                "Bool": {"aws:SecureTransport": "true"},
            },
        }
    }


def test_image_layers_are_read_from_ecrs_bucket_by_signed_url() -> None:
    layers = statements(endpoint_policy(needs(statement("ecr:BatchGetImage"))["s3"]))["ReadImageLayers"]

    assert layers["Action"] == ["s3:GetObject"]
    assert layers["Resource"][0].endswith(":s3:::prod-eu-west-1-starport-layer-bucket/*")
    assert "Condition" not in layers


def test_equal_statements_are_merged_and_others_kept() -> None:
    one, other = statement("s3:GetObject"), statement("s3:PutObject")

    named = statements(endpoint_policy([one, other, one]))

    assert {sid: one["Action"] for sid, one in named.items()} == {
        "Sid": ["s3:GetObject"],
        "Sid1": ["s3:PutObject"],
    }
