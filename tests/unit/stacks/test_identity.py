"""What a state says of whose it is, and what a plan compares it with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import pytest
from cdktf import Testing

from stacks.loading import load_environments
from stacks.state import StateStack
from tests.synthesis import Json, resource, statements, synthesize_platform
from tests.texts import DEMO, PRODUCTION

ACCOUNT = "data.aws_caller_identity.account.account_id"
STATE = "terraform_data.identity.output"


def validation_of(synthesized: Json) -> dict[str, Any]:
    (validation,) = synthesized["variable"]["state_identity"]["validation"]
    return cast(dict[str, Any], validation)


@pytest.mark.parametrize(("lines", "region"), [(DEMO, "eu-west-1"), (PRODUCTION, "eu-west-1")])
def test_a_state_records_its_deployment_account_and_region_once(lines: str, region: str) -> None:
    record = resource(synthesize_platform(f'name = "team-c"\n{lines}'), "terraform_data.identity")

    assert record == {
        # An apply that the claim stops leaves no record in a state of its own.
        "depends_on": ["aws_ssm_parameter.claim"],
        "input": {"deployment": "team-c/test", "account_id": f"${{{ACCOUNT}}}", "region": region},
        "lifecycle": {"ignore_changes": ["input"]},
    }


def test_a_plan_compares_all_of_it() -> None:
    synthesized = synthesize_platform(f'name = "team-c"\n{DEMO}')

    assert synthesized["variable"]["state_identity"]["default"] == "team-c/test"
    assert validation_of(synthesized)["condition"] == (
        f"${{{STATE}.deployment == var.state_identity && {STATE}.account_id == {ACCOUNT}"
        f' && {STATE}.region == "eu-west-1"}}'
    )


def test_names_that_join_to_the_same_text_differ() -> None:
    one = synthesize_platform(f'name = "a-b"\n{DEMO}', environment="c")
    other = synthesize_platform(f'name = "a"\n{DEMO}', environment="b-c")

    defaults = [each["variable"]["state_identity"]["default"] for each in (one, other)]
    assert defaults == ["a-b/c", "a/b-c"]


def test_the_state_of_a_bucket_is_no_environments(tmp_path: Path) -> None:
    lines = '[state]\nbucket = "states"\nmanaged = true\nregion = "us-east-1"\n'
    (tmp_path / "demo.toml").write_text(DEMO + lines, encoding="utf-8")
    stack = StateStack(Testing.app(), "state", environments=load_environments(tmp_path, {}))
    synthesized = json.loads(Testing.synth(stack, True))

    record = resource(synthesized, "terraform_data.identity")
    assert record["input"] == {
        "deployment": "the bucket states",
        "account_id": "${data.aws_caller_identity.caller_identity.account_id}",
        "region": "us-east-1",
    }
    assert "data.aws_caller_identity.caller_identity" in validation_of(synthesized)["condition"]


def test_a_deployment_of_the_same_full_name_is_looked_for() -> None:
    data = synthesize_platform(f'name = "a"\n{DEMO}', environment="b-c")["data"]

    looked_for = data["aws_ssm_parameters_by_path"]["namesakes"]
    (condition,) = looked_for["lifecycle"]["postcondition"]
    assert looked_for["for_each"] == '${toset(["/a-b/c"])}'
    assert (looked_for["path"], looked_for["with_decryption"]) == ("${each.value}", False)
    assert condition["condition"] == "${length(self.names) == 0}"
    assert '"a-b-c" is also the full name of another deployment' in condition["error_message"]


def test_where_there_can_be_none_nothing_is_looked_for() -> None:
    assert "aws_ssm_parameters_by_path" not in synthesize_platform(DEMO, environment="demo")["data"]


def test_the_roles_of_ci_may_look() -> None:
    ci = '[access]\ngithub.repository = "example/mlflow"\ngithub.create_oidc_provider = true\n'
    ci += '[image]\nregistry_credentials = "docker_config"\n'
    synthesized = synthesize_platform(f"{DEMO}{ci}", environment="prod-eu")

    parameters = (
        f"arn:${{data.aws_partition.account.partition}}:ssm:eu-west-1:${{{ACCOUNT}}}:parameter/mlflow-prod/eu"
    )
    for policy_of in ("ci_plan_state", "ci_apply_data"):
        policy = resource(synthesized, f"aws_iam_policy.access_{policy_of}")["policy"]
        statement = statements(policy)["LookForNamesakes"]
        assert statement["Action"] == ["ssm:GetParametersByPath"]
        assert statement["Resource"] == [parameters, f"{parameters}/*"]
