"""A worker process: uvicorn on uvloop and httptools, under gunicorn's supervision."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from typing import Any, ClassVar

from gunicorn.arbiter import Arbiter
from uvicorn_worker import UvicornWorker

from tracking_server.config import read_config
from tracking_server.leaving import Leaving, LeavingServer
from tracking_server.sign_in import HEALTH

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

    async def _serve(self) -> None:
        config = read_config(os.environ)
        left = max(1, self.cfg.graceful_timeout - _MARGIN_SECONDS)
        delay = min(config.shutdown_delay_seconds, left - 1)
        self.config.timeout_graceful_shutdown = left - delay
        app = Leaving(self.wsgi, health_path=f"{config.static_prefix}{HEALTH}")
        self.config.app = app
        server = LeavingServer(self.config, app=app, delay_seconds=delay)

        def quit_at_once() -> None:
            server.should_exit = server.force_exit = True

        # What gunicorn sends for SIGINT and SIGQUIT; the handler of its own class only sets what nobody reads.
        asyncio.get_running_loop().add_signal_handler(signal.SIGQUIT, quit_at_once)
        await server.serve(sockets=self.sockets)
        if not server.started:
            sys.exit(Arbiter.WORKER_BOOT_ERROR)
