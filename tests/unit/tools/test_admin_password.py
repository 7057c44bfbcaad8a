"""`make admin-password`: what it prints, and every reason why there is nothing to print."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws
from typer.testing import CliRunner

from tests.texts import DEMO, NO_SIGN_IN
from tools.admin_password import app

PARAMETERS = "/mlflow/demo/"


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[boto3.Session]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    (tmp_path / "demo.toml").write_text(DEMO, encoding="utf-8")
    monkeypatch.setenv("MLFLOW_INFRA_ENVIRONMENTS", str(tmp_path))
    with mock_aws():
        yield boto3.Session(region_name="eu-west-1")


def deployed(account: boto3.Session, value: str | None) -> None:
    secrets: Any = account.client("secretsmanager")
    parameters: Any = account.client("ssm")
    given = {} if value is None else {"SecretString": value}
    arn = secrets.create_secret(Name="mlflow-demo-admin", **given)["ARN"]
    for name, content in {"admin_secret_arn": arn, "MLFLOW_TRACKING_URI": "http://mlflow.example"}.items():
        parameters.put_parameter(Name=PARAMETERS + name, Value=content, Type="String")


def run(*arguments: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, list(arguments))
    return done.exit_code, done.stdout, done.stderr


def test_it_prints_the_variables_of_the_client(account: boto3.Session) -> None:
    deployed(account, json.dumps({"username": "admin", "password": "correct-horse"}))

    status, out, error = run()

    assert (status, error) == (0, "")
    assert out.splitlines() == [
        "MLFLOW_TRACKING_URI=http://mlflow.example",
        "MLFLOW_TRACKING_USERNAME=admin",
        "MLFLOW_TRACKING_PASSWORD=correct-horse",
    ]


def test_a_server_that_has_not_started_has_no_password(account: boto3.Session) -> None:
    deployed(account, None)
    status, out, error = run()

    assert (status, out) == (1, "")
    assert "has no value yet" in error and "Try again" in error


def test_an_environment_that_is_not_deployed(account: boto3.Session) -> None:
    status, _, error = run()

    assert status == 1
    assert "mlflow-demo is not deployed in eu-west-1" in error and f"{PARAMETERS}admin_secret_arn" in error


def test_an_environment_without_passwords(account: boto3.Session, tmp_path: Path) -> None:
    (tmp_path / "open.toml").write_text(DEMO + NO_SIGN_IN, encoding="utf-8")

    assert run("open") == (1, "", 'open has sign_in.mode = "none": there are no passwords.\n')


def test_an_environment_that_there_is_not(account: boto3.Session) -> None:
    assert run("other") == (1, "", 'There is no environment "other". There is: demo.\n')


def test_without_credentials_it_says_how_to_get_them(
    account: boto3.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    status, out, error = run()

    assert (status, out) == (1, "")
    assert "Traceback" not in error and "There are no AWS credentials here" in error
