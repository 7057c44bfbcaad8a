"""A plan with the state of another deployment, by real Terraform: refused before anything is changed.

The whole platform is planned where `cdktf` is typed. Every other command is tried with a stack that has the record and
nothing else, and its account from a variable: without the AWS provider a command takes a second.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cdktf import App, S3Backend, TerraformStack, TerraformVariable

from local.aws.account import EmulatedAws
from stacks.identity import record_identity
from tests.emulator.environments import ACCOUNT, REGION, Platform, variables_in
from tools.setup import toolchain

pytestmark = pytest.mark.xdist_group("emulator_state")

Client = Callable[[str], Any]
BUCKET = "states-of-several-teams"
KEY = "platforms/t.tfstate"
OTHER_ACCOUNT = "210987654321"
RECORD = "terraform_data.identity"
OPTIONS = ("-input=false", "-no-color")
PLAN = ("plan", *OPTIONS)
APPLY = ("apply", "-auto-approve", *OPTIONS)
DESTROY = ("destroy", "-auto-approve", *OPTIONS)
THE_STATE = f"The state is of: team-c/t, account {ACCOUNT}, {REGION}"


@dataclass(frozen=True)
class Folder:
    """A synthesized stack."""

    path: Path
    variables: Mapping[str, str]

    def terraform(self, *arguments: str, ends_with: int = 0, account: str = ACCOUNT) -> str:
        """All that it said, without its line breaks."""
        command = [str(toolchain.terraform()), *arguments]
        variables = {**self.variables, "TF_VAR_account": account}
        done = subprocess.run(
            command, cwd=self.path, env=variables, capture_output=True, text=True, check=False
        )
        assert done.returncode == ends_with, done.stdout + done.stderr
        return " ".join((done.stdout + done.stderr).split())

    def refused(self, *arguments: str, account: str = ACCOUNT) -> str:
        said = self.terraform(*arguments, ends_with=1, account=account)
        assert "This state belongs to another deployment" in said and "docs/state.md" in said
        return said


def synthesize(output: Path, *, deployment: str, region: str = REGION) -> Path:
    app = App(outdir=str(output))
    stack = TerraformStack(app, "t")
    S3Backend(stack, bucket=BUCKET, key=KEY, region=REGION)
    account = TerraformVariable(stack, "account", type="string")
    record_identity(stack, deployment=deployment, account_id=account.string_value, region=region)
    app.synth()
    return output / "stacks" / "t"


@pytest.fixture(scope="module")
def folder(aws: EmulatedAws, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Folder]:
    """Makes a deployment's folder, ready to plan."""

    def make(**identity: str) -> Folder:
        made = Folder(synthesize(tmp_path_factory.mktemp("folder"), **identity), variables_in(aws))
        made.terraform("init", *OPTIONS)
        return made

    return make


@pytest.fixture(scope="module")
def team_c(folder: Callable[..., Folder], client: Client) -> Folder:
    """The deployment that the state belongs to."""
    client("s3").create_bucket(Bucket=BUCKET)
    made = folder(deployment="team-c/t")
    made.terraform(*APPLY)
    return made


@pytest.fixture(scope="module")
def team_d(team_c: Folder, folder: Callable[..., Folder]) -> Folder:
    """A deployment whose settings name the same state."""
    return folder(deployment="team-d/t")


def state(client: Client) -> bytes:
    body: bytes = client("s3").get_object(Bucket=BUCKET, Key=KEY)["Body"].read()
    return body


COMMANDS = (PLAN, ("plan", "-refresh=false", *OPTIONS), ("plan", "-refresh-only", *OPTIONS), APPLY, DESTROY)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: " ".join(command[:2]))
def test_with_another_deployments_state_nothing_is_done(
    team_d: Folder, client: Client, command: tuple[str, ...]
) -> None:
    before = state(client)

    said = team_d.refused(*command)

    assert THE_STATE in said
    assert f"The plan is for: team-d/t, account {ACCOUNT}, {REGION}" in said
    assert state(client) == before


def test_with_another_names_state_cdktf_destroys_nothing(
    team_c: Folder, client: Client, tmp_path: Path
) -> None:
    platform = Platform("t", tmp_path, team_c.variables, name="team-d")
    platform.write(
        f'name = "team-d"\nprofile = "demo"\nregion = "{REGION}"\n'
        f'[image]\nuri = "{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/mlflow@sha256:{"a" * 64}"\n'
        f'[state]\nbucket = "{BUCKET}"\nkey = "{KEY}"\n'
    )
    before = state(client)

    with pytest.raises(AssertionError) as told:
        platform.cdktf("destroy")

    assert "This state belongs to another deployment" in str(told.value)
    assert "The state is of: team-c/t" in str(told.value)

    # and where another team's `team` and `d-t` come to the same full name, a plan says that, too
    client("ssm").put_parameter(Name="/team/d-t/vpc_id", Value="vpc-of-another", Type="String")
    said = platform.terraform(*PLAN, ends_with=(1,)).stderr
    assert '"team-d-t" is also the full name of another deployment here' in " ".join(said.split())
    assert "publishes parameters below /team/d-t" in " ".join(said.split())
    assert state(client) == before


def test_with_the_state_of_another_region_nothing_is_planned(
    team_c: Folder, folder: Callable[..., Folder]
) -> None:
    said = folder(deployment="team-c/t", region="eu-west-1").refused(*PLAN)

    assert THE_STATE in said
    assert f"The plan is for: team-c/t, account {ACCOUNT}, eu-west-1" in said


def test_credentials_of_another_account_plan_nothing(
    team_c: Folder,
) -> None:
    said = team_c.refused(*PLAN, account=OTHER_ACCOUNT)

    assert THE_STATE in said
    assert f"The plan is for: team-c/t, account {OTHER_ACCOUNT}, {REGION}" in said


def test_own_deployment_continues_and_can_be_renamed(team_c: Folder, team_d: Folder) -> None:
    assert "No changes." in team_c.terraform(*PLAN)

    # As docs/state.md has it.
    team_d.terraform("state", "rm", RECORD)
    team_d.terraform(*APPLY)

    assert "The state is of: team-d/t" in team_c.refused(*PLAN)
    assert "Destroy complete! Resources: 1 destroyed." in team_d.terraform(*DESTROY)
