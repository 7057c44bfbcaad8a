"""What the server is started with."""

from __future__ import annotations

import gc
import importlib
import os
import signal
import sys
from types import SimpleNamespace
from typing import Any

import pytest
from tracking_server.config import read_config
from tracking_server.server import DEFAULTS, mlflow_server, runs_jobs, server_environment, serving

GIVEN = {
    "MLFLOW_BACKEND_STORE_URI": "postgresql://mlflow_user:p%40ss@db.example/mlflow",
    "MLFLOW_ARTIFACTS_DESTINATION": "s3://bucket",
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
def test_given_variable_overrides_the_default(name: str) -> None:
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


@pytest.mark.parametrize("name", DEFAULTS)
def test_an_empty_variable_has_its_default(name: str) -> None:
    assert environment(**{name: ""})[name] == DEFAULTS[name]


def test_each_start_of_the_server_has_an_id() -> None:
    first, second = serving(environment()), serving(environment())

    assert first["_MLFLOW_SERVER_BOOT_ID"] != second["_MLFLOW_SERVER_BOOT_ID"]


def test_without_a_destination_the_server_passes_no_artifacts_on() -> None:
    variables = environment(MLFLOW_ARTIFACTS_DESTINATION="", MLFLOW_DEFAULT_ARTIFACT_ROOT="s3://bucket")

    assert variables["MLFLOW_SERVE_ARTIFACTS"] == "false"


def test_the_pool_has_more_connections_than_threads() -> None:
    variables = environment(MLFLOW_WORKER_THREADS="6")

    assert variables["MLFLOW_SQLALCHEMYSTORE_POOL_SIZE"] == "8"
    assert variables["MLFLOW_SQLALCHEMYSTORE_MAX_OVERFLOW"] == "1"


def test_worker_variables_have_the_names_of_mlflow() -> None:
    variables = environment(MLFLOW_STATIC_PREFIX="/mlflow")

    assert {name: value for name, value in variables.items() if name.startswith("_MLFLOW")} == {
        "_MLFLOW_SERVER_FILE_STORE": "postgresql+psycopg2://mlflow_user:p%40ss@db.example/mlflow",
        "_MLFLOW_SERVER_REGISTRY_STORE": "postgresql+psycopg2://mlflow_user:p%40ss@db.example/mlflow",
        "_MLFLOW_SERVER_ARTIFACT_ROOT": "mlflow-artifacts:/",
        "_MLFLOW_SERVER_ARTIFACT_DESTINATION": "s3://bucket",
        "_MLFLOW_SERVER_SERVE_ARTIFACTS": "true",
        "_MLFLOW_SGI_NAME": "uvicorn",
        "_MLFLOW_IN_JOB_EXECUTOR": "false",
        "_MLFLOW_STATIC_PREFIX": "/mlflow",
    }


@pytest.mark.parametrize(
    ("given", "options"),
    [
        (None, "-c statement_timeout=30000"),
        # The last one counts.
        ("-c statement_timeout=0", "-c statement_timeout=30000 -c statement_timeout=0"),
    ],
)
def test_statements_of_the_workers_end_in_time(
    given: str | None, options: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given the environment that jobs have too
    variables = serving(environment(**({} if given is None else {"PGOPTIONS": given})))
    assert variables.get("PGOPTIONS") == given
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    # When gunicorn reads its settings
    monkeypatch.setenv("PGOPTIONS", given or "")
    settings(monkeypatch)

    # Then it and its workers have the limit
    assert os.environ["PGOPTIONS"] == options


@pytest.mark.parametrize(
    ("host", "listens", "local"),
    [
        ("0.0.0.0", "0.0.0.0:5000", "127.0.0.1"),
        ("::", "[::]:5000", "localhost"),
        ("10.0.0.1", "10.0.0.1:5000", "10.0.0.1"),
        ("fd00::1", "[fd00::1]:5000", "[fd00::1]"),
    ],
)
def test_jobs_reach_the_server_wherever_it_listens(
    host: str, listens: str, local: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given `mlflow server`, which gives gunicorn the address that it gives the jobs
    given = command(MLFLOW_HOST=host)
    assert given[given.index("--host") + 1] == local

    # When gunicorn starts
    for name, value in environment(MLFLOW_HOST=host).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PGOPTIONS", "")
    config = {"bind": [f"{local}:5000"]}
    settings(monkeypatch).on_starting(SimpleNamespace(cfg=SimpleNamespace(set=config.__setitem__)))

    # Then it listens where it should
    assert config["bind"] == [listens]


def settings(monkeypatch: pytest.MonkeyPatch) -> Any:
    """gunicorn's settings, read anew."""
    # They take a signal, and switch the garbage collector off.
    monkeypatch.setattr(signal, "signal", lambda number, handler: None)
    monkeypatch.setattr(gc, "disable", lambda: None)
    monkeypatch.delitem(sys.modules, "tracking_server.gunicorn_settings", raising=False)
    return importlib.import_module("tracking_server.gunicorn_settings")


def test_without_jobs_no_other_program_is_started() -> None:
    assert not runs_jobs(environment())
    assert runs_jobs(environment(MLFLOW_SERVER_ENABLE_JOB_EXECUTION="true"))


def test_with_jobs_mlflow_starts_the_same_server_beside_them() -> None:
    assert command() == [
        "-m",
        "mlflow",
        "server",
        "--app-name",
        "tracking-server",
        "--host",
        "127.0.0.1",
        "--gunicorn-opts",
        "-c python:tracking_server.gunicorn_settings",
    ]


def command(**changes: str) -> list[str]:
    return mlflow_server(environment(MLFLOW_SERVER_ENABLE_JOB_EXECUTION="true", **changes))[1:]
