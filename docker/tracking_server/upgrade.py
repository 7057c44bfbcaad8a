"""`python -m tracking_server.upgrade`: `mlflow db upgrade`, the URI taken from the environment."""

from __future__ import annotations

import os
import sys

from mlflow.db import commands

from tracking_server.errors import one_line


def main() -> int:
    """The exit status: 0, or 1 with the reason in one line."""
    try:
        commands.main(args=["upgrade", os.environ["MLFLOW_BACKEND_STORE_URI"]], standalone_mode=False)
    except Exception as error:  # Whatever it is, it is shown without the URI in it and without a traceback.
        print(f"mlflow db upgrade: {type(error).__name__}: {one_line(error)}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
