"""An emulated AWS of this folder's own, a bucket for states in it, and workspaces that are interrupted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from local.aws.account import EmulatedAws
from tests.emulator.environments import skip_without_provider, variables_in
from tests.emulator.failures.front import Front
from tests.emulator.failures.interruptible import REGION
from tests.emulator.failures.workspace import Workspace
from tests.iam.enforcement import emulated_aws

BUCKET = "interrupted-states"
# `name` is the stack's; workspaces of one name are of colleagues, who share the state.
Make = Callable[[str], Workspace]


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatedAws]:
    skip_without_provider()
    with emulated_aws(tmp_path_factory.mktemp("aws"), region=REGION) as running:
        yield running


@pytest.fixture(scope="session")
def s3(aws: EmulatedAws) -> Any:
    client: Any = aws.session().client("s3")
    client.create_bucket(Bucket=BUCKET)
    client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    return client


@pytest.fixture
def front(aws: EmulatedAws, s3: Any) -> Iterator[Front]:
    """The way to the bucket."""
    with Front(aws.endpoint_url) as running:
        yield running


@pytest.fixture
def make_workspace(aws: EmulatedAws, front: Front, tmp_path: Path) -> Iterator[Make]:
    """Makes synthesized and initialized workspaces, each in a folder of its own."""
    variables = variables_in(aws)
    # What the stack makes is reached whatever becomes of the bucket.
    variables |= {"AWS_ENDPOINT_URL": front.endpoint_url, "AWS_ENDPOINT_URL_SSM": aws.endpoint_url}
    made: list[Workspace] = []

    def make(name: str) -> Workspace:
        workspace = Workspace(name, BUCKET, tmp_path / str(len(made)), variables)
        made.append(workspace)
        workspace.synthesize()
        return workspace

    yield make
    for workspace in made:
        workspace.clean_up()
