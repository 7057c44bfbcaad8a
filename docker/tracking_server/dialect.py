"""`postgresql+rdssecret://user@host/database`: psycopg2 with the password that Secrets Manager holds right now.

A SQLAlchemy dialect, found by its entry point: the server's workers, `mlflow db upgrade` and `mlflow gc` all open their
connections through it, and nothing of MLflow is patched.
"""

from __future__ import annotations

import os
import select
from typing import Any

from sqlalchemy.dialects.postgresql.psycopg2 import PGDialect_psycopg2

from tracking_server.secret import (
    Credentials,
    DatabaseSecret,
    PasswordUnavailable,
    connect_with_current_password,
)

# No underscore: it is not allowed in a URL's scheme, and MLflow would take the URI for a folder.
DRIVER = "postgresql+rdssecret"
SECRET_ARN_VARIABLE = "MLFLOW_DATABASE_SECRET_ARN"
# A host that vanished, as in a failover, is noticed in seconds: the kernel would wait for a quarter of an hour
# (https://www.postgresql.org/docs/16/libpq-connect.html#LIBPQ-PARAMKEYWORDS).
TIMEOUTS = {
    "connect_timeout": 5,
    "tcp_user_timeout": 10_000,  # milliseconds
    "keepalives_idle": 30,
}


class RdsSecretDialect(PGDialect_psycopg2):
    """psycopg2's dialect, but for the password. The secret is the one of `MLFLOW_DATABASE_SECRET_ARN`."""

    supports_statement_cache = True

    def connect(self, *cargs: Any, **cparams: Any) -> Any:
        arn = os.environ.get(SECRET_ARN_VARIABLE)
        if not arn:
            raise PasswordUnavailable(f"{DRIVER} needs {SECRET_ARN_VARIABLE}, the secret with the password")

        def connect(credentials: Credentials) -> Any:
            user = cparams.get("user") or credentials.username
            return super(RdsSecretDialect, self).connect(
                *cargs, **{**TIMEOUTS, **cparams, "user": user, "password": credentials.password}
            )

        return connect_with_current_password(DatabaseSecret(arn), connect)

    def do_ping(self, dbapi_connection: Any) -> bool:
        """Whether a pooled connection can be used, asked of the database only if there is a sign that it cannot.

        A database that has closed the connection has sent something that nobody has read yet. That a host has vanished
        without a word, a question would find out no sooner than the statement itself: both wait for `tcp_user_timeout`.
        """
        if dbapi_connection.closed:
            return False
        poller = select.poll()
        poller.register(dbapi_connection.fileno(), select.POLLIN | select.POLLPRI)
        if not poller.poll(0):
            return True
        return bool(super().do_ping(dbapi_connection))  # type: ignore[no-untyped-call]
