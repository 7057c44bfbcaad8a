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


@dataclass(frozen=True)
class Revisions:
    """The schema revisions that the installed MLflow knows, and the newest of them."""

    known: frozenset[str]
    head: str


def installed_revisions() -> Revisions:
    """Read from the migration files without importing MLflow, which takes seconds and memory."""
    spec = find_spec("mlflow")
    assert spec is not None and spec.submodule_search_locations, "mlflow is a dependency"
    folder = Path(spec.submodule_search_locations[0]) / "store" / "db_migrations" / "versions"
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


def upgrade_schema(engine: Engine, *, wait_seconds: float) -> None:
    """Brings the schema to the revision of the installed MLflow, unless it is there or another replica does it.

    Raises:
        StartupError: the schema is newer than this MLflow, or the upgrade failed, or another's takes too long.
    """
    revisions = installed_revisions()
    with engine.connect() as connection:
        if _is_current(connection, revisions):
            return
    with exclusive(engine, wait_seconds=wait_seconds) as connection:
        if _is_current(connection, revisions):
            return
        present = current_revision(connection)
        _log.info("Upgrading the schema from %s to %s.", present or "an empty database", revisions.head)
        _run_upgrade(engine.url.render_as_string(hide_password=False))
        _log.info("The schema is upgraded.")


def current_revision(connection: Connection) -> str | None:
    """The database's schema revision; None when MLflow has never been there."""
    if connection.scalar(text("SELECT to_regclass('alembic_version')")) is None:
        return None
    revision = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return None if revision is None else str(revision)


def _is_current(connection: Connection, revisions: Revisions) -> bool:
    present = current_revision(connection)
    if present is not None and present not in revisions.known:
        raise StartupError(
            f"The database has the schema {present}, which MLflow {version('mlflow')} does not know: a newer MLflow "
            "has upgraded it\n"
            "  fix: run an image with that MLflow or a newer one, or restore the backup from before the upgrade"
        )
    if present == revisions.head:
        _log.info("The schema is up to date (%s).", present)
        return True
    return False


def _run_upgrade(database_uri: str) -> None:
    # A process of its own: SIGTERM ends it at once, in the middle of a statement too, and its memory is given back. The
    # URI goes by the environment, as everyone on the machine can read a command line.
    command = [sys.executable, "-m", "tracking_server.upgrade"]
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
