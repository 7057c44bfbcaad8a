"""Roles for people: a group that is named has one, and what it may do."""

from __future__ import annotations

import pytest

from tests.given.plans import ENGINE_CHECK, resources, waits_for
from tests.synthesis import Json, resource, statements, synthesize_platform
from tests.texts import DEMO

ARN = "arn:aws:iam::111122223333:role/team"
OUTPUT_OF = {"readers": "reader", "contributors": "contributor", "admins": "admin"}
GROUPS = list(OUTPUT_OF)
ALL = f"{DEMO}[access]\n" + "".join(f'{group} = ["{ARN}"]\n' for group in GROUPS)
POLICIES = {
    "readers": {"read_parameters", "read_artifacts"},
    "contributors": {"read_parameters", "read_artifacts", "write_artifacts"},
    "admins": {"read_parameters", "logs", "service", "exec"},
}


@pytest.fixture(scope="module")
def everybody() -> Json:
    return synthesize_platform(f'{ALL}external_id = "told"\n')


@pytest.mark.parametrize("group", GROUPS)
def test_a_group_that_is_named_alone_has_the_only_role(group: str) -> None:
    synthesized = synthesize_platform(f'{DEMO}[access]\n{group} = ["{ARN}"]\n')

    made = [address for address in resources(synthesized) if address.startswith("aws_iam_role.access_")]
    published = {
        name for name in synthesized["output"] if name.removesuffix("_role_arn") in OUTPUT_OF.values()
    }
    assert made == [f"aws_iam_role.access_{group}"]
    assert published == {f"{OUTPUT_OF[group]}_role_arn"}
    assert f"{OUTPUT_OF[group]}_role_arn" in resource(synthesized, "aws_ssm_parameter.outputs")["for_each"]


@pytest.mark.parametrize("group", GROUPS)
def test_each_group_has_the_policies_of_its_work(everybody: Json, group: str) -> None:
    prefix = f"access_{group}_"
    policies = {
        name.removeprefix(prefix)
        for name in everybody["resource"]["aws_iam_role_policy"]
        if name.startswith(prefix)
    }

    assert policies == POLICIES[group]


@pytest.mark.parametrize("group", GROUPS)
def test_limits_apply_to_each_role(everybody: Json, group: str) -> None:
    role = resource(everybody, f"aws_iam_role.access_{group}")

    assert role["name"] == f"mlflow-test-{group}"
    assert role["max_session_duration"] == 3600
    assert statements(role["assume_role_policy"])["Assume"]["Condition"] == {
        "StringEquals": {"sts:ExternalId": "told"}
    }


def test_readers_get_published_parameters_only(everybody: Json) -> None:
    for group in GROUPS:
        policy = resource(everybody, f"aws_iam_role_policy.access_{group}_read_parameters")["policy"]
        (statement,) = statements(policy).values()
        (arn,) = statement["Resource"]
        assert statement["Action"] == ["ssm:GetParameter"]
        assert arn.endswith(":parameter/mlflow/test/*")


def test_an_apply_that_cannot_build_makes_no_role(everybody: Json) -> None:
    assert set(resources(everybody)) - waits_for(everybody, ENGINE_CHECK) == set()
