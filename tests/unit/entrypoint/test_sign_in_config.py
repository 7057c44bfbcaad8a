"""By whom people sign in: all of the variables or none, and every refusal."""

from __future__ import annotations

import pytest
from tracking_server.config import ConfigError, read_config
from tracking_server.sign_in_config import REQUIRED

MINIMAL = {
    "MLFLOW_BACKEND_STORE_URI": "postgresql://mlflow_user@db.example/mlflow",
    "MLFLOW_ARTIFACTS_DESTINATION": "s3://bucket",
}
SIGN_IN = {
    "MLFLOW_SIGN_IN_ISSUER": "https://login.example.com/tenant",
    "MLFLOW_SIGN_IN_JWKS_URI": "https://login.example.com/tenant/jwks?v=2",
    "MLFLOW_SIGN_IN_CLIENT_ID": "mlflow",
    "MLFLOW_SIGN_IN_AUDIENCES": "mlflow, https://mlflow.example.com",
    "MLFLOW_SIGN_IN_LOAD_BALANCER_ARN": (
        "arn:aws-us-gov:elasticloadbalancing:us-gov-west-1:111122223333:loadbalancer/app/mlflow/50dc6c495c0c9188"
    ),
    "MLFLOW_SIGN_IN_LOAD_BALANCER_KEYS_URL": "https://public-keys.auth.elb.eu-west-1.amazonaws.com/",
}


def refusal(changes: dict[str, str]) -> str:
    with pytest.raises(ConfigError) as caught:
        read_config({**MINIMAL, **SIGN_IN, **changes})
    return str(caught.value)


def test_a_server_without() -> None:
    assert read_config(MINIMAL).sign_in is None


def test_all_values() -> None:
    config = read_config({**MINIMAL, **SIGN_IN}).sign_in

    assert config is not None
    assert config.issuer == "https://login.example.com/tenant"
    assert config.audiences == ("mlflow", "https://mlflow.example.com")
    assert config.load_balancer_keys_url == "https://public-keys.auth.elb.eu-west-1.amazonaws.com"


@pytest.mark.parametrize("name", REQUIRED)
def test_a_server_that_is_half_guarded_does_not_start(name: str) -> None:
    text = refusal({name: ""})

    assert f"{name}\n    given:   not set" in text
    assert "1 problem" in text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MLFLOW_SIGN_IN_ISSUER", "http://login.example.com"),
        ("MLFLOW_SIGN_IN_ISSUER", "https://"),
        ("MLFLOW_SIGN_IN_ISSUER", "https://user@login.example.com"),
        ("MLFLOW_SIGN_IN_JWKS_URI", "http://login.example.com/jwks"),
        ("MLFLOW_SIGN_IN_JWKS_URI", "https://login.example.com"),
        ("MLFLOW_SIGN_IN_LOAD_BALANCER_ARN", "mlflow"),
        (
            "MLFLOW_SIGN_IN_LOAD_BALANCER_ARN",
            "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/net/mlflow/50dc6c495c0c9188",
        ),
        ("MLFLOW_SIGN_IN_LOAD_BALANCER_KEYS_URL", "http://127.0.0.1:8080"),
    ],
)
def test_a_value_that_is_not_one(name: str, value: str) -> None:
    assert f"{name}\n    given:   {value!r}" in refusal({name: value})


def test_jobs_have_no_token() -> None:
    assert "MLFLOW_SERVER_ENABLE_JOB_EXECUTION" in refusal({"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "true"})


def test_tokens_without_an_audience() -> None:
    assert "MLFLOW_SIGN_IN_AUDIENCES" in refusal({"MLFLOW_SIGN_IN_AUDIENCES": " , "})
