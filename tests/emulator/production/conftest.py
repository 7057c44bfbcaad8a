"""An emulated AWS with one production environment in it: applied once, looked at by every test, released, destroyed."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from scripts.emulation.aws import EmulatedAws
from scripts.emulation.inventory import inventory
from tests.emulator.environments import REGION, Platform, skip_without_provider, variables_in

SETTINGS = Path(__file__).with_name("production.toml")
STATE_BUCKET = "example-terraform-state"
SIGN_IN_SECRET = "mlflow-sign-in"
APPLY = ("apply", "-auto-approve", "-input=false", "-no-color")
DESTROY = ("destroy", "-auto-approve", "-input=false", "-no-color")
RELEASE = "release = true\n"

Client = Callable[[str], Any]


@dataclass(frozen=True)
class ClientSecret:
    """A secret and its value."""

    arn: str
    value: str = field(repr=False)


@pytest.fixture(scope="session")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatedAws]:
    skip_without_provider()
    with EmulatedAws(tmp_path_factory.mktemp("production-aws"), region=REGION) as running:
        yield running


@pytest.fixture(scope="session")
def client(account: EmulatedAws) -> Client:
    """boto3's clients, untyped."""
    make: Any = account.session().client
    return lambda service: make(service)


@pytest.fixture(scope="session")
def sign_in_secret(client: Client) -> ClientSecret:
    """The secret of the load balancer's client at the OpenID provider, as somebody put it there."""
    value = secrets.token_urlsafe(32)
    made = client("secretsmanager").create_secret(Name=SIGN_IN_SECRET, SecretString=value)
    return ClientSecret(arn=made["ARN"], value=value)


@pytest.fixture(scope="session")
def production(
    account: EmulatedAws,
    client: Client,
    sign_in_secret: ClientSecret,
    tmp_path_factory: pytest.TempPathFactory,
) -> Platform:
    """The environment of production.toml, applied."""
    client("s3").create_bucket(Bucket=STATE_BUCKET)
    variables = {
        **variables_in(account),
        "MLFLOW_INFRA_SIGN_IN__CLIENT_SECRET_ARN": sign_in_secret.arn,
    }
    platform = Platform("production", tmp_path_factory.mktemp("production"), variables)
    platform.write(SETTINGS.read_text(encoding="utf-8"))
    platform.synthesize()
    platform.terraform("init", "-input=false", "-no-color")
    platform.terraform(*APPLY)
    return platform


@pytest.fixture(scope="session")
def released(production: Platform) -> Platform:
    """With `release = true` applied."""
    production.write(RELEASE + SETTINGS.read_text(encoding="utf-8"))
    production.synthesize()
    production.terraform(*APPLY)
    return production


@pytest.fixture(scope="session")
def destroyed(released: Platform) -> str:
    """What Terraform printed when it destroyed the environment."""
    return released.terraform(*DESTROY).stdout


@pytest.fixture(scope="session")
def left_behind(destroyed: str, account: EmulatedAws) -> list[str]:
    """What exists after that, but for what the tests made."""
    ours = (f"bucket {STATE_BUCKET}", f"secret {SIGN_IN_SECRET}")
    return [line for line in inventory(account.session()) if line not in ours]
