"""MLflow's own users, in a database of their own beside MLflow's
(https://mlflow.org/docs/latest/self-hosting/security/basic-http-auth/).

The password of the first user, who may do everything, is that of the secret: it is set again at each start where it is
another one, so that the secret always lets somebody in.
"""

from __future__ import annotations

import base64
import configparser
import io
import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from tempfile import mkstemp
from typing import Any

from sqlalchemy import Engine, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from tracking_server.config import Config
from tracking_server.database import exclusive, open_engine
from tracking_server.errors import StartupError, one_line
from tracking_server.schema import USERS_SCHEMA, upgrade_schema
from tracking_server.shared_secrets import ADMIN, filled

# How long a worker remembers that a password is right; as long, a password that another worker has changed still lets
# in. Comparing one takes a tenth of a second of CPU (auth_cache_ttl_seconds of MLflow's basic_auth.ini).
REMEMBERED_SECONDS = 60
# Connections of each worker to the users' database, which each request needs for a moment.
POOL_SIZE, POOL_OVERFLOW = 1, 1
SUFFIX, LONGEST_NAME = "_users", 63
ADMIN_NAME, ADMIN_PASSWORD = "MLFLOW_AUTH_ADMIN_USERNAME", "MLFLOW_AUTH_ADMIN_PASSWORD"
SETTINGS_PATH = "MLFLOW_AUTH_CONFIG_PATH"

_log = logging.getLogger(__name__)


def users_database(url: URL) -> URL:
    """The database of the users: beside MLflow's, with its name and `_users`.

    PostgreSQL cuts longer names off (https://www.postgresql.org/docs/16/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS).
    """
    return url.set(database=f"{str(url.database)[: LONGEST_NAME - len(SUFFIX)]}{SUFFIX}")


def prepare_users(config: Config, engine: Engine, environ: Mapping[str, str]) -> dict[str, str]:
    """Creates the users' database if there is none, and upgrades its schema; returns MLflow's variables for its users.

    Raises:
        StartupError: the database user may not create a database, the schema cannot be upgraded, or nobody gives the
            first user a password.
    """
    _upgrade_database(config, engine)
    return _variables(config, environ)


def first_users_variables(config: Config) -> dict[str, str]:
    """The variables by which the MLflow client signs in as the first user; none where no secret is named, or where it
    cannot be read, as a command may do without."""
    if config.admin_secret_arn is None:
        return {}
    try:
        admin = filled(config.admin_secret_arn, ADMIN)
    except StartupError as error:
        _log.warning("The command cannot sign in: %s", error)
        return {}
    return {"MLFLOW_TRACKING_USERNAME": admin["username"], "MLFLOW_TRACKING_PASSWORD": admin["password"]}


def _upgrade_database(config: Config, engine: Engine) -> None:
    url = users_database(config.database)
    name = str(url.database)
    with exclusive(engine, wait_seconds=config.schema_wait_seconds) as connection:
        found = connection.scalar(text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": name})
        if not found:
            quoted = connection.dialect.identifier_preparer.quote_identifier(name)
            try:
                connection.execute(text(f"CREATE DATABASE {quoted}"))
            except DBAPIError as error:
                raise StartupError(
                    f"The database {name} of MLflow's users cannot be created: {one_line(error)}\n"
                    f'  fix: create it as an administrator: CREATE DATABASE "{name}" OWNER {url.username}'
                ) from error
            _log.info("The database %s of MLflow's users is created.", name)
    users = open_engine(url)
    upgrade_schema(users, wait_seconds=config.schema_wait_seconds, schema=USERS_SCHEMA)
    users.dispose()


def _variables(config: Config, environ: Mapping[str, str]) -> dict[str, str]:
    """Writes the file that one of them names."""
    if config.admin_secret_arn:
        admin = filled(config.admin_secret_arn, ADMIN)
        name, password = admin["username"], admin["password"]
    else:
        name, password = environ.get(ADMIN_NAME) or "admin", environ.get(ADMIN_PASSWORD, "")
    if not password:
        raise StartupError(
            "MLflow's first user has no password\n"
            f"  fix: set MLFLOW_ADMIN_SECRET_ARN, or {ADMIN_PASSWORD} with 12 characters or more"
        )
    # For its owner only: the database's address may hold a password.
    descriptor, path = mkstemp(prefix="mlflow-users-", suffix=".ini", dir=environ.get("HOME"))
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(_settings(config))
    return {ADMIN_NAME: name, ADMIN_PASSWORD: password, SETTINGS_PATH: path}


def _settings(config: Config) -> str:
    """mlflow/server/auth/basic_auth.ini"""
    parser = configparser.ConfigParser(interpolation=None)
    uri = users_database(config.database).render_as_string(hide_password=False)
    parser["mlflow"] = {
        "default_permission": config.default_permission,
        # MLflow reads the file with interpolation.
        "database_uri": uri.replace("%", "%%"),
        "authorization_function": "mlflow.server.auth:authenticate_request_basic_auth",
        "auth_cache_ttl_seconds": str(REMEMBERED_SECONDS),
    }
    text = io.StringIO()
    parser.write(text)
    return text.getvalue()


def with_users(flask: Any) -> tuple[Any, dict[str, str]]:
    """MLflow's FastAPI application with its log-in, around `flask`, which asks for a user from then on; and the headers
    of a request of the first user, who is made here, or gets the secret's password.
    """
    from mlflow.server import auth

    # MLflow never holds one of these connections while it waits for another.
    with _pool(POOL_SIZE, POOL_OVERFLOW):
        app = auth.create_app(flask)
    name, password = os.environ[ADMIN_NAME], os.environ.pop(ADMIN_PASSWORD)
    if not auth.store.authenticate_user(name, password):
        auth.store.update_user(name, password=password, is_admin=True)
        _log.warning("The password of %s was not the secret's, and is set to it.", name)
    # A process that is forked must not use these connections.
    auth.store.engine.dispose()
    encoded = base64.b64encode(f"{name}:{password}".encode()).decode()
    return app, {"Authorization": f"Basic {encoded}"}


@contextmanager
def _pool(size: int, overflow: int) -> Iterator[None]:
    """Engines that are made meanwhile get a pool of that size; MLflow reads it from the environment."""
    names = ("MLFLOW_SQLALCHEMYSTORE_POOL_SIZE", "MLFLOW_SQLALCHEMYSTORE_MAX_OVERFLOW")
    before = {name: os.environ[name] for name in names}
    os.environ.update(zip(names, (str(size), str(overflow)), strict=True))
    try:
        yield
    finally:
        os.environ.update(before)
