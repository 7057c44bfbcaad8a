"""An emulated AWS with one production environment in it: applied once, looked at by every test, released, destroyed.

What production can have otherwise is in folders below, each with an emulated AWS of its own (see tests/conftest.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from local.aws.account import EmulatedAws
from local.aws.inventory import inventory
from local.aws.requests import AwsRequest
from tests.authorization.demands import Account, Demand
from tests.authorization.judgement import Role
from tests.authorization.recording import look_at, recorded, role_in
from tests.authorization.reference import load_or_skip
from tests.authorization.translation import Translation
from tests.emulator.environments import REGION, Platform, skip_without_provider, variables_in
from tests.iam.enforcement import emulated_aws

SETTINGS = Path(__file__).with_name("production.toml")
STATE_BUCKET = "example-terraform-state"
# Other teams' buckets, which there are before and after.
THEIR_BUCKETS = (STATE_BUCKET, "example-artifact-copies")
APPLY = ("apply", "-auto-approve", "-input=false", "-no-color")
DESTROY = ("destroy", "-auto-approve", "-input=false", "-no-color")
RELEASE = "allow_destroy = true\n"

Client = Callable[[str], Any]
Demands = Callable[[Sequence[AwsRequest]], list[Demand]]


@pytest.fixture(scope="session")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatedAws]:
    skip_without_provider()
    with emulated_aws(tmp_path_factory.mktemp("production-aws"), region=REGION) as running:
        yield running


@pytest.fixture(scope="session")
def client(account: EmulatedAws) -> Client:
    """boto3's clients, untyped."""
    make: Any = account.session().client
    return lambda service: make(service)


@pytest.fixture(scope="session")
def their_buckets(client: Client) -> tuple[str, ...]:
    """Made before anything else."""
    for name in THEIR_BUCKETS:
        client("s3").create_bucket(Bucket=name)
        client("s3").put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return THEIR_BUCKETS


@pytest.fixture(scope="session")
def recordings() -> dict[str, list[AwsRequest]]:
    """What Terraform asked when it applied, released and destroyed the environment; each is there afterwards."""
    return {}


@pytest.fixture(scope="session")
def production(
    account: EmulatedAws,
    their_buckets: tuple[str, ...],
    recordings: dict[str, list[AwsRequest]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Platform:
    """The environment of production.toml, applied."""
    platform = Platform("production", tmp_path_factory.mktemp("production"), variables_in(account))
    platform.write(SETTINGS.read_text(encoding="utf-8"))
    platform.synthesize()
    platform.terraform("init", "-input=false", "-no-color")
    with recorded(account) as recordings["apply"]:
        platform.terraform(*APPLY)
    return platform


@pytest.fixture(scope="session")
def ci_roles(account: EmulatedAws, production: Platform) -> dict[str, Role]:
    """`plan` and `apply`, as IAM has them."""
    return {name: role_in(account, f"mlflow-production-ci-{name}") for name in ("plan", "apply")}


@pytest.fixture(scope="session")
def known(account: EmulatedAws, production: Platform) -> Account:
    """What IAM judges by, of the environment as it was applied."""
    return look_at(account)


@pytest.fixture(scope="session")
def demands(known: Account) -> Demands:
    """What IAM has to allow for requests to the environment."""
    translation = Translation(reference=load_or_skip(), account=known)
    return lambda requests: [demand for request in requests for demand in translation.demands(request)]


@pytest.fixture(scope="session")
def released(account: EmulatedAws, production: Platform, recordings: dict[str, list[AwsRequest]]) -> Platform:
    """With `allow_destroy = true` applied."""
    production.write(RELEASE + SETTINGS.read_text(encoding="utf-8"))
    production.synthesize()
    with recorded(account) as recordings["release"]:
        production.terraform(*APPLY)
    return production


@pytest.fixture(scope="session")
def destroyed(
    account: EmulatedAws,
    released: Platform,
    recordings: dict[str, list[AwsRequest]],
    ci_roles: dict[str, Role],
    known: Account,
) -> str:
    """What Terraform printed when it destroyed the environment, after a look at what IAM judges by."""
    with recorded(account) as recordings["destroy"]:
        return released.terraform(*DESTROY).stdout


@pytest.fixture(scope="session")
def left_behind(destroyed: str, account: EmulatedAws) -> list[str]:
    """What exists after that, but for the buckets of others, which the tests made."""
    return what_is_left(account)


def what_is_left(account: EmulatedAws) -> list[str]:
    """What exists, but for the buckets of others."""
    theirs = {f"bucket {name}" for name in THEIR_BUCKETS}
    return [line for line in inventory(account.session()) if line not in theirs]
