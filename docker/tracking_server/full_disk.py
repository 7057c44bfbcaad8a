"""What a request is answered when the task's disk is full: what is wrong and the way out, in place of a bare 500.

MLflow writes an artifact to the disk on its way between client and store. Both applications get an error handler, which
is their public interface (https://fastapi.tiangolo.com/tutorial/handling-errors/,
https://flask.palletsprojects.com/en/stable/errorhandling/).
"""

from __future__ import annotations

import errno
from typing import Any

STATUS = 507
# The names of MLflow's own errors (https://mlflow.org/docs/latest/api_reference/rest-api.html).
ANSWER = {
    "error_code": "RESOURCE_EXHAUSTED",
    "message": (
        "The disk of the server's task is full: files pass through it on their way to the artifact store. Send fewer "
        "or smaller files at a time; or have the tasks get more disk (service.ephemeral_storage_gib)."
    ),
}


def answer_when_the_disk_is_full(fastapi: Any, flask: Any) -> None:
    """Registers the handler with both; any other error of the operating system goes on as before."""
    from starlette.responses import JSONResponse

    async def in_fastapi(request: Any, error: Exception) -> JSONResponse:
        _raise_another(error)
        return JSONResponse(ANSWER, STATUS)

    def in_flask(error: Exception) -> tuple[dict[str, str], int]:
        _raise_another(error)
        return ANSWER, STATUS

    fastapi.add_exception_handler(OSError, in_fastapi)
    flask.register_error_handler(OSError, in_flask)


def _raise_another(error: Exception) -> None:
    if getattr(error, "errno", None) != errno.ENOSPC:
        raise error
