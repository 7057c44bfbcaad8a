"""A worker process: uvicorn on uvloop and httptools, under gunicorn's supervision."""

from __future__ import annotations

import os
from typing import Any, ClassVar

from uvicorn_worker import UvicornWorker

from tracking_server.config import read_config

# uvicorn cancels what has not ended then; gunicorn kills the worker a moment later.
_MARGIN_SECONDS = 2


class TrackingWorker(UvicornWorker):  # type: ignore[misc]
    """Answers requests; each runs in one of a few threads.

    https://github.com/Kludex/uvicorn-worker
    """

    CONFIG_KWARGS: ClassVar[dict[str, Any]] = {"loop": "uvloop", "http": "httptools", "lifespan": "on"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        graceful = read_config(os.environ).graceful_shutdown_seconds
        self.config.timeout_graceful_shutdown = max(1, graceful - _MARGIN_SECONDS)
