"""Limits what a single request takes of a worker: the size of its body, and how many of its kind run at a time.

A body is held in memory several times while it is parsed; a compressed one can grow a thousandfold. A search can keep
the database busy for as long as `statement_timeout` allows. Neither may take a task down or keep writers waiting:

- A body is read up to a limit before anything else sees it, and decompressed up to the same limit. Artifacts are
  excepted: MLflow streams them.
- Large bodies are processed one at a time, searches on half of the threads, and trace exports two at a time, as they
  run in threads of their own.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
from anyio.to_thread import run_sync

from tracking_server.asgi import App, Message, Receive, Send

MAX_BODY_BYTES = 16 * 2**20
# From here on a body counts as large.
LARGE_BODY_BYTES = 2**20
CONCURRENT_TRACE_EXPORTS = 2
_METHODS_WITH_A_BODY = ("POST", "PUT", "PATCH", "DELETE")
_ARTIFACT = re.compile(r".*/mlflow-artifacts/artifacts/.+")
_TRACE_EXPORT = re.compile(r".*/v1/traces/?")
_SEARCH = re.compile(r".*(/search[a-z-]*|/get-history[a-z-]*|/query[a-z-]*|/graphql)/?")
# How zlib is told of each: gzip's header, zlib's.
_WINDOW_BITS = {b"gzip": 16 + zlib.MAX_WBITS, b"deflate": zlib.MAX_WBITS}


class TooLargeError(Exception):
    """The body, or what it decompresses to, is over the limit."""


class Admission:
    """Lets requests through to `app` within these limits, with their bodies read and decompressed.

    Args:
        app: the application.
        threads: how many requests a worker runs at a time.
        max_body_bytes: the limit of a body.
    """

    def __init__(self, app: App, *, threads: int, max_body_bytes: int = MAX_BODY_BYTES) -> None:
        self._app = app
        self._max_body_bytes = max_body_bytes
        self._large = anyio.Semaphore(1)
        self._searches = anyio.Semaphore(max(1, threads // 2))
        self._trace_exports = anyio.Semaphore(CONCURRENT_TRACE_EXPORTS)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or _ARTIFACT.fullmatch(scope["path"]):
            await self._app(scope, receive, send)
        elif scope["method"] in _METHODS_WITH_A_BODY:
            await self._with_a_body(scope, receive, send)
        else:
            async with self._turn(scope["path"], size=0):
                await self._app(scope, receive, send)

    async def _with_a_body(self, scope: Message, receive: Receive, send: Send) -> None:
        try:
            body = await self._read(scope, receive)
            if body is None:
                return
            async with self._turn(scope["path"], size=len(body)):
                encoding = _header(scope, b"content-encoding")
                if encoding in _WINDOW_BITS:
                    plain = await run_sync(_decompressed, body, _WINDOW_BITS[encoding], self._max_body_bytes)
                    if plain is not None:
                        body, scope = plain, {**scope, "headers": _of_plain_body(scope, len(plain))}
                await self._app(scope, _replay(body, receive), send)
        except TooLargeError:
            await _refuse(send, self._max_body_bytes)

    async def _read(self, scope: Message, receive: Receive) -> bytes | None:
        """The body; None where the client has gone."""
        told = _header(scope, b"content-length") or b"0"
        if told.isdigit() and int(told) > self._max_body_bytes:
            raise TooLargeError
        chunks: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            chunk = message.get("body", b"")
            size += len(chunk)
            if size > self._max_body_bytes:
                raise TooLargeError
            chunks.append(chunk)
            if not message.get("more_body", False):
                return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    @asynccontextmanager
    async def _turn(self, path: str, *, size: int) -> AsyncIterator[None]:
        """Waits for the turn of a request, which for most is at once."""
        kinds = []
        if _TRACE_EXPORT.fullmatch(path):
            # Compressed or not: what it becomes is not known yet.
            kinds = (
                [self._trace_exports] if size < LARGE_BODY_BYTES // 16 else [self._large, self._trace_exports]
            )
        elif size >= LARGE_BODY_BYTES:
            kinds = [self._large]
        elif _SEARCH.fullmatch(path):
            kinds = [self._searches]
        for number, kind in enumerate(kinds):
            try:
                await kind.acquire()
            except BaseException:
                for taken in kinds[:number]:
                    taken.release()
                raise
        try:
            yield
        finally:
            for kind in reversed(kinds):
                kind.release()


def _decompressed(body: bytes, window_bits: int, limit: int) -> bytes | None:
    """What `body` decompresses to; None where it is not what it says, which MLflow tells the client.

    Raises:
        TooLargeError: it is more than `limit` bytes.
    """
    for bits in (window_bits, -zlib.MAX_WBITS) if window_bits == zlib.MAX_WBITS else (window_bits,):
        decompressor = zlib.decompressobj(bits)
        try:
            plain = decompressor.decompress(body, limit + 1)
        except zlib.error:
            continue
        if len(plain) > limit:
            raise TooLargeError
        if decompressor.eof:
            return plain
    return None


def _of_plain_body(scope: Message, size: int) -> list[tuple[bytes, bytes]]:
    gone = (b"content-encoding", b"content-length", b"transfer-encoding")
    kept = [(name, value) for name, value in scope["headers"] if name not in gone]
    return [*kept, (b"content-length", str(size).encode())]


def _replay(body: bytes, receive: Receive) -> Receive:
    """Receives `body` once, then what the client does."""
    messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        return messages.pop() if messages else await receive()

    return replayed


def _header(scope: Message, name: bytes) -> bytes | None:
    return next((value.strip().lower() for given, value in scope["headers"] if given == name), None)


async def _refuse(send: Send, limit: int) -> None:
    text = (
        f"The request's body is over {limit // 2**20} MiB, as sent or decompressed. Log in smaller batches, or as an "
        "artifact, which has no limit."
    )
    body = json.dumps({"error_code": "INVALID_PARAMETER_VALUE", "message": text}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        # What the client goes on sending is not read.
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body})
