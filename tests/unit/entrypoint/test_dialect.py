"""The SQLAlchemy dialect that takes the password from Secrets Manager."""

from __future__ import annotations

import socket
from types import SimpleNamespace
from typing import Any

import psycopg2
import pytest
from sqlalchemy.engine import make_url
from tracking_server import dialect
from tracking_server.circuit_breaker import CircuitBreaker
from tracking_server.dialect import DRIVER, SECRET_ARN_VARIABLE, TIMEOUTS, RdsSecretDialect
from tracking_server.secret import Credentials, PasswordUnavailable

ARN = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:rds!db-1a2b-AbCdEf"
# SQLAlchemy's dialects are not typed throughout.
untyped: Any = RdsSecretDialect


class Driver:
    """psycopg2's place: keeps what a connection is opened with."""

    paramstyle = "pyformat"
    Error = psycopg2.Error

    def connect(self, **options: Any) -> dict[str, Any]:
        return options


@pytest.fixture
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """A secret that holds the master user and its password."""

    class Secret:
        def __init__(self, arn: str) -> None:
            assert arn == ARN

        def read(self, stage: str = "AWSCURRENT") -> Credentials:
            return Credentials("master", "p@ss")

    monkeypatch.setenv(SECRET_ARN_VARIABLE, ARN)
    monkeypatch.setattr(dialect, "DatabaseSecret", Secret)


@pytest.mark.usefixtures("secret")
@pytest.mark.parametrize(
    ("uri", "user"), [("mlflow_user@db.example", "mlflow_user"), ("db.example", "master")]
)
def test_the_uris_user_and_the_secrets_password(uri: str, user: str) -> None:
    # Given a URI with or without a user
    opened = untyped(dbapi=Driver())
    arguments, options = opened.create_connect_args(make_url(f"{DRIVER}://{uri}/mlflow"))

    # Then the connection has its user, or the secret's, and the secret's password
    assert opened.connect(*arguments, **options) == {
        **TIMEOUTS,
        "host": "db.example",
        "dbname": "mlflow",
        "user": user,
        "password": "p@ss",
    }


class Connection:
    """A pooled connection, of which `near` is its socket."""

    closed = 0

    def __init__(self, near: socket.socket) -> None:
        self._near = near
        self.asked = 0

    def fileno(self) -> int:
        return self._near.fileno()

    @property
    def autocommit(self) -> bool:
        self.asked += 1
        return True

    def cursor(self) -> Any:
        self.asked += 1
        raise OSError("server closed the connection unexpectedly")


def test_connection_is_checked_only_after_a_sign_of_its_end() -> None:
    near, far = socket.socketpair()
    with near, far:
        connection, opened = Connection(near), untyped(dbapi=Driver())

        quiet = opened.do_ping(connection)
        asked_while_quiet = connection.asked
        far.close()
        with pytest.raises(OSError, match="closed the connection"):
            opened.do_ping(connection)

    assert (quiet, asked_while_quiet) == (True, 0)


def test_a_closed_connection_is_not_used_again() -> None:
    near, far = socket.socketpair()
    with near, far:
        connection = Connection(near)
        connection.closed = 1

        assert not untyped(dbapi=Driver()).do_ping(connection)


def test_without_a_secret_it_says_which_variable_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(SECRET_ARN_VARIABLE, raising=False)

    with pytest.raises(PasswordUnavailable, match=f"needs {SECRET_ARN_VARIABLE}"):
        untyped(dbapi=Driver()).connect(host="db.example")


class Lost:
    """A connection whose rollback fails, and that is closed by then where it is `lost`."""

    def __init__(self, *, lost: bool) -> None:
        self._lost = lost
        self.closed = 0

    def rollback(self) -> None:
        if self.closed:
            raise psycopg2.InterfaceError("connection already closed")
        self.closed = 2 if self._lost else 0
        raise psycopg2.OperationalError("could not receive data from server: Connection timed out")

    def close(self) -> None:
        self.closed = 1


@pytest.fixture
def breaker(monkeypatch: pytest.MonkeyPatch) -> CircuitBreaker:
    monkeypatch.setattr(dialect, "_breaker", CircuitBreaker())
    return dialect._breaker


@pytest.mark.usefixtures("breaker")
def test_a_lost_connection_has_nothing_to_roll_back() -> None:
    untyped(dbapi=Driver()).do_rollback(Lost(lost=True))


@pytest.mark.usefixtures("breaker")
def test_another_error_of_a_rollback_is_one() -> None:
    with pytest.raises(psycopg2.OperationalError):
        untyped(dbapi=Driver()).do_rollback(Lost(lost=False))


def test_a_host_that_timed_out_is_not_asked_to_roll_back(breaker: CircuitBreaker) -> None:
    # Given a statement that timed out
    opened, other = untyped(dbapi=Driver()), Lost(lost=False)
    opened.is_disconnect(psycopg2.OperationalError("Connection timed out"), SimpleNamespace(closed=2), None)

    # When another connection, which the pool hands out in a proxy, is to roll back
    opened.do_rollback(SimpleNamespace(dbapi_connection=other))

    # Then it is given up
    assert (breaker.is_open, other.closed) == (True, 1)


class Sent(psycopg2.OperationalError):  # type: ignore[misc]
    """An error that the server sent: psycopg2 sets `pgcode` of its own."""

    pgcode = "57014"


@pytest.mark.parametrize(
    "error",
    [
        # A client's words in what the server says
        psycopg2.errors.UniqueViolation("Key (name)=(timed out) already exists."),
        Sent("canceling statement: timed out"),
        psycopg2.OperationalError("server closed the connection\nDETAIL: timed out"),
    ],
)
def test_an_error_of_the_servers_is_no_silence(error: psycopg2.Error, breaker: CircuitBreaker) -> None:
    untyped(dbapi=Driver()).is_disconnect(error, SimpleNamespace(closed=0), None)

    assert not breaker.is_open


def test_an_attempt_that_was_not_made_is_no_sign_of_the_host(breaker: CircuitBreaker) -> None:
    untyped(dbapi=Driver()).is_disconnect(psycopg2.OperationalError("Connection timed out"), None, None)

    assert not breaker.is_open
