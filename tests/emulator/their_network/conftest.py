"""A network team's Terraform in an emulated AWS of its own, and the platform in what it made."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from local.aws.account import EmulatedAws
from local.aws.inventory import inventory
from tests.emulator.environments import (
    REGION,
    Platform,
    skip_without_provider,
    variables_in,
)
from tests.emulator.root_module import RootModule
from tests.iam.enforcement import emulated_aws

OTHER_TEAM = Path(__file__).with_name("other_team")
# As their HCL has it.
BUCKET = "example-terraform-state"
SETTINGS = """\
profile = "demo"
region = "us-east-1"
[image]
uri = "123456789012.dkr.ecr.us-east-1.amazonaws.com/mlflow@sha256:{digest}"
[state]
bucket = "example-terraform-state"
"""
# Without a shell, for which they have no endpoint.
PRIVATE = """\
[service]
enable_execute_command = false
[network]
service_subnets = "private"
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
hosted_zone_id = "zone_id"
certificate_arn = "wildcard_certificate_arn"
kms_key_arn = "key_arn"
topic_arn = "pager_topic_arn"
[domain]
name = "mlflow.example.com"
[alarms]
enabled = true
"""
APPLY = ("apply", "-auto-approve", "-input=false", "-no-color")
DESTROY = ("destroy", "-auto-approve", "-input=false", "-no-color")
PLAN = ("plan", "-input=false", "-no-color")

Client = Callable[[str], Any]
# Lines of an environment's file → the environment, synthesized and initialized; others keep their folders.
MakePlatform = Callable[[str, str], Platform]


@pytest.fixture(scope="session")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatedAws]:
    skip_without_provider()
    with emulated_aws(tmp_path_factory.mktemp("their-aws"), region=REGION) as running:
        yield running


@pytest.fixture(scope="session")
def client(account: EmulatedAws) -> Client:
    make: Any = account.session().client
    return lambda service: make(service)


@pytest.fixture(scope="session")
def variables(account: EmulatedAws) -> dict[str, str]:
    return variables_in(account)


@pytest.fixture(scope="session")
def theirs(client: Client, variables: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> RootModule:
    """Their network, applied, with their state in S3."""
    client("s3").create_bucket(Bucket=BUCKET)
    folder = tmp_path_factory.mktemp("other-team") / "network"
    shutil.copytree(OTHER_TEAM, folder)
    team = RootModule(folder, variables)
    team.terraform("init", "-input=false")
    team.terraform(*APPLY)
    return team


@pytest.fixture(scope="session")
def make_platform(variables: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> MakePlatform:
    def make(environment: str, lines: str) -> Platform:
        ours = Platform(environment, tmp_path_factory.mktemp(environment), variables)
        ours.write(SETTINGS.format(digest="0" * 64) + lines)
        ours.synthesize()
        ours.terraform("init", "-input=false", "-no-color")
        return ours

    return make


@pytest.fixture(scope="session")
def platform(theirs: RootModule, make_platform: MakePlatform) -> Platform:
    """Ours, deployed with what their state names, its tasks in the back, by their endpoints."""
    ours = make_platform("demo", f'{FROM_STATE}{PRIVATE}endpoints = "existing"\n')
    ours.terraform(*APPLY)
    return ours


@pytest.fixture(scope="session")
def left_behind(platform: Platform, theirs: RootModule, account: EmulatedAws) -> tuple[int, list[str]]:
    """Their plan after ours was destroyed; and what exists after theirs was, but for the state bucket and the task
    definitions, which stay where there are alarms."""
    told = platform.terraform(*DESTROY).stdout
    assert f"ECS task definitions of the family {platform.stack}" in told
    plan = theirs.plan()
    theirs.terraform(*DESTROY)
    stays = (f"bucket {BUCKET}", "ECS task definition arn:")
    return plan, [line for line in inventory(account.session()) if not line.startswith(stays)]
