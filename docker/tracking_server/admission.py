"""Limits what a single request takes of a worker: the size of its body, and how many of its kind run at a time.

A body is held in memory several times while it is parsed; a compressed one can grow a thousandfold. A search can keep
the database busy for as long as `statement_timeout` allows. Neither may take a task down or keep writers waiting:

- A body is read up to a limit before anything else sees it, and trace exports are decompressed up to the same limit.
  Artifacts are excepted: MLflow streams them.
- Large bodies are read and processed one at a time, and trace exports two at a time, as they run in threads of their
  own. Searches are marked, and run in a part of the places.
"""

from __future__ import annotations

import json
import math
import re
import zlib
from contextlib import AsyncExitStack
from contextvars import ContextVar

import anyio
from anyio.to_thread import run_sync

from tracking_server import traces
from tracking_server.asgi import App, Message, Receive, Send
from tracking_server.json_elements import COMMAS, ELEMENTS, has_more
from tracking_server.turns import ClientGoneError, turn

MAX_BODY_BYTES = 16 * 2**20
# From here on a body counts as large: its turn comes before the rest of it is read.
LARGE_BODY_BYTES = 2**20
# Until all of it, or so much that it is large, is there.
BODY_SECONDS = 120
# A client that sends a large body slowly loses its turn.
LARGE_BODY_SECONDS = 60
# Objects and lists in a body of JSON, and values: parsed, each object takes a few hundred bytes, whatever it takes as
# text, and each value eighty where its name is its own. A batch that MLflow accepts has under 10,000.
MAX_ELEMENTS = 200_000
CONCURRENT_TRACE_EXPORTS = 2
# The rest of a refused body is read for a while: a client, or a load balancer, that still sends reads no answer.
DISCARDED_BYTES = 64 * 2**20
DISCARD_SECONDS = 10
# The routes that MLflow streams (mlflow.server.artifact_router).
_ARTIFACT = re.compile(r"/(ajax-)?api/2\.0/mlflow-artifacts/artifacts/.+")
_TRACE_EXPORT = re.compile(r".*/v1/traces/?")
_SEARCH = re.compile(r".*(/search[a-z-]*|/get-history[a-z-]*|/query[a-z-]*|/graphql)/?")
# Whether the request that runs is a search. Threads that it runs in have it too.
IS_SEARCH: ContextVar[bool] = ContextVar("IS_SEARCH", default=False)
# zlib's `wbits` for each: gzip's header, zlib's, and none.
_WINDOW_BITS = {b"gzip": (16 + zlib.MAX_WBITS,), b"deflate": (zlib.MAX_WBITS, -zlib.MAX_WBITS)}


