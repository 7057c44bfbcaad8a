"""The database's password in Secrets Manager, read whenever a connection opens, so that a rotation needs no restart.

https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html
"""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeVar

import boto3
import psycopg2
from botocore.config import Config as ClientConfig
from botocore.exceptions import BotoCoreError, ClientError

CURRENT = "AWSCURRENT"
PENDING = "AWSPENDING"
# RDS sets the new password in the database a moment before it marks it as the current one.
ROTATION_SECONDS = 10.0
_FIRST_PAUSE_SECONDS = 0.2
_LONGEST_PAUSE_SECONDS = 2.0
_AUTHENTICATION_FAILED = ("password authentication failed", "28P01")

_log = logging.getLogger(__name__)
_client_lock = threading.Lock()
Connection = TypeVar("Connection")


class PasswordUnavailable(psycopg2.OperationalError):  # type: ignore[misc]
    """The password could not be read. A database error, so that MLflow answers 503 and clients try again."""


@dataclass(frozen=True)
class Credentials:
    """A user and its password, which no repr shows."""

    username: str
    password: str = field(repr=False)


class DatabaseSecret:
    """A secret of the form `{"username": …, "password": …}`, as RDS makes them."""

    def __init__(self, arn: str) -> None:
        self._arn = arn

    def read(self, stage: str = CURRENT) -> Credentials | None:
        """The credentials of a version stage; None when no version has it.

        Raises:
            PasswordUnavailable: Secrets Manager does not answer or refuses, or the secret has another form.
        """
        try:
            answer = client_of(self._arn).get_secret_value(SecretId=self._arn, VersionStage=stage)
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "unknown")
            if code == "ResourceNotFoundException" and stage != CURRENT:
                return None
            raise PasswordUnavailable(f"Secrets Manager refuses to give {self._arn}: {code}") from error
        except BotoCoreError as error:
            raise PasswordUnavailable(f"Secrets Manager cannot be asked for {self._arn}: {error}") from error
        try:
            value = json.loads(answer["SecretString"])
            return Credentials(username=str(value["username"]), password=str(value["password"]))
        except (KeyError, TypeError, ValueError):
            # Without the cause: its text may quote the secret.
            raise PasswordUnavailable(f"{self._arn} is not JSON with a username and a password") from None


def connect_with_current_password(
    secret: DatabaseSecret,
    connect: Callable[[Credentials], Connection],
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Connection:
    """Opens a connection with the current password, or, while it is being rotated, with the pending one.

    Raises:
        psycopg2.OperationalError: the database refuses both for longer than a rotation takes, or cannot be reached.
    """
    deadline = clock() + ROTATION_SECONDS
    pause = _FIRST_PAUSE_SECONDS
    while True:
        refusal = None
        for stage in (CURRENT, PENDING):
            credentials = secret.read(stage)
            if credentials is None:
                continue
            try:
                return connect(credentials)
            except psycopg2.OperationalError as error:
                if not is_authentication_failure(error):
                    raise
                refusal = error
        assert refusal is not None  # CURRENT is read, or read() raises.
        if clock() + pause > deadline:
            raise refusal
        _log.warning("The database refuses the current password; is it being rotated? Reading it again.")
        sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)


def is_authentication_failure(error: Exception) -> bool:
    """Whether the server refused the password: psycopg2 gives no SQLSTATE for a connection that was not made."""
    return any(mark in str(error) for mark in _AUTHENTICATION_FAILED)


def client_of(arn: str) -> Any:
    """A client of the secret's own region, wherever the server runs."""
    with _client_lock:
        return _cached_client(arn.split(":")[3])


def _forget_clients() -> None:
    """In a process that was forked: its parent's connections are the parent's."""
    global _client_lock
    _client_lock = threading.Lock()
    _cached_client.cache_clear()


os.register_at_fork(after_in_child=_forget_clients)


@lru_cache(maxsize=4)
def _cached_client(region: str) -> Any:
    config = ClientConfig(
        connect_timeout=5, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 4}
    )
    return boto3.session.Session().client("secretsmanager", region_name=region, config=config)
