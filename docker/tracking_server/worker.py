"""A worker process: uvicorn on uvloop and httptools, under gunicorn's supervision."""

from __future__ import annotations

from typing import Any, ClassVar

from uvicorn_worker import UvicornWorker

# uvicorn cancels what has not ended then; gunicorn kills the worker a moment later.
_MARGIN_SECONDS = 2


class TrackingWorker(UvicornWorker):  # type: ignore[misc]
    """Answers requests; each runs in one of a few threads.

    https://github.com/Kludex/uvicorn-worker
    """

    CONFIG_KWARGS: ClassVar[dict[str, Any]] = {
        "loop": "uvloop",
        "http": "httptools",
        "lifespan": "on",
        # A client must not choose the address that MLflow takes it for.
        "forwarded_allow_ips": "127.0.0.1",
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.config.timeout_graceful_shutdown = max(1, self.cfg.graceful_timeout - _MARGIN_SECONDS)
