"""docs/bring-your-own.md: the policy that it asks of another team's key is the one that a key made here has."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.policy_evaluation import Request, key_may_be_used
from tests.synthesis import Json, resource, statements, synthesize_platform
from tests.texts import PRODUCTION

PAGE = Path(__file__).resolve().parents[2] / "docs" / "bring-your-own.md"
ACCOUNT = "111122223333"
LOG_CONTEXT = "kms:EncryptionContext:aws:logs:arn"
TERRAFORM = {
    "${data.aws_partition.account.partition}": "aws",
    "${data.aws_partition.account.dns_suffix}": "amazonaws.com",
    "${data.aws_caller_identity.account.account_id}": ACCOUNT,
}


@pytest.fixture(scope="module")
def synthesized() -> Json:
    return synthesize_platform(PRODUCTION, environment="production")


@pytest.fixture(scope="module")
def own(synthesized: Json) -> dict[str, Json]:
    """The statements of the key that production makes, by what they are for."""
    policy = resource(synthesized, "aws_kms_key.key")["policy"]
    for expression, value in TERRAFORM.items():
        policy = policy.replace(expression, value)
    return statements(policy)


def asked() -> list[dict[str, Any]]:
    (block,) = re.findall(r"```json\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    found: list[dict[str, Any]] = json.loads(block)
    return found


def test_the_policy_asked_for_is_that_of_the_key_made_here(own: dict[str, Json]) -> None:
    use, logs = asked()

    assert use == own["UseThroughServicesByIamPolicies"]
    del logs["Condition"]
    assert logs == {name: value for name, value in own["EncryptLogs"].items() if name != "Condition"}


def test_required_key_policy_covers_all_log_groups(synthesized: Json, own: dict[str, Json]) -> None:
    policy = json.dumps({"Statement": asked()})
    ours = own["EncryptLogs"]["Condition"]["ArnLike"][LOG_CONTEXT]
    others = f"arn:aws:logs:eu-west-1:{ACCOUNT}:log-group:/ecs/mlflow-demo"

    def encrypts(group: str) -> bool:
        request = Request("logs.eu-west-1.amazonaws.com", "kms:GenerateDataKey", "*", {LOG_CONTEXT: group})
        return key_may_be_used(request, key_policy=policy)

    assert len(ours) == len(synthesized["resource"]["aws_cloudwatch_log_group"])
    assert all(encrypts(group) for group in ours)
    assert not encrypts(others)
