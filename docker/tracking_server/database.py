"""The database before the server: waiting until it answers, and the lock under which one replica upgrades it."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from tracking_server.errors import StartupError, one_line

# More patient than the server's: the lock must not be lost while another process upgrades the schema.
TIMEOUTS = {
    "connect_timeout": 5,
    "tcp_user_timeout": 60_000,  # milliseconds
    "keepalives_idle": 30,
    "keepalives_interval": 10,
}
POLL_SECONDS = 1.0
REPORT_SECONDS = 5.0
# Any number will do, as long as every replica takes the same.
SCHEMA_LOCK = 0x6D6C666C6F77

# What waiting does not mend: part of the driver's text → what to do.
_REMEDIES = {
    "certificate verify failed": (
        "The server's certificate is not signed by an authority in the file that PGSSLROOTCERT names. For Amazon RDS "
        "the image has AWS's, as docs/image.md says."
    ),
    "does not match host name": "Name the database by the host name that its certificate is for.",
    "root certificate file": "Let PGSSLROOTCERT name a file with the authority's certificate.",
    "server does not support SSL": "Turn TLS on in the database, or set PGSSLMODE to what it can do.",
    "invalid sslmode value": "Set PGSSLMODE=verify-full.",
    "password authentication failed": "Store the database's current password in the secret that MLflow reads.",
    "no password supplied": "Give a password: MLFLOW_DATABASE_SECRET_ARN, or one in MLFLOW_BACKEND_STORE_URI.",
    "no pg_hba.conf entry": "Let the database accept this user from here; RDS asks for TLS: PGSSLMODE=verify-full.",
    "does not exist": "Create it, or correct MLFLOW_BACKEND_STORE_URI.",
}

_log = logging.getLogger(__name__)


def open_engine(database: URL) -> Engine:
    """An engine without a pool: every connection is a new one."""
    return create_engine(database, poolclass=NullPool, connect_args=TIMEOUTS)


def wait_until_ready(engine: Engine, *, wait_seconds: float) -> None:
    """Returns when the database accepts a connection; says every few seconds why it does not yet.

    Raises:
        StartupError: it has not done so in time, or for a reason that waiting does not mend.
    """
    where = f"{engine.url.host}/{engine.url.database}"
    started = time.monotonic()
    reported = -REPORT_SECONDS
    while True:
        try:
            with engine.connect():
                _log.info("The database %s answers.", where)
                return
        except DBAPIError as error:
            reason = one_line(error)
        remedy = _remedy(reason)
        if remedy:
            raise StartupError(f"The database {where} refuses the connection: {reason}\n  fix: {remedy}")
        waited = time.monotonic() - started
        if waited + POLL_SECONDS > wait_seconds:
            raise StartupError(
                f"The database {where} has not answered in {wait_seconds:.0f} s: {reason}\n"
                "  fix: see that it runs and that its security group lets this service in; "
                "MLFLOW_DATABASE_WAIT_SECONDS gives it longer"
            )
        if waited - reported >= REPORT_SECONDS:
            _log.info("Waiting for the database %s (%.0f of %.0f s): %s", where, waited, wait_seconds, reason)
            reported = waited
        time.sleep(POLL_SECONDS)


@contextmanager
def exclusive(engine: Engine, *, wait_seconds: float) -> Iterator[Connection]:
    """Holds the advisory lock that only one replica can have; it ends with the connection, whatever happens.

    https://www.postgresql.org/docs/16/explicit-locking.html#ADVISORY-LOCKS

    Raises:
        StartupError: another replica has held it for too long.
    """
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        # A replica whose machine is gone says no goodbye: the database then notices in a minute, not in two hours.
        for setting, value in (("idle", 30), ("interval", 10), ("count", 3)):
            connection.execute(text(f"SET tcp_keepalives_{setting} = {value}"))
        started = time.monotonic()
        reported = -REPORT_SECONDS
        while not connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": SCHEMA_LOCK}):
            waited = time.monotonic() - started
            if waited > wait_seconds:
                raise StartupError(
                    f"Another replica has been upgrading the schema for {wait_seconds:.0f} s\n"
                    "  fix: read its log; MLFLOW_SCHEMA_WAIT_SECONDS gives it longer"
                )
            if waited - reported >= REPORT_SECONDS:
                _log.info(
                    "Waiting for another replica to upgrade the schema (%.0f of %.0f s).",
                    waited,
                    wait_seconds,
                )
                reported = waited
            time.sleep(POLL_SECONDS)
        yield connection


def _remedy(reason: str) -> str | None:
    return next((remedy for mark, remedy in _REMEDIES.items() if mark in reason), None)
