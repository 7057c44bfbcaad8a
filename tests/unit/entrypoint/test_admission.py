"""What a single request may take of a worker."""

from __future__ import annotations

import asyncio
import gzip
import json
import zlib
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from tracking_server import admission, traces
from tracking_server.admission import IS_SEARCH, LARGE_BODY_BYTES, MAX_ELEMENTS, Admission
from tracking_server.traces import MAX_JSON_ELEMENTS, MAX_MESSAGES

LIMIT = 4 * 2**20
JSON = "/api/2.0/mlflow/runs/log-batch"
SEARCH = "/api/2.0/mlflow/runs/search"
TRACES = "/v1/traces"
# Exports of traces whose one field is none that is known.
SPANS = b"\xfa\x01\x05spans"
ARTIFACT = "/api/2.0/mlflow-artifacts/artifacts/model/weights"


class Seen:
    """An application that keeps what it was given, and how many requests were in it at once."""

    def __init__(self) -> None:
        self.looked: Any = None
        self.bodies: list[bytes] = []
        self.headers: list[dict[bytes, bytes]] = []
        self.now = 0
        self.most = 0
        self.go_on = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.now += 1
        self.most = max(self.most, self.now)
        body = b""
        while (message := await receive())["type"] == "http.request":
            body += message["body"]
            if not message.get("more_body"):
                break
        self.bodies.append(body)
        self.headers.append(dict(scope["headers"]))
        await self.go_on.wait()
        self.now -= 1
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})


class Exchange:
    """One request and the answer to it."""

    def __init__(
        self,
        path: str,
        chunks: Sequence[bytes],
        *,
        method: str = "POST",
        headers: Sequence[tuple[bytes, bytes]] = (),
    ) -> None:
        self.scope = {"type": "http", "method": method, "path": path, "headers": list(headers)}
        self._chunks = list(chunks)
        self.sent: list[dict[str, Any]] = []
        self.gone = asyncio.Event()

    async def receive(self) -> dict[str, Any]:
        if not self._chunks:
            await self.gone.wait()
            return {"type": "http.disconnect"}
        body = self._chunks.pop(0)
        return {"type": "http.request", "body": body, "more_body": bool(self._chunks)}

    async def send(self, message: dict[str, Any]) -> None:
        self.sent.append(message)

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])


async def as_far_as_it_can() -> None:
    for _ in range(200):
        await asyncio.sleep(0)
    await asyncio.sleep(0.02)


def serve(*exchanges: Exchange, looks: Callable[[], Any] = lambda: None, limit: int = LIMIT) -> Seen:
    """All of them at once, until each has its answer; `looks` looks while as many as may are being processed."""

    async def run() -> Seen:
        app = Seen()
        admission: Any = Admission(app, max_body_bytes=limit)
        tasks = [asyncio.create_task(admission(one.scope, one.receive, one.send)) for one in exchanges]
        # Long enough for each to come as far as it can: nothing here waits for a clock, and little for a thread.
        await as_far_as_it_can()
        app.looked = looks()
        await as_far_as_it_can()
        app.go_on.set()
        # Nobody waits for a client that has sent all it has.
        async with asyncio.timeout(5):
            await asyncio.gather(*tasks)
        return app

    return asyncio.run(run())


def body_of(path: str, size: int, letter: bytes = b"a") -> bytes:
    """Of this size at least, as its route wants it."""
    return b"\xfa\x01" + varint(size) + letter * size if path == TRACES else letter * size


def varint(value: int) -> bytes:
    """A number as protobuf writes it."""
    return bytes([value]) if value < 0x80 else bytes([value & 0x7F | 0x80]) + varint(value >> 7)


def length(body: bytes) -> tuple[bytes, bytes]:
    return b"content-length", str(len(body)).encode()


def test_a_body_within_the_limit_arrives_as_it_was_sent() -> None:
    exchange = Exchange(JSON, [b"a" * LIMIT])

    app = serve(exchange)

    assert (exchange.status, app.bodies) == (200, [b"a" * LIMIT])


@pytest.mark.parametrize("told", [True, False], ids=["with its length", "in chunks of unknown number"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        *(
            (method, JSON)
            for method in ("POST", "PUT", "PATCH", "DELETE", "GET", "HEAD", "OPTIONS", "SEARCH")
        ),
        ("POST", TRACES),
        ("POST", ARTIFACT),
        ("PUT", f"/nowhere{ARTIFACT}"),
        ("POST", "/api/3.0/mlflow/mcp-servers/a/mlflow-artifacts/artifacts/b/versions"),
    ],
)
def test_body_over_the_limit_is_refused_first(method: str, path: str, told: bool) -> None:
    body = b"a" * (LIMIT + 1)
    chunks = [body[:LIMIT], body[LIMIT:]]
    exchange = Exchange(path, chunks, method=method, headers=[length(body)] if told else [])

    app = serve(exchange)

    assert (exchange.status, app.bodies) == (413, [])
    assert json.loads(exchange.sent[1]["body"])["error_code"] == "INVALID_PARAMETER_VALUE"
    assert "over 4 MiB" in json.loads(exchange.sent[1]["body"])["message"]


