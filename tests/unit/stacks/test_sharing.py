"""The policies that other teams are given, and the page that shows them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from stacks.sharing import parameter_reader_policy, state_reader_policy
from tests.synthesis import Json, resource, statements, synthesize_platform
from tests.texts import DEMO, PRODUCTION

PROJECT = Path(__file__).resolve().parents[3]
PAGE = PROJECT / "docs" / "sharing-state.md"
OTHER_TEAM = PROJECT / "tests" / "emulator" / "sharing" / "other_team"
KEY_ID = "1234abcd-12ab-4cd3-96ef-1234567890ab"
HERE = {"partition": "aws", "region": "us-east-1", "account_id": "123456789012"}
STATE = {"bucket": "example-terraform-state", "key": "mlflow/demo/terraform.tfstate"}


def state_policy(**changes: Any) -> str:
    return state_reader_policy(**{**HERE, **STATE, "kms_key_id": None, **changes})


def test_a_state_is_read_by_its_key_alone() -> None:
    assert json.loads(state_policy())["Statement"] == [
        {
            "Sid": "ReadState",
            "Effect": "Allow",
            "Action": ["s3:GetObject"],
            "Resource": ["arn:aws:s3:::example-terraform-state/mlflow/demo/terraform.tfstate"],
        }
    ]


def test_parameters_are_read_below_the_environments_name_alone() -> None:
    policy = parameter_reader_policy(**HERE, parameter_prefix="/mlflow/demo/")

    assert json.loads(policy)["Statement"] == [
        {
            "Sid": "ReadParameters",
            "Effect": "Allow",
            "Action": ["ssm:GetParameter"],
            "Resource": ["arn:aws:ssm:us-east-1:123456789012:parameter/mlflow/demo/*"],
        }
    ]


@pytest.mark.parametrize(
    ("kms_key_id", "resource_arn", "conditions"),
    [
        (KEY_ID, f"arn:aws:kms:us-east-1:123456789012:key/{KEY_ID}", {}),
        (
            f"arn:aws:kms:eu-west-1:210987654321:key/{KEY_ID}",
            f"arn:aws:kms:eu-west-1:210987654321:key/{KEY_ID}",
            {},
        ),
        (
            "alias/states",
            "arn:aws:kms:us-east-1:123456789012:key/*",
            {"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/states"}},
        ),
        (
            "arn:aws:kms:eu-west-1:210987654321:alias/team/states",
            "arn:aws:kms:eu-west-1:210987654321:key/*",
            {"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/team/states"}},
        ),
    ],
)
def test_a_key_of_its_own_decrypts_through_s3_only(
    kms_key_id: str, resource_arn: str, conditions: Json
) -> None:
    decrypt = statements(state_policy(kms_key_id=kms_key_id))["DecryptState"]

    region = resource_arn.split(":")[3]
    assert decrypt == {
        "Sid": "DecryptState",
        "Effect": "Allow",
        "Action": ["kms:Decrypt"],
        "Resource": [resource_arn],
        "Condition": {"StringLike": {"kms:ViaService": f"s3.{region}.*"}, **conditions},
    }


def test_wildcards_in_a_state_key_are_escaped() -> None:
    (arn,) = statements(state_policy(key="a*b?$c"))["ReadState"]["Resource"]

    # Terraform makes `${*}` of it, which IAM reads as an asterisk.
    assert arn == "arn:aws:s3:::example-terraform-state/a$${*}b$${?}$${$}c"


@pytest.mark.parametrize(("lines", "there"), [(DEMO, False), (PRODUCTION, True)])
def test_there_is_a_policy_for_the_state_where_it_is_in_a_bucket(lines: str, there: bool) -> None:
    synthesized = synthesize_platform(lines)

    parameters = resource(synthesized, "aws_ssm_parameter.outputs")["for_each"]
    assert ("state_reader_policy_json" in synthesized["output"]) is there
    assert "parameter_reader_policy_json" in synthesized["output"]
    assert set(parameters) == set(synthesized["output"])


def test_policies_name_the_state_and_the_parameters() -> None:
    lines = f'key = "of/ours"\nregion = "eu-west-3"\nkms_key_id = "{KEY_ID}"\n'
    role = 'role_arn = "arn:aws:iam::210987654321:role/states"\n'
    with_role = synthesize_platform(PRODUCTION + lines + role)["output"]
    without = synthesize_platform(PRODUCTION + lines)["output"]

    state = statements(with_role["state_reader_policy_json"]["value"])
    assert state["ReadState"]["Resource"] == [
        "arn:${data.aws_partition.account.partition}:s3:::example-terraform-state/of/ours"
    ]
    ours = "${data.aws_caller_identity.account.account_id}"
    assert state["DecryptState"]["Resource"] == [
        f"arn:${{data.aws_partition.account.partition}}:kms:eu-west-3:210987654321:key/{KEY_ID}"
    ]
    assert statements(without["state_reader_policy_json"]["value"])["DecryptState"]["Resource"] == [
        f"arn:${{data.aws_partition.account.partition}}:kms:eu-west-3:{ours}:key/{KEY_ID}"
    ]
    parameters = statements(with_role["parameter_reader_policy_json"]["value"])["ReadParameters"]
    assert parameters["Resource"] == [
        f"arn:${{data.aws_partition.account.partition}}:ssm:eu-west-1:{ours}:parameter/mlflow/test/*"
    ]


def blocks(language: str) -> list[str]:
    """The page's code blocks in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.S | re.M)


def test_the_page_shows_the_hcl_that_the_tests_apply() -> None:
    files = ("reads_parameters/mlflow.tf", "reads_parameters/main.tf", "reads_state/mlflow.tf")

    assert blocks("hcl")[: len(files)] == [(OTHER_TEAM / file).read_text(encoding="utf-8") for file in files]


def test_the_page_shows_the_policies_as_they_are() -> None:
    made = [
        parameter_reader_policy(**HERE, parameter_prefix="/mlflow/demo/"),
        state_policy(kms_key_id=KEY_ID),
    ]

    assert [json.loads(block) for block in blocks("json")] == [json.loads(policy) for policy in made]
