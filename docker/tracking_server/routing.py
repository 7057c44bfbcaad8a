"""MLflow's two applications side by side: FastAPI for the routes it has, Flask for all others.

MLflow mounts its Flask application at the end of its FastAPI application, behind two middlewares for workspaces and the
gateway. Most requests are Flask's; here they go there directly, behind the same security middlewares. Both applications
are MLflow's own objects, and nothing of them is changed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from enum import Enum, auto
from functools import lru_cache
from typing import Any

import anyio
from anyio.to_thread import run_sync
from starlette.routing import Match, Mount

from tracking_server.admission import IS_SEARCH, replay
from tracking_server.asgi import App, Message, Receive, Send
from tracking_server.environ import wsgi_environ
from tracking_server.places import Places
from tracking_server.turns import ClientGoneError, has_gone, turn

# Paths whose application is remembered, for each worker.
REMEMBERED_PATHS = 4096
# A longer path has a part that the client chose, such as an artifact's.
REMEMBERED_CHARACTERS = 128
# The routes that MLflow streams.
ARTIFACTS = r"/(?:ajax-)?api/2\.0/mlflow-artifacts/artifacts/.+"
# FastAPI's routes that run in threads, and have sessions of the database there: `def`, not `async def`, in MLflow.
IN_THREAD = re.compile(r".*/(?:ajax-)?api/3\.0/(?:jobs|mlflow/mcp-servers)(?:/.*)?")
# An answer up to this size is produced in one go by the thread that runs the request.
WHOLE_ANSWER_BYTES = 1 << 20


class Target(Enum):
    """What takes a request; some of FastAPI's routes run in a thread of AnyIO's."""

    FLASK = auto()
    FASTAPI = auto()
    FASTAPI_IN_THREAD = auto()


class Dispatch:
    """Sends a request to the FastAPI application where one of its own routes takes it, else to `flask`.

    Args:
        fastapi: MLflow's FastAPI application, which has the Flask application as a mount at `/`.
        flask: the Flask application, as an ASGI application.
        places: in which requests run. Those of FastAPI's routes that run in a thread take one too: they use the same
            connections.
        static_prefix: a path that everything is below. MLflow streams artifacts without it only.
    """

    def __init__(self, fastapi: Any, flask: App, *, places: Places, static_prefix: str = "") -> None:
        self._fastapi = fastapi
        self._artifacts = re.compile(f"{re.escape(static_prefix)}({ARTIFACTS})") if static_prefix else None
        self._flask = flask
        self._places = places
        routes = [route for route in fastapi.routes if not (isinstance(route, Mount) and not route.path)]

        def target(path: str) -> Target:
            scope = {"type": "http", "method": "GET", "path": path, "root_path": "", "headers": []}
            if all(route.matches(scope)[0] is Match.NONE for route in routes):
                return Target.FLASK
            return Target.FASTAPI_IN_THREAD if IN_THREAD.fullmatch(path) else Target.FASTAPI

        self._target: Callable[[str], Target] = target
        self._remembered: Callable[[str], Target] = lru_cache(maxsize=REMEMBERED_PATHS)(target)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        target = Target.FASTAPI if scope["type"] != "http" else self._target_of(scope["path"])
        if target is Target.FLASK:
            await self._flask(scope, receive, send)
        elif target is Target.FASTAPI:
            await self._fastapi(scope, receive, send)
        elif (body := await read_body(receive)) is not None:
            with suppress(ClientGoneError):
                async with turn(self._places.lane(is_search=IS_SEARCH.get()), receive):
                    await self._fastapi(scope, replay(body, receive), send)

    def _target_of(self, path: str) -> Target:
        return (self._remembered if len(path) <= REMEMBERED_CHARACTERS else self._target)(path)

    def without_prefix(self, scope: Message) -> Message:
        """The request as MLflow's routes for artifacts want it; any other as it is."""
        found = (
            self._artifacts.fullmatch(scope["path"]) if self._artifacts and scope["type"] == "http" else None
        )
        return {**scope, "path": found[1], "raw_path": found[1].encode()} if found else scope


class FlaskApplication:
    """A WSGI application as an ASGI application.

    A thread is held while the application computes, never while a client sends or reads: the request's body is read
    before, and an answer of more than `WHOLE_ANSWER_BYTES` is produced chunk by chunk, as the client takes it. For a
    client that has gone, nothing is begun.

    Args:
        wsgi: the application (https://peps.python.org/pep-3333/).
        places: in which requests run.
    """

    def __init__(self, wsgi: Callable[..., Iterable[bytes]], places: Places) -> None:
        self._wsgi = wsgi
        self._places = places
        # The turn for a thread is taken before.
        self._unlimited = anyio.CapacityLimiter(math.inf)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        body = await read_body(receive)
        if body is None:
            return
        with suppress(ClientGoneError):
            await self._answer(wsgi_environ(scope, body), receive, send)

    async def _answer(self, environ: dict[str, Any], receive: Receive, send: Send) -> None:
        lane = self._places.lane(is_search=IS_SEARCH.get())
        async with turn(lane, receive):
            answer = await run_sync(_Answer, self._wsgi, environ, limiter=self._unlimited)
        try:
            await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
            while not answer.is_complete:
                await send({"type": "http.response.body", "body": answer.chunk, "more_body": True})
                if await has_gone(receive):
                    return
                async with turn(lane, receive):
                    await run_sync(answer.read, limiter=self._unlimited)
            await send({"type": "http.response.body", "body": answer.chunk})
        finally:
            if not answer.is_complete:
                await run_sync(answer.close, limiter=self._unlimited)


class _Answer:
    """What the application answers to one request. Every method runs in a worker thread.

    Attributes:
        status, headers: as ASGI has them.
        chunk: the part of the body that was read last.
        is_complete: `chunk` is the last part.
    """

    def __init__(self, wsgi: Callable[..., Iterable[bytes]], environ: dict[str, Any]) -> None:
        self._started: list[Any] = []
        self._written: list[bytes] = []
        self._iterable = wsgi(environ, self._start)
        self._iterator: Iterator[bytes] = iter(self._iterable)
        self.chunk = b""
        self.is_complete = False
        try:
            self.read()
            status, headers = self._started
        except BaseException:
            self.close()
            raise
        self.status = int(status.split(" ", 1)[0])
        self.headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]

    def _start(self, status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
        self._started = [status, headers]
        return lambda part: self._written.append(part)

    def read(self) -> None:
        """Reads the next part of the body."""
        parts, size = self._written, 0
        self._written = []
        for part in self._iterator:
            parts.append(part)
            size += len(part)
            if size >= WHOLE_ANSWER_BYTES:
                break
        else:
            self.close()
        self.chunk = parts[0] if len(parts) == 1 else b"".join(parts)

    def close(self) -> None:
        self.is_complete = True
        if close := getattr(self._iterable, "close", None):
            close()


async def read_body(receive: Receive) -> bytes | None:
    """The request's body; None where the client has gone."""
    chunks: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        chunks.append(message.get("body", b""))
        if not message.get("more_body", False):
            return chunks[0] if len(chunks) == 1 else b"".join(chunks)
