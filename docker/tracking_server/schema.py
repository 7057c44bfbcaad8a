"""MLflow's schema in the database: upgraded by one replica, under a lock, before any server starts.

Servers started together on an empty database create the same tables and die of it; MLflow's own lock is a file in the
container.
"""

from __future__ import annotations

import ast
import logging
import os
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from sqlalchemy import Connection, Engine, text

from tracking_server.database import exclusive
from tracking_server.errors import StartupError

_TERMINATE_SECONDS = 10
_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Schema:
    """A schema that MLflow upgrades with Alembic.

    Attributes:
        name: what it is called in the log.
        migrations: the folder of its migration files, in MLflow's package.
        version_table: where the database says which one it has.
        upgrade: the argument of `python -m tracking_server.upgrade`.
    """

    name: str
    migrations: str
    version_table: str
    upgrade: str


TRACKING_SCHEMA = Schema(
    name="schema",
    migrations="store/db_migrations/versions",
    version_table="alembic_version",
    upgrade="tracking",
)
USERS_SCHEMA = Schema(
    name="users' schema",
    migrations="server/auth/db/migrations/versions",
    version_table="alembic_version_auth",
    upgrade="users",
)


@dataclass(frozen=True)
class Revisions:
    """The schema revisions that the installed MLflow knows, and the newest of them."""

    known: frozenset[str]
    head: str


def installed_revisions(schema: Schema = TRACKING_SCHEMA) -> Revisions:
    """Read from the migration files without importing MLflow, which takes seconds and memory."""
    spec = find_spec("mlflow")
    assert spec is not None and spec.submodule_search_locations, "mlflow is a dependency"
    folder = Path(spec.submodule_search_locations[0]) / schema.migrations
    return revisions_in(folder)


def revisions_in(folder: Path) -> Revisions:
    """The revisions of a folder of Alembic migration files.

    Raises:
        StartupError: they do not form one line: this is not the MLflow that this package was written for.
    """
    previous: dict[str, object] = {}
    for file in sorted(folder.glob("*.py")):
        constants = _constants(ast.parse(file.read_text(encoding="utf-8")))
        if "revision" in constants:
            previous[str(constants["revision"])] = constants.get("down_revision")
    heads = set(previous) - {str(revision) for revision in previous.values()}
    if len(heads) != 1:
        raise StartupError(f"{folder} has {len(heads)} newest schema revisions instead of one")
    return Revisions(known=frozenset(previous), head=heads.pop())


def upgrade_schema(engine: Engine, *, wait_seconds: float, schema: Schema = TRACKING_SCHEMA) -> None:
    """Brings the schema to the revision of the installed MLflow, unless it is there or another replica does it.

    Raises:
        StartupError: the schema is newer than this MLflow, or the upgrade failed, or another's takes too long.
    """
    revisions = installed_revisions(schema)
    with engine.connect() as connection:
        if _is_current(connection, schema, revisions):
            return
    with exclusive(engine, wait_seconds=wait_seconds) as connection:
        if _is_current(connection, schema, revisions):
            return
        present = current_revision(connection, schema) or "an empty database"
        _log.info("Upgrading the %s from %s to %s.", schema.name, present, revisions.head)
        _run_upgrade(engine.url.render_as_string(hide_password=False), schema)
        _log.info("The %s is upgraded.", schema.name)


def current_revision(connection: Connection, schema: Schema = TRACKING_SCHEMA) -> str | None:
    """The database's schema revision; None when MLflow has never been there."""
    if connection.scalar(text(f"SELECT to_regclass('{schema.version_table}')")) is None:
        return None
    revision = connection.scalar(text(f"SELECT version_num FROM {schema.version_table}"))
    return None if revision is None else str(revision)


def _is_current(connection: Connection, schema: Schema, revisions: Revisions) -> bool:
    present = current_revision(connection, schema)
    if present is not None and present not in revisions.known:
        raise StartupError(
            f"The database has the {schema.name} {present}, which MLflow {version('mlflow')} does not know: a newer "
            "MLflow has upgraded it\n"
            "  fix: run an image with that MLflow or a newer one, or restore the backup from before the upgrade"
        )
    if present == revisions.head:
        _log.info("The %s is up to date (%s).", schema.name, present)
        return True
    return False


def _run_upgrade(database_uri: str, schema: Schema) -> None:
    # A process of its own: SIGTERM ends it at once, in the middle of a statement too, and its memory is given back. The
    # URI goes by the environment, as everyone on the machine can read a command line.
    command = [sys.executable, "-m", "tracking_server.upgrade", schema.upgrade]
    upgrade = subprocess.Popen(command, env={**os.environ, "MLFLOW_BACKEND_STORE_URI": database_uri})
    try:
        status = upgrade.wait()
    finally:
        if upgrade.poll() is None:
            upgrade.terminate()
            try:
                upgrade.wait(_TERMINATE_SECONDS)
            except subprocess.TimeoutExpired:
                upgrade.kill()
    if status != 0:
        raise StartupError(
            f"The schema's upgrade ended with status {status}; its reason is in the lines above\n"
            "  fix: mend the reason; what was not finished has been rolled back"
        )


def _constants(module: ast.Module) -> dict[str, object]:
    return {
        target.id: statement.value.value
        for statement in module.body
        if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Constant)
        for target in statement.targets
        if isinstance(target, ast.Name)
    }
