"""`python -m tracking_server.healthcheck`: exits 0 when the server of this container answers, 1 with a reason when not.

Only the standard library, as it starts every few seconds.
"""

from __future__ import annotations

import http.client
import os
import sys
from collections.abc import Mapping

TIMEOUT_SECONDS = 4.0
_ANY_ADDRESS = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}


def check(environ: Mapping[str, str]) -> str | None:
    """None when `/health` answers 200, else the reason in one line."""
    host = environ.get("MLFLOW_HOST", "").strip()
    host = _ANY_ADDRESS.get(host, host)
    port = environ.get("MLFLOW_PORT", "").strip() or "5000"
    path = environ.get("MLFLOW_STATIC_PREFIX", "").strip() + "/health"
    try:
        connection = http.client.HTTPConnection(host, int(port), timeout=TIMEOUT_SECONDS)
        try:
            connection.request("GET", path)
            status = connection.getresponse().status
        finally:
            connection.close()
    except (OSError, ValueError, http.client.HTTPException) as error:
        return f"http://{host}:{port}{path} does not answer: {error or type(error).__name__}"
    return None if status == http.client.OK else f"http://{host}:{port}{path} answers {status}"


if __name__ == "__main__":
    sys.exit(check(os.environ))