class RefusedError(Exception):
    """The request is not processed.

    Attributes:
        status: of the answer.
    """

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class Admission:
    """Lets requests through to `app` within these limits, with their bodies read and decompressed.

    Args:
        app: the application.
        max_body_bytes: the limit of a body.
    """

    def __init__(self, app: App, *, max_body_bytes: int = MAX_BODY_BYTES) -> None:
        self._app = app
        self._max_body_bytes = max_body_bytes
        self._max_export_bytes = min(max_body_bytes, traces.MAX_BYTES)
        self._large = anyio.CapacityLimiter(1)
        self._trace_exports = anyio.CapacityLimiter(CONCURRENT_TRACE_EXPORTS)
        self._unlimited = anyio.CapacityLimiter(math.inf)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        streamed = scope["type"] == "http" and scope["method"] == "PUT" and _ARTIFACT.fullmatch(scope["path"])
        if scope["type"] != "http" or streamed:
            await self._app(scope, receive, send)
            return
        is_export = _TRACE_EXPORT.fullmatch(scope["path"]) is not None
        # Always, as the next request on a connection may begin with what the one before has set.
        IS_SEARCH.set(_SEARCH.fullmatch(scope["path"]) is not None)
        incoming = _Incoming(receive)
        try:
            async with AsyncExitStack() as turns:
                body = await self._read(scope, incoming, turns, is_export=is_export)
                if body is None:
                    return
                scope, body = await self._plain(scope, body, is_export=is_export)

                async def answer(message: Message) -> None:
                    # What is left is up to the client, which may take its time.
                    await turns.aclose()
                    await send(message)

                await self._app(scope, replay(body, receive), answer)
        except ClientGoneError:
            return
        except RefusedError as refused:
            await _discard(incoming)
            await _refuse(send, refused)

    async def _read(
        self, scope: Message, receive: _Incoming, turns: AsyncExitStack, *, is_export: bool
    ) -> bytes | None:
        """The body; None where the client has gone. A large one takes its turn."""
        most = self._max_export_bytes if is_export else self._max_body_bytes
        told = _header(scope, b"content-length") or b"0"
        if told.isdigit() and int(told) > most:
            raise _too_large(most)
        # What a compressed body becomes is not known yet.
        large = LARGE_BODY_BYTES // 16 if is_export else LARGE_BODY_BYTES
        chunks: list[bytes] = []
        size, has_turn = 0, False
        with anyio.move_on_after(BODY_SECONDS) as patience:
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    return None
                chunk = message.get("body", b"")
                size += len(chunk)
                if size > most:
                    raise _too_large(most)
                chunks.append(chunk)
                if size >= large and not has_turn:
                    # Of a client that is still sending, it is known only when all is read whether it has gone.
                    waits = turn(self._large, receive) if receive.is_complete else self._large
                    patience.deadline = math.inf
                    await turns.enter_async_context(waits)
                    has_turn, patience.deadline = True, anyio.current_time() + LARGE_BODY_SECONDS
                if receive.is_complete:
                    break
        if patience.cancelled_caught:
            seconds = LARGE_BODY_SECONDS if has_turn else BODY_SECONDS
            raise RefusedError(408, f"The request's body took more than {seconds} s.")
        if is_export:
            await turns.enter_async_context(turn(self._trace_exports, receive))
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    async def _plain(self, scope: Message, body: bytes, *, is_export: bool) -> tuple[Message, bytes]:
        """The request with its body as it was before it was compressed."""
        encoding = _header(scope, b"content-encoding")
        if body and encoding not in (None, b"", b"identity"):
            if encoding not in _WINDOW_BITS or not is_export:
                raise RefusedError(415, "Only trace exports may be compressed, by gzip or deflate.")
            body = await run_sync(self._decompressed, body, encoding, limiter=self._unlimited)
            scope = {**scope, "headers": _of_plain_body(scope, len(body))}
        if is_export:
            await self._check_traces(scope, body)
        elif len(body) >= LARGE_BODY_BYTES and await run_sync(
            _has_too_many_elements, body, limiter=self._unlimited
        ):
            raise RefusedError(
                413, f"The request has more than {MAX_ELEMENTS} elements. Log in smaller batches."
            )
        return scope, body

    async def _check_traces(self, scope: Message, body: bytes) -> None:
        if not body:
            # As of a question for the route's methods.
            return
        # MLflow reads both, and refuses any other.
        media_type = (_header(scope, b"content-type") or b"").split(b";")[0].strip()
        is_json = media_type == b"application/json"
        check = traces.check_json if is_json else traces.check_protobuf
        try:
            if len(body) < LARGE_BODY_BYTES // 16:
                check(body)
            else:
                await run_sync(check, body, limiter=self._unlimited)
        except traces.TooManyError as error:
            raise RefusedError(413, f"The export has {error}. Export in smaller batches.") from None
        except ValueError as error:
            raise RefusedError(400, f"The body is no trace export: {error}.") from None

    def _decompressed(self, body: bytes, encoding: bytes) -> bytes:
        """What the export `body` decompresses to. gzip may have several members."""
        most = self._max_export_bytes
        for bits in _WINDOW_BITS[encoding]:
            plain, rest = b"", body
            try:
                while rest:
                    decompressor = zlib.decompressobj(bits)
                    plain += decompressor.decompress(rest, most + 1 - len(plain))
                    if len(plain) > most:
                        raise _too_large(most)
                    if not decompressor.eof:
                        break
                    rest = decompressor.unused_data
                else:
                    return plain
            except zlib.error:
                continue
        raise RefusedError(400, f"The request's body is not {encoding.decode()}.")


def _has_too_many_elements(body: bytes) -> bool:
    return has_more(body, ELEMENTS, MAX_ELEMENTS) or has_more(body, COMMAS, MAX_ELEMENTS)


def _too_large(most: int) -> RefusedError:
    return RefusedError(
        413,
        f"The request's body is over {most // 2**20} MiB, as sent or decompressed. "
        "Log in smaller batches, or as an artifact, which has no limit.",
    )


def _of_plain_body(scope: Message, size: int) -> list[tuple[bytes, bytes]]:
    gone = (b"content-encoding", b"content-length", b"transfer-encoding")
    kept = [(name, value) for name, value in scope["headers"] if name not in gone]
    return [*kept, (b"content-length", str(size).encode())]


def replay(body: bytes, receive: Receive) -> Receive:
    """Receives `body` once, then what the client does."""
    messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        return messages.pop() if messages else await receive()

    return replayed


def _header(scope: Message, name: bytes) -> bytes | None:
    return next((value.strip().lower() for given, value in scope["headers"] if given == name), None)


async def _refuse(send: Send, refused: RefusedError) -> None:
    """An error as MLflow writes them, so that its client shows the text."""
    body = json.dumps({"error_code": "INVALID_PARAMETER_VALUE", "message": str(refused)}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": refused.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class _Incoming:
    """What the client sends.

    Attributes:
        is_complete: nothing more comes of it.
    """

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self.is_complete = False

    async def __call__(self) -> Message:
        message = await self._receive()
        self.is_complete = message["type"] != "http.request" or not message.get("more_body", False)
        return message


async def _discard(incoming: _Incoming) -> None:
    size = 0
    with anyio.move_on_after(DISCARD_SECONDS):
        while size < DISCARDED_BYTES and not incoming.is_complete:
            size += len((await incoming()).get("body", b""))
