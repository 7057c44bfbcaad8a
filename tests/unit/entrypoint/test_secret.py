"""The database's password: read from Secrets Manager at every connection, through a rotation too."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import psycopg2
import pytest
from tracking_server.secret import (
    ROTATION_SECONDS,
    Credentials,
    DatabaseSecret,
    PasswordUnavailable,
    connect_with_current_password,
)

from tests.unit.entrypoint.conftest import SECRETS_REGION


@dataclass
class FakeTime:
    """A clock that only sleeping moves."""

    now: float = 0.0
    naps: list[float] = field(default_factory=list)

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.now += seconds


class Versions(DatabaseSecret):
    """A secret whose versions the test sets."""

    def __init__(self, **stages: str) -> None:
        super().__init__("unused")
        self.stages = stages
        self.reads: list[str] = []

    def read(self, stage: str = "AWSCURRENT") -> Credentials | None:
        self.reads.append(stage)
        password = self.stages.get(stage)
        return None if password is None else Credentials("mlflow_user", password)


class Database:
    """A server that takes one password."""

    def __init__(self, password: str) -> None:
        self.password = password

    def connect(self, credentials: Credentials) -> str:
        if credentials.password != self.password:
            raise psycopg2.OperationalError('FATAL:  password authentication failed for user "mlflow_user"')
        return f"connected with {credentials.password}"


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


def test_the_current_password_is_read_for_every_connection(time: FakeTime) -> None:
    # Given a secret and a database that agree
    secret, database = Versions(AWSCURRENT="one"), Database("one")
    connect_with_current_password(secret, database.connect, clock=time.clock, sleep=time.sleep)

    # When both are changed
    secret.stages["AWSCURRENT"] = database.password = "two"

    # Then the next connection has the new password, without having tried the old one
    opened = connect_with_current_password(secret, database.connect, clock=time.clock, sleep=time.sleep)
    assert opened == "connected with two"
    assert secret.reads == ["AWSCURRENT", "AWSCURRENT"]
    assert time.naps == []


def test_the_pending_password_serves_while_the_rotation_is_on(time: FakeTime) -> None:
    # Given a rotation that has set the database's password, but not yet made it the current one
    secret, database = Versions(AWSCURRENT="one", AWSPENDING="two"), Database("two")

    # Then the connection is opened at once
    opened = connect_with_current_password(secret, database.connect, clock=time.clock, sleep=time.sleep)
    assert opened == "connected with two"
    assert time.naps == []


def test_a_refused_password_is_read_again_until_both_agree(time: FakeTime) -> None:
    # Given a secret that was changed before the database
    secret, database = Versions(AWSCURRENT="two"), Database("one")

    # When the database follows 1.4 seconds later
    def sleep(seconds: float) -> None:
        time.sleep(seconds)
        if time.now >= 1.3:
            database.password = "two"

    # Then the connection is opened then
    opened = connect_with_current_password(secret, database.connect, clock=time.clock, sleep=sleep)
    assert opened == "connected with two"
    assert time.naps == [0.2, 0.4, 0.8]


def test_wrong_password_is_reported_after_the_rotation_time(time: FakeTime) -> None:
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        connect_with_current_password(
            Versions(AWSCURRENT="one", AWSPENDING="two"),
            Database("three").connect,
            clock=time.clock,
            sleep=time.sleep,
        )
    assert ROTATION_SECONDS - 2 < time.now <= ROTATION_SECONDS


def test_another_error_is_not_waited_for(time: FakeTime) -> None:
    def connect(credentials: Credentials) -> str:
        raise psycopg2.OperationalError("connection refused")

    with pytest.raises(psycopg2.OperationalError, match="connection refused"):
        connect_with_current_password(Versions(AWSCURRENT="one"), connect, clock=time.clock, sleep=time.sleep)
    assert time.naps == []


class TestSecretsManager:
    """The secret itself, in an emulated Secrets Manager."""

    @pytest.fixture(autouse=True)
    def manager(self, secrets_manager: Any) -> None:
        self.secrets_manager = secrets_manager

    def given(self, value: str) -> str:
        return str(self.secrets_manager.create_secret(Name="rds!db", SecretString=value)["ARN"])

    def test_secret_is_read_in_its_own_region(self) -> None:
        arn = self.given(json.dumps({"username": "mlflow_user", "password": "p@ss"}))

        assert DatabaseSecret(arn).read() == Credentials("mlflow_user", "p@ss")

    def test_no_version_is_pending_outside_a_rotation(self) -> None:
        arn = self.given(json.dumps({"username": "mlflow_user", "password": "p@ss"}))

        assert DatabaseSecret(arn).read("AWSPENDING") is None

    def test_a_missing_secret_is_a_database_error(self) -> None:
        arn = f"arn:aws:secretsmanager:{SECRETS_REGION}:123456789012:secret:none-AbCdEf"

        with pytest.raises(PasswordUnavailable, match="ResourceNotFoundException"):
            DatabaseSecret(arn).read()

    @pytest.mark.parametrize("value", ["hunter2", '{"password": "hunter2"}', '["hunter2"]', '"hunter2"'])
    def test_a_secret_of_another_form_is_refused_without_showing_it(self, value: str) -> None:
        arn = self.given(value)

        with pytest.raises(PasswordUnavailable, match="username and a password") as caught:
            DatabaseSecret(arn).read()
        assert "hunter2" not in str(caught.value)
        assert caught.value.__suppress_context__


def test_credentials_do_not_show_the_password() -> None:
    assert "hunter2" not in repr(Credentials("mlflow_user", "hunter2"))
