"""parliament finds nothing in the IAM policies of both profiles but what is listed with a reason."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.policy.accepted_findings import PARLIAMENT
from tests.policy.conftest import STACKS
from tests.rendered import Renderer
from tests.synthesis import Json

ANALYSE = Path(__file__).with_name("analyse.py")
# In a key's policy any resource is the key, and no other.
KEY = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-4cd3-96ef-1234567890ab"
# A trust policy has no resource, and the analyser wants one in each statement.
ITSELF = "arn:aws:iam::111122223333:role/itself"

Findings = list[tuple[str, str, str, str, str]]


def analyse(python: Path, policies: dict[str, Json]) -> Findings:
    done = subprocess.run(
        [python, ANALYSE], input=json.dumps(policies), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return [tuple(one) for one in json.loads(done.stdout)]


def policies_in(stack: Json) -> dict[str, Json]:
    """Every policy document of a stack: of identities, of resources, of trust, and those it publishes."""
    render = Renderer(stack)
    found: dict[str, Json] = {}
    for argument in ("policy", "assume_role_policy"):
        for address, statements in render.documents(*stack["resource"], argument=argument).items():
            whole = [{"Resource": ITSELF, **one} for one in statements]
            if address.startswith("aws_kms_key."):
                whole = [{**one, "Resource": KEY} for one in whole]
            found[f"{address}.{argument}"] = {"Version": "2012-10-17", "Statement": whole}
    for name, output in stack["output"].items():
        if name.endswith("_policy_json"):
            found[f"output.{name}"] = json.loads(render(output["value"]))
    return found


def is_accepted(issue: str, detail: str) -> bool:
    return any(one.check == issue and any(what in detail for what in one.on) for one in PARLIAMENT)


@pytest.fixture(scope="module")
def findings(stacks: dict[str, Json], python: Path) -> dict[str, Findings]:
    return {name: analyse(python, policies_in(stack)) for name, stack in stacks.items()}


@pytest.mark.parametrize("stack", STACKS)
def test_nothing_is_found_that_is_not_accepted(findings: dict[str, Findings], stack: str) -> None:
    assert [one for one in findings[stack] if not is_accepted(one[2], one[3])] == []


def test_nothing_is_accepted_that_is_not_found(findings: dict[str, Findings]) -> None:
    found = [(issue, detail) for one in findings.values() for _, _, issue, detail, _ in one]

    for one in PARLIAMENT:
        for what in one.on:
            assert any(issue == one.check and what in detail for issue, detail in found), (one.check, what)


def test_every_kind_of_policy_is_analysed(stacks: dict[str, Json]) -> None:
    policies = policies_in(stacks["everything"])

    assert {
        "aws_iam_role.service_task.assume_role_policy",
        "aws_iam_role_policy.service_task_artifact_store.policy",
        "aws_iam_policy.access_ci_apply_roles.policy",
        "aws_s3_bucket_policy.artifact_store.policy",
        "output.state_reader_policy_json",
    } <= policies.keys()
    assert not [address for address, policy in policies.items() if "${" in json.dumps(policy)], "all rendered"


@pytest.mark.parametrize(
    ("statement", "issue"),
    [
        ({"Action": "s3:GetObject", "Resource": "*"}, "RESOURCE_STAR"),
        ({"Action": "s3:GetObjects", "Resource": "arn:aws:s3:::a/*"}, "UNKNOWN_ACTION"),
        ({"Action": "s3:GetObject", "Resource": "arn:aws:s3:::a"}, "RESOURCE_MISMATCH"),
    ],
)
def test_a_policy_that_is_wrong_is_found(python: Path, statement: dict[str, Any], issue: str) -> None:
    policy = {"Version": "2012-10-17", "Statement": [{"Sid": "Wrong", "Effect": "Allow", **statement}]}

    assert issue in {found[2] for found in analyse(python, {"wrong": policy})}
