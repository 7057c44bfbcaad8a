"""The server's application: MLflow, behind the sign-in where there is one.

It is registered as an MLflow app (https://mlflow.org/docs/latest/plugins): `mlflow server --app-name tracking-server`
serves the same application.
"""

from __future__ import annotations

import asyncio
import os
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import anyio.to_thread

from tracking_server.admission import Admission
from tracking_server.asgi import App, Message, Receive, Send
from tracking_server.config import Config, read_config
from tracking_server.passwords import Passwords, users_verify
from tracking_server.places import Places
from tracking_server.sign_in import HEALTH, guarded
from tracking_server.sign_in_config import PASSWORD
from tracking_server.users import with_users

# The module of MLflow's own log-in is for a server that uses it. Each search of runs tries to import it, and a thread
# that meets the half-imported module answers 500. With None in its place every attempt fails at once
# (https://docs.python.org/3/reference/import.html#the-module-cache).
ABSENT = "mlflow.server.auth"

# Transfers of artifacts that a worker does at a time; each waits for S3 more than it computes.
TRANSFERS = 16


def create_app() -> App:
    """The application; every module, store and statement that requests need is loaded.

    Raises:
        ConfigError: the environment is not usable.
    """
    config = read_config(os.environ)
    # gunicorn puts the working directory first, which can be written to.
    sys.path[:] = [path for path in sys.path if path not in ("", os.getcwd())]
    flask, fastapi, headers = _applications(config)

    from tracking_server.full_disk import answer_when_the_disk_is_full
    from tracking_server.routing import Dispatch, FlaskApplication
    from tracking_server.slow_searches import answer_slow_searches
    from tracking_server.warm_up import warm_up

    answer_slow_searches()
    answer_when_the_disk_is_full(fastapi, flask)
    warm_up(flask, headers)
    # A request may hold two connections to the database. With more requests at a time than connections, all of them can
    # be held by requests that wait for one more, until they time out.
    places = Places(config.threads, searches=(config.threads + 1) // 2)
    dispatch = Dispatch(
        fastapi,
        FlaskApplication(flask.wsgi_app, places),
        places=places,
        static_prefix=config.static_prefix,
    )
    admitted = Admission(dispatch)

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await admitted(dispatch.without_prefix(scope), receive, send)

    return BoundedThreads(_behind_sign_in(app, config), threads=config.threads)


def _applications(config: Config) -> tuple[Any, Any, dict[str, str]]:
    """MLflow's applications, Flask's and FastAPI's, and the headers of a request that they answer."""
    # Here, as it takes seconds.
    from mlflow.server import app as flask

    with warnings.catch_warnings():
        # MLflow imports a module of Starlette's that is deprecated, for an application that gets no request here.
        warnings.filterwarnings("ignore", "starlette.middleware.wsgi is deprecated")
        if config.sign_in_mode == PASSWORD:
            return flask, *with_users(flask)
        sys.modules[ABSENT] = None  # type: ignore[assignment]
        from mlflow.server.fastapi_app import app as fastapi
    return flask, fastapi, {}


def _behind_sign_in(app: App, config: Config) -> App:
    open_path = config.static_prefix + HEALTH
    if config.sign_in:
        return guarded(app, config.sign_in, open_path=open_path)
    if config.sign_in_mode == PASSWORD:
        return Passwords(app, verify=users_verify(), open_path=open_path, proxies=config.proxies)
    return app


class BoundedThreads:
    """Bounds the threads that MLflow's FastAPI application runs some of its own requests in.

    Args:
        app: the application.
        threads: at most that many at a time.
    """

    def __init__(self, app: App, *, threads: int) -> None:
        self._app = app
        self._threads = threads

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            # The limiter belongs to the event loop, which runs only now.
            anyio.to_thread.current_default_thread_limiter().total_tokens = self._threads
            # MLflow runs transfers of artifacts and trace exports in these.
            asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(TRANSFERS, "transfer"))
        await self._app(scope, receive, send)
