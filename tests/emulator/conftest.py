"""One emulated AWS for all tests, and in it two environments side by side, brought from one stage to the next.

The AWS provider waits where AWS would make it wait (RDS 80 s, an ALB 60 s), so both environments move at once, and each
stage is a fixture: what a test needs is reached once, in the order of the tests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest

from local.aws.account import EmulatedAws
from local.aws.inventory import inventory
from local.aws.requests import AwsRequest
from tests.authorization.demands import Account
from tests.authorization.judgement import Role
from tests.authorization.recording import look_at, recorded, role_in
from tests.emulator.environments import (
    ACCOUNT,
    BROKEN_DIGEST,
    REGION,
    STATE_BUCKET,
    Platform,
    Stage,
    skip_without_provider,
    variables_in,
)
from tests.iam.enforcement import emulated_aws

# CI's roles, which nobody assumes here: what they allow is compared with what was asked.
ACCESS = f"""\
[access]
github.repository = "example/ml-platform"
github.oidc_provider_arn = "arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
"""
Recordings = dict[str, list[AwsRequest]]
Client = Callable[[str], Any]


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatedAws]:
    with emulated_aws(tmp_path_factory.mktemp("aws"), region=REGION) as running:
        yield running


@pytest.fixture(scope="session")
def own_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatedAws]:
    """Another account than the one that the platform lives in."""
    with emulated_aws(tmp_path_factory.mktemp("own-aws")) as running:
        yield running


@pytest.fixture
def own(own_aws: EmulatedAws) -> Client:
    session: Any = own_aws.session()
    return lambda service: session.client(service)


@pytest.fixture(scope="session")
def session(aws: EmulatedAws) -> boto3.Session:
    return aws.session()


@pytest.fixture(scope="session")
def client(session: boto3.Session) -> Callable[[str], Any]:
    """boto3's clients, untyped."""
    make: Any = session.client
    return lambda service: make(service)


@pytest.fixture(scope="session")
def recordings() -> Recordings:
    """What was asked to deploy `demo`, to plan and apply its change, and to destroy it; each is there afterwards."""
    return {}


@contextmanager
def recorded_of_demo(aws: EmulatedAws, recordings: Recordings, stage: str) -> Iterator[None]:
    """`blue` has another access key."""
    with recorded(aws) as requests:
        yield
    recordings[stage] = [request for request in requests if request.who == "demo"]


@pytest.fixture(scope="session")
def deployed(
    aws: EmulatedAws,
    client: Callable[[str], Any],
    recordings: Recordings,
    tmp_path_factory: pytest.TempPathFactory,
) -> Stage:
    """From nothing: a state bucket, then both environments, one by `cdktf deploy`, one by plain Terraform."""
    skip_without_provider()
    folder = tmp_path_factory.mktemp("platform")
    demo, blue = (
        Platform(name, folder, {**variables_in(aws), "AWS_ACCESS_KEY_ID": name}) for name in ("demo", "blue")
    )
    stage = Stage(demo=demo, blue=blue)
    client("s3").create_bucket(Bucket=STATE_BUCKET)
    client("s3").put_bucket_versioning(Bucket=STATE_BUCKET, VersioningConfiguration={"Status": "Enabled"})
    for environment in (stage.demo, stage.blue):
        environment.configure(image_digest="0", desired_count=1, tables=ACCESS)

    def deploy(environment: Platform) -> None:
        if environment is stage.demo:
            environment.cdktf("deploy")
        else:
            environment.synthesize()
            environment.terraform("init", "-input=false", "-no-color")
            environment.terraform("apply", "-auto-approve", "-input=false", "-no-color")

    with recorded_of_demo(aws, recordings, "deploy"):
        stage.both(deploy)
    return stage


@pytest.fixture(scope="session")
def changed(aws: EmulatedAws, deployed: Stage, recordings: Recordings) -> Stage:
    """`demo` with another desired count and another image, synthesized and planned, not applied."""
    deployed.demo.configure(image_digest="1", desired_count=2, tables=ACCESS)
    deployed.demo.synthesize()
    with recorded_of_demo(aws, recordings, "plan"):
        deployed.demo.plan()
    return deployed


@pytest.fixture(scope="session")
def rolled_back(changed: Stage) -> str:
    """What Terraform says where `blue` gets an image that does not start."""
    changed.blue.configure(image_digest=BROKEN_DIGEST, desired_count=1, tables=ACCESS)
    changed.blue.synthesize()
    refused = changed.blue.terraform("apply", "-auto-approve", "-input=false", "-no-color", ends_with=(1,))
    return refused.stderr


@pytest.fixture(scope="session")
def still_broken(rolled_back: str, changed: Stage) -> dict[str, list[str]]:
    """What the next plan of the same settings would change."""
    changed.blue.plan()
    return changed.blue.changes()


@pytest.fixture(scope="session")
def applied(
    aws: EmulatedAws, changed: Stage, still_broken: dict[str, list[str]], recordings: Recordings
) -> Stage:
    """`demo`'s change, applied as it was planned, while `blue` gets an image that starts."""
    changed.blue.configure(image_digest="2", desired_count=1, tables=ACCESS)
    changed.blue.synthesize()

    def apply(environment: Platform) -> None:
        planned = ("plan.bin",) if environment is changed.demo else ("-auto-approve",)
        environment.terraform("apply", "-input=false", "-no-color", *planned)

    with recorded_of_demo(aws, recordings, "apply"):
        changed.both(apply)
    return changed


@pytest.fixture(scope="session")
def known(aws: EmulatedAws, applied: Stage) -> Account:
    """What IAM judges by, before anything is destroyed."""
    return look_at(aws)


@pytest.fixture(scope="session")
def ci_roles(aws: EmulatedAws, applied: Stage) -> dict[str, Role]:
    """`plan` and `apply` of `demo`, as IAM has them."""
    return {name: role_in(aws, f"mlflow-demo-ci-{name}") for name in ("plan", "apply")}


@pytest.fixture(scope="session")
def destroyed(
    aws: EmulatedAws, applied: Stage, known: Account, ci_roles: dict[str, Role], recordings: Recordings
) -> Stage:
    """Both gone again."""

    def destroy(environment: Platform) -> None:
        if environment is applied.demo:
            environment.cdktf("destroy")
        else:
            environment.terraform("destroy", "-auto-approve", "-input=false", "-no-color")

    with recorded_of_demo(aws, recordings, "destroy"):
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
