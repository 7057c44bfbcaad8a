"""Waiting for the database: what is waited for, what is not, and what is said."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable
from typing import Any

import psycopg2
import pytest
from sqlalchemy import Engine, create_engine
from sqlalchemy.pool import NullPool
from tracking_server import database
from tracking_server.database import open_engine, wait_until_ready
from tracking_server.errors import StartupError


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "POLL_SECONDS", 0.0)


def refusing(text: str) -> Engine:
    """A database whose every connection fails with the driver's `text`."""

    def connect() -> Any:
        raise psycopg2.OperationalError(text)

    return create_engine(
        "postgresql+psycopg2://mlflow_user@db.example/mlflow", creator=connect, poolclass=NullPool
    )


def starting(failures: int) -> tuple[Engine, Callable[[], int]]:
    """A database that refuses a few connections first, and how often it was asked."""
    asked = 0

    def connect() -> sqlite3.Connection:
        nonlocal asked
        asked += 1
        if asked <= failures:
            raise sqlite3.OperationalError("the database system is starting up")
        return sqlite3.connect(":memory:")

    return create_engine("sqlite://", creator=connect, poolclass=NullPool), lambda: asked


def test_a_database_that_starts_is_waited_for(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    engine, asked = starting(failures=3)

    wait_until_ready(engine, wait_seconds=60)

    # Asked until it answered, and told about once in a few seconds
    assert asked() == 4
    assert caplog.text.count("the database system is starting up") == 1
    assert "answers." in caplog.text


def test_waiting_ends() -> None:
    with pytest.raises(StartupError) as caught:
        wait_until_ready(refusing("connection refused"), wait_seconds=-1)

    assert "db.example/mlflow has not answered" in str(caught.value)
    assert "connection refused" in str(caught.value)
    assert "MLFLOW_DATABASE_WAIT_SECONDS gives it longer" in str(caught.value)


@pytest.mark.parametrize(
    ("reason", "remedy"),
    [
        ("SSL error: certificate verify failed", "PGSSLROOTCERT"),
        (
            'server certificate for "a" does not match host name "b"',
            "the host name that its certificate is for",
        ),
        ('root certificate file "/ca.pem" does not exist', "a file with the authority's certificate"),
        ("server does not support SSL, but SSL was required", "Turn TLS on"),
        ('invalid sslmode value: "full"', "PGSSLMODE=verify-full"),
        ('FATAL:  password authentication failed for user "mlflow_user"', "current password"),
        ("fe_sendauth: no password supplied", "MLFLOW_DATABASE_SECRET_ARN"),
        ('FATAL:  no pg_hba.conf entry for host "10.0.0.1", no encryption', "PGSSLMODE=verify-full"),
        ('FATAL:  database "mlflow" does not exist', "Create it"),
    ],
)
def test_permanent_errors_are_reported_at_once(reason: str, remedy: str) -> None:
    with pytest.raises(StartupError) as caught:
        wait_until_ready(refusing(reason), wait_seconds=3600)

    first, fix = str(caught.value).splitlines()
    assert first.startswith("The database db.example/mlflow refuses the connection: ")
    assert fix.startswith("  fix: ")
    assert remedy in fix


def test_no_connection_is_kept() -> None:
    engine = open_engine(refusing("").url)

    assert isinstance(engine.pool, NullPool)
