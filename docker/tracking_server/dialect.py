"""`postgresql+rdssecret://user@host/database`: psycopg2 with the password that Secrets Manager holds right now.

A SQLAlchemy dialect, found by its entry point: the server's workers, `mlflow db upgrade` and `mlflow gc` all open their
connections through it, and nothing of MLflow is patched.
"""

from __future__ import annotations

import os
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
                *cargs, **{**cparams, "user": user, "password": credentials.password}
            )

        return connect_with_current_password(DatabaseSecret(arn), connect)
