"""The container's environment: what it may be, and every refusal."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest
from tracking_server.admission import CONCURRENT_TRACE_EXPORTS
from tracking_server.config import UNSUPPORTED, ConfigError, read_config
from tracking_server.server import server_environment

ARN = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:rds!db-1a2b-AbCdEf"
MINIMAL = {
    "MLFLOW_BACKEND_STORE_URI": "postgresql://mlflow_user@db.example/mlflow",
    "MLFLOW_ARTIFACTS_DESTINATION": "s3://bucket",
}


def refusal(changes: dict[str, str]) -> str:
    with pytest.raises(ConfigError) as caught:
        read_config({**MINIMAL, **changes})
    return str(caught.value)


def test_defaults() -> None:
    # When only what has no default is given
    config = read_config(MINIMAL)

    # Then the rest is what the image promises
    assert (config.host, config.port, config.workers, config.static_prefix) == ("0.0.0.0", 5000, 2, "")
    assert (config.keep_alive_seconds, config.graceful_shutdown_seconds) == (65, 110)
    assert (config.database_wait_seconds, config.schema_wait_seconds) == (120, 1800)
    assert (config.threads, config.pool_size, config.pool_overflow) == (3, 5, 1)
    assert config.secret_arn is None
    assert config.default_artifact_root is None


@pytest.mark.parametrize("threads", range(1, 65))
def test_a_pool_has_more_connections_than_requests_can_hold(threads: int) -> None:
    config = read_config({**MINIMAL, "MLFLOW_WORKER_THREADS": str(threads)})

    assert config.pool_size + config.pool_overflow >= threads + CONCURRENT_TRACE_EXPORTS + 1


@pytest.mark.parametrize(
    ("size", "overflow", "accepted"),
    [("5", "1", True), ("4", "2", True), ("4", "1", False), ("1", "4", False)],
)
def test_a_pool_that_could_freeze_the_server_is_refused(size: str, overflow: str, accepted: bool) -> None:
    changes = {
        "MLFLOW_SQLALCHEMYSTORE_POOL_SIZE": size,
        "MLFLOW_SQLALCHEMYSTORE_MAX_OVERFLOW": overflow,
    }

    if accepted:
        assert read_config({**MINIMAL, **changes}).pool_size == int(size)
    else:
        text = refusal(changes)
        assert f"given:   {size}, with MLFLOW_SQLALCHEMYSTORE_MAX_OVERFLOW={overflow}" in text
        assert "6 or more with MLFLOW_WORKER_THREADS=3" in text
        assert "lower MLFLOW_WORKER_THREADS" in text


@pytest.mark.parametrize("name", UNSUPPORTED)
def test_variables_of_other_ways_to_run_the_server_are_refused(name: str) -> None:
    assert f"{name}\n    given:   'x'" in refusal({name: "x"})


def test_worker_reads_the_configuration_of_the_entry_point() -> None:
    environ = {**MINIMAL, "MLFLOW_DATABASE_SECRET_ARN": ARN}
    config = read_config(environ)

    assert read_config(server_environment(config, environ)) == config


def test_options_in_the_uri_would_hide_those_of_the_server() -> None:
    uri = "postgresql://mlflow_user@db.example/mlflow?options=-csearch_path%3Dmlflow"

    assert "put them into PGOPTIONS instead" in refusal({"MLFLOW_BACKEND_STORE_URI": uri})


def test_secret_driver_requires_a_secret_arn() -> None:
    assert "name no driver" in refusal(
        {"MLFLOW_BACKEND_STORE_URI": "postgresql+rdssecret://u@db.example/mlflow"}
    )


def test_all_values() -> None:
    config = read_config(
        {
            "MLFLOW_BACKEND_STORE_URI": "postgresql+psycopg2://mlflow_user@db.example:5433/mlflow?application_name=x",
            "MLFLOW_DATABASE_SECRET_ARN": ARN,
            "MLFLOW_ARTIFACTS_DESTINATION": "s3://bucket/folder",
            "MLFLOW_DEFAULT_ARTIFACT_ROOT": "s3://other",
            "MLFLOW_HOST": "127.0.0.1",
            "MLFLOW_PORT": "8080",
            "MLFLOW_STATIC_PREFIX": "/ml/flow",
            "MLFLOW_WORKERS": "4",
            "MLFLOW_KEEP_ALIVE_SECONDS": "305",
            "MLFLOW_GRACEFUL_SHUTDOWN_SECONDS": "30",
            "MLFLOW_SHUTDOWN_DELAY_SECONDS": "0",
            "MLFLOW_DATABASE_WAIT_SECONDS": "60",
            "MLFLOW_SCHEMA_WAIT_SECONDS": "600",
        }
    )

    assert config.secret_arn == ARN
    assert config.database.render_as_string() == (
        "postgresql+rdssecret://mlflow_user@db.example:5433/mlflow?application_name=x"
    )
    assert config.artifacts_destination == "s3://bucket/folder"
    assert config.default_artifact_root == "s3://other"
    assert (config.host, config.port, config.workers, config.static_prefix) == (
        "127.0.0.1",
        8080,
        4,
        "/ml/flow",
    )
    assert (config.keep_alive_seconds, config.graceful_shutdown_seconds) == (305, 30)
    assert config.shutdown_delay_seconds == 0
    assert (config.database_wait_seconds, config.schema_wait_seconds) == (60, 600)
    with pytest.raises(FrozenInstanceError):
        config.port = 1  # type: ignore[misc]


@pytest.mark.parametrize("scheme", ["postgresql", "postgresql+psycopg2"])
def test_the_driver_is_always_named(scheme: str) -> None:
    # Given a URI with a password and no secret
    # (SQLAlchemy 2.1 takes the bare scheme for psycopg 3, which the image does not have.)
    config = read_config({**MINIMAL, "MLFLOW_BACKEND_STORE_URI": f"{scheme}://user:p%40ss@host/db"})

    # Then it is kept as it is, but for the driver
    assert (
        config.database.render_as_string(hide_password=False) == "postgresql+psycopg2://user:p%40ss@host/db"
    )


def test_the_artifact_root_alone_will_do() -> None:
    changes = {"MLFLOW_ARTIFACTS_DESTINATION": "", "MLFLOW_DEFAULT_ARTIFACT_ROOT": "s3://bucket"}

    assert read_config({**MINIMAL, **changes}).artifacts_destination is None


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("MLFLOW_BACKEND_STORE_URI", "", "postgresql://user@host/database"),
        ("MLFLOW_BACKEND_STORE_URI", "sqlite:///mlflow.db", "postgresql://user@host/database"),
        ("MLFLOW_BACKEND_STORE_URI", "mysql+pymysql://user@host/db", "postgresql://user@host/database"),
        ("MLFLOW_BACKEND_STORE_URI", "postgresql+psycopg://user@host/db", "postgresql://user@host/database"),
        ("MLFLOW_BACKEND_STORE_URI", "postgresql:///db", "postgresql://user@host/database"),
        ("MLFLOW_BACKEND_STORE_URI", "postgresql://user@host:port/db", "postgresql://user@host/database"),
        ("MLFLOW_DATABASE_SECRET_ARN", "rds!db-1a2b", "the full ARN of a secret"),
        ("MLFLOW_ARTIFACTS_DESTINATION", " ", "s3://bucket"),
        ("MLFLOW_PORT", "http", "a whole number from 1 to 65535"),
        ("MLFLOW_PORT", "0", "a whole number from 1 to 65535"),
        ("MLFLOW_PORT", "65536", "a whole number from 1 to 65535"),
        ("MLFLOW_PORT", "٥", "a whole number from 1 to 65535"),
        ("MLFLOW_WORKERS", "65", "a whole number from 1 to 64"),
        ("MLFLOW_KEEP_ALIVE_SECONDS", "-1", "a whole number from 1 to 4100"),
        ("MLFLOW_GRACEFUL_SHUTDOWN_SECONDS", "1.5", "a whole number from 1 to 3600"),
        ("MLFLOW_SHUTDOWN_DELAY_SECONDS", "61", "a whole number from 0 to 60"),
        ("MLFLOW_DATABASE_WAIT_SECONDS", "0", "a whole number from 1 to 3600"),
        ("MLFLOW_SCHEMA_WAIT_SECONDS", "for ever", "a whole number from 1 to 86400"),
        ("MLFLOW_STATIC_PREFIX", "mlflow", "begins with /"),
        ("MLFLOW_STATIC_PREFIX", "/mlflow/", "begins with /"),
        ("MLFLOW_STATIC_PREFIX", "/{mlflow}", "begins with /"),
    ],
)
def test_refusal_names_variable_allowed_values_and_fix(name: str, value: str, allowed: str) -> None:
    text = refusal({name: value})

    assert "1 problem" in text
    assert name in text
    assert allowed in text
    assert "fix: " in text


def test_every_problem_is_reported_at_once() -> None:
    text = refusal({"MLFLOW_PORT": "http", "MLFLOW_WORKERS": "0", "MLFLOW_STATIC_PREFIX": "x"})

    assert "3 problems" in text
    assert text.count("given: ") == text.count("allowed: ") == text.count("fix: ") == 3
    assert "'http'" in text


def test_a_password_beside_the_secret_is_refused_and_not_shown() -> None:
    text = refusal(
        {"MLFLOW_BACKEND_STORE_URI": "postgresql://user:hunter2@host/db", "MLFLOW_DATABASE_SECRET_ARN": ARN}
    )

    assert "no password beside MLFLOW_DATABASE_SECRET_ARN" in text
    assert "hunter2" not in text


@pytest.mark.parametrize(
    "uri",
    [
        "postgresql//user:hunter2@host/db",
        "mysql://user:hunter2@host/db",
        "hunter2",
        # An @ in the password that is not encoded: its end reads as a part of the host.
        "postgresql://user:p@hunter2@host/db",
    ],
)
def test_no_refusal_shows_the_password(uri: str) -> None:
    assert "hunter2" not in refusal({"MLFLOW_BACKEND_STORE_URI": uri})
