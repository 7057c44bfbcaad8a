"""`python -m tracking_server.relocate`: artifacts that clients once wrote to S3 themselves go through the server.

A server with `--default-artifact-root s3://bucket` gave each experiment a location there, from which its runs and
models have theirs: clients go to that address with AWS credentials of their own, whatever the server does now. The same
objects by `mlflow-artifacts:/`, which is MLFLOW_ARTIFACTS_DESTINATION, need none. Nothing in S3 is touched.

https://mlflow.org/docs/latest/self-hosting/architecture/artifact-store/
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass

from sqlalchemy import Connection, text

from tracking_server.config import ConfigError, read_config
from tracking_server.database import open_engine
from tracking_server.errors import one_line

SERVED = "mlflow-artifacts:"
BAD_CONFIGURATION = 2
FAILED = 1
USAGE = "usage: python -m tracking_server.relocate [--apply]"


@dataclass(frozen=True)
class Location:
    """Where MLflow keeps addresses of artifacts.

    Attributes:
        table, column: in the database.
        only: of which rows, in SQL.
    """

    table: str
    column: str
    only: str = "TRUE"


LOCATIONS = (
    Location("experiments", "artifact_location"),
    Location("runs", "artifact_uri"),
    Location("logged_models", "artifact_location"),
    Location("model_versions", "source"),
    Location("model_versions", "storage_location"),
    Location("trace_tags", "value", only="key = 'mlflow.artifactLocation'"),
)


def relocate(connection: Connection, root: str) -> dict[Location, int]:
    """Changes every address at or below `root`, such as `s3://bucket`, into the one that the server serves."""
    changed: dict[Location, int] = {}
    for location in LOCATIONS:
        table, column = location.table, location.column
        done = connection.execute(
            text(
                f"UPDATE {table} SET {column} = "
                f"CASE WHEN {column} = :root THEN :served || '/' "
                f"ELSE :served || substr({column}, length(:root) + 1) END "
                f"WHERE ({column} = :root OR starts_with({column}, :root || '/')) AND {location.only}"
            ),
            {"root": root, "served": SERVED},
        )
        changed[location] = done.rowcount
    return changed


def main(arguments: list[str]) -> int:
    """The exit status. Without `--apply` it only counts."""
    if arguments not in ([], ["--apply"]):
        print(USAGE, file=sys.stderr)
        return BAD_CONFIGURATION
    try:
        config = read_config(os.environ)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return BAD_CONFIGURATION
    if config.artifacts_destination is None:
        print("MLFLOW_ARTIFACTS_DESTINATION is not set: the server serves no artifacts.", file=sys.stderr)
        return BAD_CONFIGURATION
    root = config.artifacts_destination.rstrip("/")
    try:
        with open_engine(config.database).connect() as connection:
            changed = relocate(connection, root)
            if arguments:
                connection.commit()
            else:
                connection.rollback()
    except Exception as error:  # Whatever it is, the transaction is gone with the connection.
        print(f"Nothing was changed: {type(error).__name__}: {one_line(error)}", file=sys.stderr)
        return FAILED
    for location, count in changed.items():
        print(f"{location.table}.{location.column}: {count}")
    count = sum(changed.values())
    if arguments:
        print(f"{count} addresses below {root} are below {SERVED}/ now.")
    else:
        print(
            f"{count} addresses below {root} would be below {SERVED}/. Nothing was changed: --apply does it."
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