def raw_deflate(body: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return compressor.compress(body) + compressor.flush()


@pytest.mark.parametrize(
    ("encoding", "compress"),
    [
        (b"gzip", gzip.compress),
        (b"GZIP", gzip.compress),
        (b"deflate", zlib.compress),
        (b"deflate", raw_deflate),
    ],
)
def test_a_compressed_body_arrives_decompressed(encoding: bytes, compress: Callable[[bytes], bytes]) -> None:
    sent = compress(SPANS)
    exchange = Exchange(TRACES, [sent], headers=[length(sent), (b"content-encoding", encoding)])

    app = serve(exchange)

    assert app.bodies == [SPANS]
    assert app.headers == [{b"content-length": str(len(SPANS)).encode()}]


@pytest.mark.parametrize(
    ("encoding", "compress"), [(b"gzip", gzip.compress), (b"deflate", zlib.compress)], ids=["gzip", "deflate"]
)
def test_a_small_body_that_grows_over_the_limit_is_refused(
    encoding: bytes, compress: Callable[[bytes], bytes]
) -> None:
    exchange = Exchange(TRACES, [compress(bytes(LIMIT + 1))], headers=[(b"content-encoding", encoding)])

    app = serve(exchange)

    assert (exchange.status, app.bodies) == (413, [])


def test_a_trace_export_has_a_limit_of_its_own() -> None:
    export = body_of(TRACES, traces.MAX_BYTES)
    exchange = Exchange(TRACES, [export[: len(export) // 2], export[len(export) // 2 :]])

    app = serve(exchange, limit=2 * traces.MAX_BYTES)

    assert (exchange.status, app.bodies) == (413, [])


def test_every_member_of_a_compressed_body_arrives() -> None:
    sent = gzip.compress(SPANS) + gzip.compress(SPANS)

    assert serve(Exchange(TRACES, [sent], headers=[(b"content-encoding", b"gzip")])).bodies == [SPANS * 2]


def reserved_flag(body: bytes) -> bytes:
    """A header that zlib refuses, and that Python's gzip accepts."""
    return body[:3] + bytes([body[3] | 0x20]) + body[4:]


@pytest.mark.parametrize(
    ("path", "encoding", "body", "status"),
    [
        (TRACES, b"gzip", b"no gzip", 400),
        (TRACES, b"gzip", gzip.compress(SPANS)[:-4], 400),
        (TRACES, b"gzip", reserved_flag(gzip.compress(SPANS)), 400),
        (TRACES, b"br", b"spans", 415),
        (JSON, b"gzip", gzip.compress(b"{}"), 415),
    ],
    ids=["other bytes", "cut off", "reserved flag", "other encoding", "other route"],
)
def test_undecodable_body_is_refused(path: str, encoding: bytes, body: bytes, status: int) -> None:
    exchange = Exchange(path, [body], headers=[(b"content-encoding", encoding)])

    app = serve(exchange)

    assert (exchange.status, app.bodies) == (status, [])


@pytest.mark.parametrize("element", [b"{}", b"0", b'"a, b"'], ids=["objects", "numbers", "texts"])
def test_a_body_of_very_many_elements_is_refused(element: bytes) -> None:
    body = b"[" + (element + b",") * (MAX_ELEMENTS + 1) + element + b"]"
    exchange = Exchange(JSON, [body + b" " * LARGE_BODY_BYTES])

    app = serve(exchange)

    assert (exchange.status, app.bodies) == (413, [])


def test_waiting_large_bodies_use_little_memory() -> None:
    first, *others = [Exchange(JSON, [b"a" * 2**20, b"a" * 2**20, b"a"]) for _ in range(8)]

    app = serve(first, *others, looks=lambda: [len(one._chunks) for one in others])

    assert app.looked == [2] * 7, "one chunk was read of each"
    assert [exchange.status for exchange in (first, *others)] == [200] * 8


def test_an_artifact_has_no_limit() -> None:
    body = b"a" * (LIMIT + 1)
    exchange = Exchange(ARTIFACT, [body], method="PUT", headers=[length(body)])

    assert serve(exchange).bodies == [body]


@pytest.mark.parametrize(
    ("path", "size", "most"),
    [(JSON, 10, 12), (JSON, 2 * 2**20, 1), (TRACES, 10, 2), (TRACES, 2**20, 1)],
)
def test_how_many_of_a_kind_run_at_a_time(path: str, size: int, most: int) -> None:
    exchanges = [Exchange(path, [body_of(path, size)]) for _ in range(12)]

    app = serve(*exchanges)

    assert app.most == most
    assert [exchange.status for exchange in exchanges] == [200] * 12


@pytest.mark.parametrize(
    ("path", "size", "most"), [(TRACES, 10, 2), (JSON, 2 * 2**20, 1), (TRACES, 2**20, 1)]
)
def test_a_client_that_does_not_wait_for_its_turn_costs_none(path: str, size: int, most: int) -> None:
    # Given requests of which as many run as may, and two that wait
    running = [Exchange(path, [body_of(path, size, b"a")]) for _ in range(most)]
    gone, waiting = (Exchange(path, [body_of(path, size, letter)]) for letter in (b"b", b"c"))

    # When the client of one of the two goes, and of one that runs
    def go() -> None:
        gone.gone.set()
        running[0].gone.set()

    app = serve(*running, gone, waiting, looks=go)

    # Then only the request of the former was not run
    assert sorted(body[-1:] for body in app.bodies) == [b"a"] * most + [b"c"]
    assert ([one.status for one in (*running, waiting)], gone.sent) == ([200] * (most + 1), [])


def test_a_client_that_is_slow_to_take_its_answer_keeps_no_turn() -> None:
    async def run() -> list[int]:
        taken = asyncio.Event()

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await receive()
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b""})

        async def slowly(message: Any) -> None:
            await taken.wait()
            slow.sent.append(message)

        admitted: Any = Admission(app)
        slow, other = (Exchange(JSON, [b"a" * 2 * 2**20]) for _ in range(2))
        first = asyncio.create_task(admitted(slow.scope, slow.receive, slowly))
        await as_far_as_it_can()
        async with asyncio.timeout(5):
            await admitted(other.scope, other.receive, other.send)
            taken.set()
            await first
        return [slow.status, other.status]

    assert asyncio.run(run()) == [200, 200]


def test_a_body_that_does_not_come_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "BODY_SECONDS", 0.05)
    monkeypatch.setattr(admission, "DISCARD_SECONDS", 0.01)

    async def run() -> Exchange:
        stalled = Exchange(JSON, [b"a", b"b"])
        stalls: Any = Admission(Seen())

        async def receive() -> Any:
            if len(stalled._chunks) == 2:
                return await stalled.receive()
            return await asyncio.Event().wait()

        async with asyncio.timeout(5):
            await stalls(stalled.scope, receive, stalled.send)
        return stalled

    assert asyncio.run(run()).status == 408


def test_client_that_disconnects_while_sending_costs_nothing() -> None:
    exchange = Exchange(JSON, [])
    exchange.gone.set()

    assert (serve(exchange).bodies, exchange.sent) == ([], [])


@pytest.mark.parametrize(("path", "is_search"), [(SEARCH, True), (JSON, False), (TRACES, False)])
def test_a_search_is_known_as_one_in_its_threads(path: str, is_search: bool) -> None:
    seen = []

    async def behind(scope: Any, receive: Any, send: Any) -> None:
        seen.append(await asyncio.to_thread(IS_SEARCH.get))

    async def run() -> None:
        # As after a request on the same connection that was one, or was none
        IS_SEARCH.set(not is_search)
        exchange = Exchange(path, [body_of(path, 2)])
        app: Any = behind
        admission: Any = Admission(app)
        await admission(exchange.scope, exchange.receive, exchange.send)

    asyncio.run(run())

    assert seen == [is_search]


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        (b"application/x-protobuf", b"\x0a\x00", 200),
        (b"application/x-protobuf", b"\x0a\x00" * (MAX_MESSAGES + 1), 413),
        (b"application/x-protobuf", b"{}", 400),
        (b"application/json; charset=utf-8", b"{}", 200),
        (b"application/json", b"\x0a\x00", 400),
        (b"application/json", b"[" + b"{}," * MAX_JSON_ELEMENTS + b"{}]", 413),
    ],
)
def test_a_trace_export_is_counted_before_it_is_parsed(content_type: bytes, body: bytes, status: int) -> None:
    # As it is, and decompressed
    plain = Exchange(TRACES, [body], headers=[(b"content-type", content_type)])
    headers = [(b"content-type", content_type), (b"content-encoding", b"gzip")]
    compressed = Exchange(TRACES, [gzip.compress(body)], headers=headers)

    app = serve(plain, compressed)

    assert (plain.status, compressed.status, len(app.bodies)) == (status, status, 2 * (status == 200))
