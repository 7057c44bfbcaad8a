"""What `mlflow server` is started with."""

from __future__ import annotations

import pytest
from tracking_server.config import read_config
from tracking_server.server import DEFAULTS, server_command, server_environment

GIVEN = {
    "MLFLOW_BACKEND_STORE_URI": "postgresql://mlflow_user:p%40ss@db.example/mlflow",
    "MLFLOW_ARTIFACTS_DESTINATION": "s3://bucket",
}

SIGN_IN = {
    "MLFLOW_SIGN_IN_ISSUER": "https://login.example.com",
    "MLFLOW_SIGN_IN_JWKS_URI": "https://login.example.com/jwks",
    "MLFLOW_SIGN_IN_CLIENT_ID": "mlflow",
    "MLFLOW_SIGN_IN_AUDIENCES": "mlflow,https://mlflow.example.com",
    "MLFLOW_SIGN_IN_LOAD_BALANCER_ARN": (
        "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/mlflow/50dc6c495c0c9188"
    ),
    "MLFLOW_SIGN_IN_LOAD_BALANCER_KEYS_URL": "https://public-keys.auth.elb.eu-west-1.amazonaws.com",
}


def environment(**changes: str) -> dict[str, str]:
    environ = {**GIVEN, **changes}
    return server_environment(read_config(environ), environ)


def test_defaults() -> None:
    variables = environment()

    assert {name: variables[name] for name in DEFAULTS} == DEFAULTS
    assert (variables["MLFLOW_HOST"], variables["MLFLOW_PORT"], variables["MLFLOW_WORKERS"]) == (
        "0.0.0.0",
        "5000",
        "2",
    )
    # With its password, or it cannot connect
    assert variables["MLFLOW_BACKEND_STORE_URI"] == (
        "postgresql+psycopg2://mlflow_user:p%40ss@db.example/mlflow"
    )
    assert "MLFLOW_SERVE_ARTIFACTS" not in variables


@pytest.mark.parametrize("name", DEFAULTS)
def test_what_is_given_wins_over_a_default(name: str) -> None:
    assert environment(**{name: "7"})[name] == "7"


def test_other_variables_are_passed_on() -> None:
    variables = environment(AWS_REGION="eu-central-1", PGSSLMODE="verify-full", MLFLOW_LOGGING_LEVEL="DEBUG")

    assert (variables["AWS_REGION"], variables["PGSSLMODE"]) == ("eu-central-1", "verify-full")
    assert variables["MLFLOW_LOGGING_LEVEL"] == "DEBUG"


def test_an_empty_variable_is_none() -> None:
    variables = environment(MLFLOW_STATIC_PREFIX="", MLFLOW_DEFAULT_ARTIFACT_ROOT="", EDITOR="")

    assert "MLFLOW_STATIC_PREFIX" not in variables
    assert "MLFLOW_DEFAULT_ARTIFACT_ROOT" not in variables
    assert variables["EDITOR"] == ""


def test_without_a_destination_the_server_passes_no_artifacts_on() -> None:
    variables = environment(MLFLOW_ARTIFACTS_DESTINATION="", MLFLOW_DEFAULT_ARTIFACT_ROOT="s3://bucket")

    assert variables["MLFLOW_SERVE_ARTIFACTS"] == "false"


def test_uvicorns_options() -> None:
    variables = environment(
        MLFLOW_KEEP_ALIVE_SECONDS="305",
        MLFLOW_GRACEFUL_SHUTDOWN_SECONDS="30",
        MLFLOW_UVICORN_OPTS="--timeout-keep-alive 9",
    )

    # What is given comes last: uvicorn takes the last of two
    assert variables["MLFLOW_UVICORN_OPTS"] == (
        "--timeout-keep-alive 305 --timeout-graceful-shutdown 30 --timeout-worker-healthcheck 30 "
        "--timeout-keep-alive 9"
    )


def test_no_value_stands_on_the_command_line() -> None:
    assert server_command(read_config(GIVEN))[1:] == ["-m", "mlflow", "server"]


def test_where_people_sign_in_the_server_is_the_guarded_one() -> None:
    config = read_config({**GIVEN, **SIGN_IN})

    assert server_command(config)[1:] == ["-m", "mlflow", "server", "--app-name", "sign-in"]
