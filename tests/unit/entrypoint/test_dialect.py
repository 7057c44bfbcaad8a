"""The SQLAlchemy dialect that takes the password from Secrets Manager."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.engine import make_url
from tracking_server import dialect
from tracking_server.dialect import DRIVER, SECRET_ARN_VARIABLE, RdsSecretDialect
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
        "host": "db.example",
        "dbname": "mlflow",
        "user": user,
        "password": "p@ss",
    }


def test_without_a_secret_it_says_which_variable_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(SECRET_ARN_VARIABLE, raising=False)

    with pytest.raises(PasswordUnavailable, match=f"needs {SECRET_ARN_VARIABLE}"):
        untyped(dbapi=Driver()).connect(host="db.example")
