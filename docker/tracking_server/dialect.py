"""`postgresql+rdssecret://user@host/database`: psycopg2 with the password that Secrets Manager holds right now.

A SQLAlchemy dialect, found by its entry point: the server's workers, `mlflow db upgrade` and `mlflow gc` all open their
connections through it, and nothing of MLflow is patched.
"""

from __future__ import annotations

import os
import select
from typing import Any

import psycopg2
from sqlalchemy.dialects.postgresql.psycopg2 import PGDialect_psycopg2

from tracking_server.circuit_breaker import CircuitBreaker
from tracking_server.secret import (
    Credentials,
    DatabaseSecret,
    PasswordUnavailable,
    connect_with_current_password,
)

# No underscore: it is not allowed in a URL's scheme, and MLflow would take the URI for a folder.
DRIVER = "postgresql+rdssecret"
SECRET_ARN_VARIABLE = "MLFLOW_DATABASE_SECRET_ARN"
# A host that vanished, as in a failover, is noticed in seconds, also by a connection that only waits for an answer. The
# kernel would take a quarter of an hour, and for the latter two. A busy database is not one that vanished: its kernel
# acknowledges what it gets, as long as there is room for it
# (https://www.postgresql.org/docs/16/libpq-connect.html#LIBPQ-PARAMKEYWORDS).
TIMEOUTS = {
    "connect_timeout": 3,
    "tcp_user_timeout": 4_000,  # milliseconds
    "keepalives_idle": 1,
    "keepalives_interval": 1,
}
# What the kernel says then.
_TIMED_OUT = "timed out"
# All stores of a worker have the same database.
_breaker = CircuitBreaker()


class RdsSecretDialect(PGDialect_psycopg2):
    """psycopg2's dialect, but for the password. The secret is the one of `MLFLOW_DATABASE_SECRET_ARN`."""

    supports_statement_cache = True

    def connect(self, *cargs: Any, **cparams: Any) -> Any:
        arn = os.environ.get(SECRET_ARN_VARIABLE)
        if not arn:
            raise PasswordUnavailable(f"{DRIVER} needs {SECRET_ARN_VARIABLE}, the secret with the password")

        def connect(credentials: Credentials) -> Any:
            user = cparams.get("user") or credentials.username
            options = {**TIMEOUTS, **cparams, "user": user, "password": credentials.password}
            return _breaker.attempt(lambda: super(RdsSecretDialect, self).connect(*cargs, **options))

        _breaker.check()
        return connect_with_current_password(DatabaseSecret(arn), connect)

    def do_ping(self, dbapi_connection: Any) -> bool:
        """Whether a pooled connection can be used, asked of the database only if there is a sign that it cannot.

        A database that has closed the connection has sent something that nobody has read yet, and the kernel ends an
        idle connection whose host has vanished. Until then a question would find out no sooner than the statement
        itself: both wait for `tcp_user_timeout`.
        """
        if dbapi_connection.closed:
            return False
        poller = select.poll()
        poller.register(dbapi_connection.fileno(), select.POLLIN | select.POLLPRI)
        if not poller.poll(0):
            return True
        return bool(super().do_ping(dbapi_connection))  # type: ignore[no-untyped-call]

    def do_rollback(self, dbapi_connection: Any) -> None:
        """A connection that was lost has nothing to roll back, and one whose host has vanished is given up.

        MLflow writes metrics in two sessions, one inside the other. When the database goes, the inner one's error is a
        503; an error of the outer one's rollback would make it a 500, which no client tries again.
        """
        # SQLAlchemy gives its pool's proxy, whose close() only gives the connection back.
        connection = getattr(dbapi_connection, "dbapi_connection", dbapi_connection)
        if _breaker.is_open:
            connection.close()
        try:
            super().do_rollback(connection)  # type: ignore[no-untyped-call]
        except psycopg2.Error:
            if not connection.closed:
                raise

    def is_disconnect(self, e: Any, connection: Any, cursor: Any) -> bool:
        """Also notes that the host does not answer, so that others do not wait for it in turn."""
        # Without a connection it is about an attempt, which the breaker has seen itself. What the server sends has a
        # SQLSTATE, and may quote what a client sent.
        if (
            connection is not None
            and isinstance(e, psycopg2.OperationalError)
            and e.pgcode is None
            and _TIMED_OUT in str(e).partition("\n")[0]
        ):
            _breaker.open(e)
        return bool(super().is_disconnect(e, connection, cursor))  # type: ignore[no-untyped-call]
