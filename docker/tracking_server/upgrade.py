"""`python -m tracking_server.upgrade tracking|users`: upgrades a schema of MLflow's.

The URI is taken from the environment. For `tracking` it is `mlflow db upgrade`.
"""

from __future__ import annotations

import os
import sys

from tracking_server.errors import one_line
from tracking_server.schema import TRACKING_SCHEMA


def main(schema: str) -> int:
    """The exit status: 0, or 1 with the reason in one line."""
    uri = os.environ["MLFLOW_BACKEND_STORE_URI"]
    try:
        if schema == TRACKING_SCHEMA.upgrade:
            from mlflow.db import commands

            commands.main(args=["upgrade", uri], standalone_mode=False)
        else:
            from mlflow.server.auth.db.utils import migrate
            from sqlalchemy import create_engine

            migrate(create_engine(uri), "head")
    except Exception as error:  # Whatever it is, it is shown without the URI in it and without a traceback.
        print(f"mlflow db upgrade ({schema}): {type(error).__name__}: {one_line(error)}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
