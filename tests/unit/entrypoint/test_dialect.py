"""The SQLAlchemy dialect that takes the password from Secrets Manager."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from sqlalchemy.engine import make_url
from tracking_server import dialect
from tracking_server.dialect import DRIVER, SECRET_ARN_VARIABLE, TIMEOUTS, RdsSecretDialect
from tracking_server.secret import Credentials, PasswordUnavailable

ARN = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:rds!db-1a2b-AbCdEf"
# SQLAlchemy's dialects are not typed throughout.
untyped: Any = RdsSecretDialect


class Driver:
    """psycopg2's place: keeps what a connection is opened with."""

    paramstyle = "pyformat"

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


def test_a_connection_is_asked_about_only_after_a_sign_that_it_has_ended() -> None:
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
