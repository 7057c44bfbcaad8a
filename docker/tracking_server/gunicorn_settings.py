"""How gunicorn runs the server: `gunicorn -c python:tracking_server.gunicorn_settings`.

The first process loads the application, which takes seconds and 150 MiB, and forks the workers. They start at once,
also in place of one that died, and share that memory.

https://docs.gunicorn.org/en/stable/settings.html
"""

from __future__ import annotations

import faulthandler
import gc
import os
import signal
from pathlib import Path
from typing import Any

from tracking_server.config import read_config

# Loading the application makes a million objects, none of them garbage; looking for some takes a fifth of the time.
gc.disable()

_config = read_config(os.environ)

# Milliseconds. A search with hundreds of terms keeps the database busy for minutes, also when its client has gone. Set
# here, so that it is the server's only: jobs, upgrades and `mlflow gc` may take their time. Of an option that is there
# twice, the last one counts.
os.environ["PGOPTIONS"] = f"-c statement_timeout=30000 {os.environ.get('PGOPTIONS', '')}".strip()

bind = [f"[{_config.host}]:{_config.port}" if ":" in _config.host else f"{_config.host}:{_config.port}"]
workers = _config.workers
worker_class = "tracking_server.worker.TrackingWorker"
wsgi_app = "tracking_server.app:create_app()"
preload_app = True
keepalive = _config.keep_alive_seconds
graceful_timeout = _config.graceful_shutdown_seconds
# A worker whose event loop has not turned for so long is replaced; half a CPU needs a while under load.
timeout = 60
# Connections that wait for a worker while all are busy.
backlog = 2048
# Where the workers' heartbeats are: a disk that is slow would look like a worker that hangs.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None
accesslog = "-"
# Nobody manages the server from within its container.
control_socket_disable = True
proc_name = "tracking-server"


def on_starting(server: Any) -> None:
    """Before the first process listens: `mlflow server` has given another address, by which jobs reach this one."""
    server.cfg.set("bind", bind)


def post_fork(server: Any, worker: Any) -> None:
    """In each worker: the objects that all share are never garbage, and looking at them would copy their memory."""
    gc.freeze()
    gc.enable()


def post_worker_init(worker: Any) -> None:
    """In each worker, when it has taken its signals: shows where it hung, when gunicorn ends it for that."""
    faulthandler.enable()


# Until gunicorn has its own, while the application is loaded: process 1 ignores a signal that it has no handler for.
signal.signal(signal.SIGTERM, lambda number, frame: os._exit(128 + number))
