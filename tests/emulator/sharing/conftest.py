"""Our platform in an emulated AWS of its own, and another team's Terraform beside it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest

from local.aws.account import EmulatedAws
from local.aws.inventory import inventory
from tests.emulator.environments import REGION, Platform, skip_without_provider, variables_in
from tests.emulator.root_module import RootModule
from tests.emulator.sharing.root_module import whole
from tests.iam import enforcement
from tests.iam.enforcement import emulated_aws

# As the other team's HCL has it.
BUCKET = "example-terraform-state"
SETTINGS = """\
profile = "demo"
region = "us-east-1"
[state]
bucket = "example-terraform-state"
[image]
uri = "example.com/mlflow@sha256:{digest}"
[database]
instance_class = "db.t4g.small"
[service]
desired_count = {desired_count}
"""
APPLY = ("apply", "-auto-approve", "-input=false", "-no-color")
DESTROY = ("destroy", "-auto-approve", "-input=false", "-no-color")

Client = Callable[[str], Any]
# IAM policies → the environment variables of a user who has only these.
MakeUser = Callable[..., dict[str, str]]
Enforced = Callable[[], AbstractContextManager[None]]


@pytest.fixture(scope="session")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatedAws]:
    skip_without_provider()
    with emulated_aws(tmp_path_factory.mktemp("sharing-aws"), region=REGION) as running:
        yield running


@pytest.fixture(scope="session")
def client(account: EmulatedAws) -> Client:
    make: Any = account.session().client
    return lambda service: make(service)


@pytest.fixture(scope="session")
def variables(account: EmulatedAws) -> dict[str, str]:
    """Of every process here."""
    return variables_in(account)


def configure(platform: Platform, *, desired_count: int) -> None:
    text = SETTINGS.format(digest="0" * 64, desired_count=desired_count)
    (platform.folder / "environments" / "demo.toml").write_text(text, encoding="utf-8")
    platform.synthesize()


@pytest.fixture(scope="session")
def platform(client: Client, variables: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """Ours, deployed, with its state in S3."""
    client("s3").create_bucket(Bucket=BUCKET)
    ours = Platform("demo", tmp_path_factory.mktemp("sharing-platform"), variables)
    (ours.folder / "environments").mkdir()
    configure(ours, desired_count=1)
    ours.terraform("init", "-input=false", "-no-color")
    ours.terraform(*APPLY)
    return ours


@pytest.fixture(scope="session")
def published(platform: Platform) -> dict[str, Any]:
    """Our outputs."""
    return platform.outputs()


@pytest.fixture(scope="session")
def theirs(
    platform: Platform, variables: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, RootModule]:
    """The other team's modules, applied."""
    folder = tmp_path_factory.mktemp("other-team")
    names = ("reads_state", "reads_parameters")
    modules = {name: whole(name, folder / name, variables) for name in names}
    for module in modules.values():
        module.terraform("apply", "-auto-approve", "-input=false")
    return modules


@pytest.fixture(scope="session")
def changed(platform: Platform, theirs: dict[str, RootModule]) -> Platform:
    """Ours, applied with a change after theirs."""
    configure(platform, desired_count=2)
    platform.terraform(*APPLY)
    return platform


@pytest.fixture(scope="session")
def left_behind(changed: Platform, theirs: dict[str, RootModule], account: EmulatedAws) -> list[str]:
    """What exists after theirs and then ours were destroyed, but for the state bucket, which the tests made."""
    for module in theirs.values():
        module.terraform("destroy", "-auto-approve", "-input=false")
    changed.terraform(*DESTROY)
    return [line for line in inventory(account.session()) if line != f"bucket {BUCKET}"]


@pytest.fixture
def enforced(account: EmulatedAws) -> Enforced:
    """IAM in the emulated account judges every request made within it; otherwise everybody may do everything."""

    return lambda: enforcement.enforced(account)


@pytest.fixture
def make_user(client: Client) -> Iterator[MakeUser]:
    iam = client("iam")
    made: list[str] = []

    def make(*policies: str) -> dict[str, str]:
        name = f"reader-{len(made)}"
        iam.create_user(UserName=name)
        made.append(name)
        for number, policy in enumerate(policies):
            iam.put_user_policy(UserName=name, PolicyName=str(number), PolicyDocument=policy)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}

    yield make
    for name in made:
        for policy in iam.list_user_policies(UserName=name)["PolicyNames"]:
            iam.delete_user_policy(UserName=name, PolicyName=policy)
        for key in iam.list_access_keys(UserName=name)["AccessKeyMetadata"]:
            iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
        iam.delete_user(UserName=name)


@pytest.fixture
def client_of(account: EmulatedAws) -> Callable[[str, dict[str, str]], Any]:
    """boto3's client of a service for a user."""

    def make(service: str, user: dict[str, str]) -> Any:
        keys = {name.lower(): value for name, value in user.items()}
        return account.session().client(service, **keys)  # type: ignore[call-overload]

    return make


@pytest.fixture(scope="session")
def blue(client: Client, platform: Platform) -> str:
    """Another environment, as far as its name goes: a state and a parameter that readers of `demo` must not reach."""
    state = {"version": 4, "serial": 1, "outputs": {"vpc_id": {"value": "vpc-of-blue", "type": "string"}}}
    body = json.dumps({**state, "terraform_version": "1.11.4", "lineage": "blue", "resources": []})
    client("s3").put_object(Bucket=BUCKET, Key="mlflow/blue/terraform.tfstate", Body=body.encode())
    client("ssm").put_parameter(Name="/mlflow/blue/vpc_id", Value="vpc-of-blue", Type="String")
    return "blue"
