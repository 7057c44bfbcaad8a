"""A network team's Terraform in an emulated AWS of its own, and the platform in what it made."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from scripts import toolchain
from scripts.emulation.aws import EmulatedAws, without_aws
from scripts.emulation.inventory import inventory
from tests.emulator.environments import EMPTY_PLAN, NOT_EMPTY_PLAN, REGION, Platform

OTHER_TEAM = Path(__file__).with_name("other_team")
# As their HCL has it.
BUCKET = "example-terraform-state"
SETTINGS = """\
profile = "demo"
region = "us-east-1"
[image]
uri = "example.com/mlflow@sha256:{digest}"
[state]
bucket = "example-terraform-state"
"""
FROM_STATE = """\
[remote_state]
bucket = "example-terraform-state"
key = "network/terraform.tfstate"
[remote_state.outputs]
vpc_id = "network_vpc_id"
public_subnet_ids = "front_subnet_ids"
private_subnet_ids = "back_subnet_ids"
permissions_boundary_arn = "boundary_arn"
"""
APPLY = ("apply", "-auto-approve", "-input=false", "-no-color")
DESTROY = ("destroy", "-auto-approve", "-input=false", "-no-color")
PLAN = ("plan", "-input=false", "-no-color")

Client = Callable[[str], Any]
# Lines of an environment's file → the environment, synthesized and initialized; others keep their folders.
MakePlatform = Callable[[str, str], Platform]


@dataclass(frozen=True)
class OtherTeam:
    """The network team's root module.

    Attributes:
        folder: where it lies.
        variables: the environment variables of its Terraform.
    """

    folder: Path
    variables: Mapping[str, str]

    def terraform(
        self, *arguments: str, ends_with: tuple[int, ...] = (0,)
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [toolchain.terraform(), *arguments],
            cwd=self.folder,
            env=dict(self.variables),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode in ends_with, done.stdout[-2000:] + done.stderr[-2000:]
        return done

    def plan(self) -> int:
        """Its detailed exit code."""
        return self.terraform(*PLAN, "-detailed-exitcode", ends_with=(EMPTY_PLAN, NOT_EMPTY_PLAN)).returncode


@pytest.fixture(scope="session")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatedAws]:
    if not toolchain.has_provider("hashicorp/aws"):
        pytest.skip(
            "their network was not tested: the Terraform provider hashicorp/aws is not to be had here"
        )
    with EmulatedAws(tmp_path_factory.mktemp("their-aws"), region=REGION) as running:
        yield running


@pytest.fixture(scope="session")
def client(account: EmulatedAws) -> Client:
    make: Any = account.session().client
    return lambda service: make(service)


@pytest.fixture(scope="session")
def variables(account: EmulatedAws) -> dict[str, str]:
    every = {**without_aws(os.environ), **toolchain.terraform_environment(), **account.environment()}
    return {name: value for name, value in every.items() if not name.startswith("MLFLOW_INFRA_")}


@pytest.fixture(scope="session")
def theirs(client: Client, variables: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> OtherTeam:
    """Their network, applied, with their state in S3."""
    client("s3").create_bucket(Bucket=BUCKET)
    folder = tmp_path_factory.mktemp("other-team") / "network"
    shutil.copytree(OTHER_TEAM, folder)
    team = OtherTeam(folder, variables)
    team.terraform("init", "-input=false", "-no-color")
    team.terraform(*APPLY)
    return team


@pytest.fixture(scope="session")
def make_platform(variables: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> MakePlatform:
    def make(environment: str, lines: str) -> Platform:
        ours = Platform(environment, tmp_path_factory.mktemp(environment), variables)
        (ours.folder / "environments").mkdir()
        text = SETTINGS.format(digest="0" * 64) + lines
        (ours.folder / "environments" / f"{environment}.toml").write_text(text, encoding="utf-8")
        ours.synthesize()
        ours.terraform("init", "-input=false", "-no-color")
        return ours

    return make


@pytest.fixture(scope="session")
def platform(theirs: OtherTeam, make_platform: MakePlatform) -> Platform:
    """Ours, deployed with what their state names."""
    ours = make_platform("demo", FROM_STATE)
    ours.terraform(*APPLY)
    return ours


@pytest.fixture(scope="session")
def left_behind(platform: Platform, theirs: OtherTeam, account: EmulatedAws) -> tuple[int, list[str]]:
    """Their plan after ours was destroyed; and what exists after theirs was, but for the state bucket."""
    platform.terraform(*DESTROY)
    plan = theirs.plan()
    theirs.terraform(*DESTROY)
    return plan, [line for line in inventory(account.session()) if line != f"bucket {BUCKET}"]
