"""One emulated AWS for all tests, and in it two environments side by side, brought from one stage to the next.

The AWS provider waits where AWS would make it wait (RDS 80 s, an ALB 60 s), so both environments move at once, and each
stage is a fixture: what a test needs is reached once, in the order of the tests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest

from scripts.emulation.aws import EmulatedAws
from scripts.emulation.inventory import inventory
from tests.emulator.environments import (
    BROKEN_DIGEST,
    REGION,
    STATE_BUCKET,
    Platform,
    Stage,
    skip_without_provider,
    variables_in,
)


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatedAws]:
    with EmulatedAws(tmp_path_factory.mktemp("aws"), region=REGION) as running:
        yield running


@pytest.fixture(scope="session")
def session(aws: EmulatedAws) -> boto3.Session:
    return aws.session()


@pytest.fixture(scope="session")
def client(session: boto3.Session) -> Callable[[str], Any]:
    """boto3's clients, untyped."""
    make: Any = session.client
    return lambda service: make(service)


@pytest.fixture(scope="session")
def deployed(
    aws: EmulatedAws, client: Callable[[str], Any], tmp_path_factory: pytest.TempPathFactory
) -> Stage:
    """From nothing: a state bucket, then both environments, one by `cdktf deploy`, one by plain Terraform."""
    skip_without_provider()
    folder = tmp_path_factory.mktemp("platform")
    variables = variables_in(aws)
    stage = Stage(demo=Platform("demo", folder, variables), blue=Platform("blue", folder, variables))
    client("s3").create_bucket(Bucket=STATE_BUCKET)
    client("s3").put_bucket_versioning(Bucket=STATE_BUCKET, VersioningConfiguration={"Status": "Enabled"})
    for environment in (stage.demo, stage.blue):
        environment.configure(image_digest="0", desired_count=1)

    def deploy(environment: Platform) -> None:
        if environment is stage.demo:
            environment.cdktf("deploy")
        else:
            environment.synthesize()
            environment.terraform("init", "-input=false", "-no-color")
            environment.terraform("apply", "-auto-approve", "-input=false", "-no-color")

    stage.both(deploy)
    return stage


@pytest.fixture(scope="session")
def changed(deployed: Stage) -> Stage:
    """`demo` with another desired count and another image, synthesized and planned, not applied."""
    deployed.demo.configure(image_digest="1", desired_count=2)
    deployed.demo.synthesize()
    deployed.demo.plan()
    return deployed


@pytest.fixture(scope="session")
def rolled_back(changed: Stage) -> str:
    """What Terraform says where `blue` gets an image that does not start."""
    changed.blue.configure(image_digest=BROKEN_DIGEST, desired_count=1)
    changed.blue.synthesize()
    refused = changed.blue.terraform("apply", "-auto-approve", "-input=false", "-no-color", ends_with=(1,))
    return refused.stderr


@pytest.fixture(scope="session")
def still_broken(rolled_back: str, changed: Stage) -> dict[str, list[str]]:
    """What the next plan of the same settings would change."""
    changed.blue.plan()
    return changed.blue.changes()


@pytest.fixture(scope="session")
def applied(changed: Stage, still_broken: dict[str, list[str]]) -> Stage:
    """`demo`'s change, applied as it was planned, while `blue` gets an image that starts."""
    changed.blue.configure(image_digest="2", desired_count=1)
    changed.blue.synthesize()

    def apply(environment: Platform) -> None:
        planned = ("plan.bin",) if environment is changed.demo else ("-auto-approve",)
        environment.terraform("apply", "-input=false", "-no-color", *planned)

    changed.both(apply)
    return changed


@pytest.fixture(scope="session")
def destroyed(applied: Stage) -> Stage:
    """Both gone again."""

    def destroy(environment: Platform) -> None:
        if environment is applied.demo:
            environment.cdktf("destroy")
        else:
            environment.terraform("destroy", "-auto-approve", "-input=false", "-no-color")

    applied.both(destroy)
    return applied


@pytest.fixture(scope="session")
def left_behind(destroyed: Stage, session: boto3.Session) -> list[str]:
    """What exists after both are gone, but for the state bucket, which the tests made."""
    return [line for line in inventory(session) if line != f"bucket {STATE_BUCKET}"]


@pytest.fixture(scope="session")
def deployed_again(destroyed: Stage, left_behind: list[str]) -> Stage:
    """`blue` a second time under the same names, after the look at what was left."""
    destroyed.blue.terraform("apply", "-auto-approve", "-input=false", "-no-color")
    return destroyed
