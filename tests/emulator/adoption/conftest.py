"""A server that CloudFormation made in an emulated AWS of its own, and the environment that adopts its data."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from local.aws.account import EmulatedAws
from tests.emulator.adoption.their_stack import (
    BUCKET,
    DATABASE,
    LOG_GROUP,
    REPOSITORY,
    SUBNET_GROUP,
    TheirStack,
)
from tests.emulator.environments import REGION, Platform, skip_without_provider, variables_in
from tests.iam.enforcement import emulated_aws

STATE_BUCKET = "example-terraform-state"
APPLY = ("apply", "-auto-approve", "-input=false", "-no-color")

# As docs/migrating-from-the-cloudformation-demo.md has them.
SETTINGS = f"""\
profile = "demo"
region = "{REGION}"
[state]
bucket = "{STATE_BUCKET}"
[image]
uri = "example.com/mlflow@sha256:{"0" * 64}"
[network]
vpc_id = "{{vpc_id}}"
public_subnet_ids = {{public_subnets}}
private_subnet_ids = {{private_subnets}}
[adopt]
artifact_bucket = "{BUCKET}"
database_instance = "{DATABASE}"
database_subnet_group = "{SUBNET_GROUP}"
repository = "{REPOSITORY}"
log_group = "{LOG_GROUP}"
[database]
engine_version = "15.7"
auto_minor_version_upgrade = false
storage_encrypted = false
"""

Client = Callable[[str], Any]


@pytest.fixture(scope="session")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatedAws]:
    skip_without_provider()
    with emulated_aws(tmp_path_factory.mktemp("adopting-aws"), region=REGION) as running:
        yield running


@pytest.fixture(scope="session")
def client(account: EmulatedAws) -> Client:
    make: Any = account.session().client
    return lambda service: make(service)


@pytest.fixture(scope="session")
def theirs(client: Client) -> TheirStack:
    return TheirStack(client)


@pytest.fixture(scope="session")
def settings(theirs: TheirStack) -> str:
    """Of the environment that adopts what they have."""
    public, private = (
        json.dumps(theirs.outputs[name].split(",")) for name in ("PublicSubnetIds", "PrivateSubnetIds")
    )
    return SETTINGS.format(vpc_id=theirs.outputs["VpcId"], public_subnets=public, private_subnets=private)


@pytest.fixture(scope="session")
def planned(
    settings: str,
    theirs: TheirStack,
    account: EmulatedAws,
    client: Client,
    tmp_path_factory: pytest.TempPathFactory,
) -> Platform:
    """The environment, planned and not applied, when the stack's deletion would leave what is adopted."""
    theirs.retain()
    client("s3").create_bucket(Bucket=STATE_BUCKET)
    platform = Platform("demo", tmp_path_factory.mktemp("adopting"), variables_in(account))
    platform.write(settings)
    platform.synthesize()
    platform.terraform("init", "-input=false", "-no-color")
    platform.plan()
    return platform


@pytest.fixture(scope="session")
def adopted(planned: Platform, theirs: TheirStack) -> Platform:
    """The plan, applied as it was looked at."""
    planned.terraform("apply", "-input=false", "-no-color", "plan.bin")
    return planned


@pytest.fixture(scope="session")
def alone(adopted: Platform, theirs: TheirStack) -> Platform:
    """With the CloudFormation stack gone."""
    theirs.delete()
    return adopted
