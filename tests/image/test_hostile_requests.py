"""Requests that are made to do harm, beside clients that log: the clients lose nothing, and no process is replaced."""

from __future__ import annotations

import gzip
import http.client
import itertools
import json
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.image.replica import Replica
from tests.image.task import Task
from tests.load.sampling import sampled

WRITERS = 16
HOSTILE = 32
SECONDS = 12
# A hostile client that waits for an answer gives up then.
PATIENCE_SECONDS = 5
LIMIT = 16 * 2**20
API = "/api/2.0/mlflow"
LOG_BATCH = f"{API}/runs/log-batch"
SEARCH = f"{API}/runs/search"
TRACES = "/v1/traces"
_JSON = {"Content-Type": "application/json"}
_PROTOBUF = {"Content-Type": "application/x-protobuf", "x-mlflow-experiment-id": "0"}


def field(number: int, content: bytes) -> bytes:
    """A field of protobuf with bytes, or with another message."""
    length, size = b"", len(content)
    while size > 0x7F:
        length, size = length + bytes([size & 0x7F | 0x80]), size >> 7
    return bytes([number << 3 | 2]) + length + bytes([size]) + content


def search(**changes: Any) -> bytes:
    return json.dumps({"experiment_ids": ["0"], "max_results": 50_000, **changes}).encode()


def graphql(query: str) -> bytes:
    return json.dumps({"query": query}).encode()


def to_size(body: bytes, size: int = LIMIT) -> bytes:
    return body + b" " * (size - len(body))


def hostile_requests() -> dict[str, tuple[str, str, dict[str, str], bytes]]:
    """Method, path, headers and body of each, by what it is."""
    run = '{ mlflowGetRun(input: {runId: "none"}) { apiError { code message } } }'
    deep = "{ mlflowGetRun(input: {runId: %s}) { apiError { code } } }" % ('{a: "' * 2000)
    aliases = "{" + " ".join(f"a{number}: {run[2:-2]}" for number in range(500)) + "}"
    empty_spans = [
        field(1, field(2, b"\x12\x00" * (size // 2))) for size in (2**20, 4 * 2**20 - 64, LIMIT - 64)
    ]
    spans = field(1, field(2, (field(2, field(1, b"\x01") + field(2, b"\x01"))) * 9_000))
    history = [("run_id", f"{number:032x}") for number in range(500)]
    history += [("metric_key", "x" * 250), ("max_results", "25000")]
    attributes = [f"attributes.run_id != '{number:032x}'" for number in range(300)]
    metrics = [f"metrics.m{number} > {number}" for number in range(60)]
    return {
        "lists within lists": ("POST", LOG_BATCH, _JSON, to_size(b"[" * (LIMIT // 2) + b"]" * (LIMIT // 2))),
        "deep below the limit": ("POST", LOG_BATCH, _JSON, to_size(b'{"a":' * 100_000 + b"1" + b"}" * 100_000)),
        "as many objects as may": (
            "POST", LOG_BATCH, _JSON, to_size(b'{"metrics":[' + b"{}," * 199_990 + b"{}]}", 8 * 2**20)
        ),
        "a wide list": ("POST", LOG_BATCH, _JSON, b'{"metrics":[' + b"0," * (LIMIT // 2 - 16) + b"0]}"),
        "a long text": ("POST", LOG_BATCH, _JSON, b'{"run_id":"' + b"\\u0041" * (LIMIT // 6 - 16) + b'"}'),
        "many names": (
            "POST", LOG_BATCH, _JSON, b"{" + b",".join(b'"%x":0' % number for number in range(900_000)) + b"}"
        ),
        "a body over the limit": ("POST", LOG_BATCH, _JSON, bytes(LIMIT + 1)),
        "a gzip bomb": (
            "POST", TRACES, {**_PROTOBUF, "Content-Encoding": "gzip"}, gzip.compress(bytes(128 * 2**20), 1)
        ),
        "a gzip bomb elsewhere": (
            "POST", LOG_BATCH, {**_JSON, "Content-Encoding": "gzip"}, gzip.compress(bytes(2**20), 1)
        ),
        **{
            f"empty spans, {len(body) >> 20} MiB": ("POST", TRACES, _PROTOBUF, body) for body in empty_spans
        },
        "empty spans, compressed": (
            "POST", TRACES, {**_PROTOBUF, "Content-Encoding": "gzip"}, gzip.compress(empty_spans[2], 1)
        ),
        "as many spans as may": ("POST", TRACES, _PROTOBUF, spans),
        "a resource that is read for each span": (
            "POST", TRACES, _PROTOBUF, field(1, field(1, b"\x0a\x00" * 40_000) + spans[3:])
        ),
        "spans of JSON": (
            "POST",
            TRACES,
            {**_PROTOBUF, **_JSON},
            json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [{}] * 300_000}]}]}).encode(),
        ),
        "a filter of many terms": ("POST", SEARCH, _JSON, search(filter=" and ".join(attributes))),
        "a filter of many metrics": ("POST", SEARCH, _JSON, search(filter=" and ".join(metrics))),
        "a filter with a long list": (
            "POST", SEARCH, _JSON, search(filter=f"attributes.run_id IN ({','.join(['%r' % ('a' * 32)] * 5000)})")
        ),
        "an order by many metrics": (
            "POST", SEARCH, _JSON, search(order_by=[f"metrics.m{number} DESC" for number in range(60)])
        ),
        "many experiments": ("POST", SEARCH, _JSON, search(experiment_ids=[str(n) for n in range(20_000)])),
        "GraphQL, deep": ("POST", "/graphql", _JSON, graphql(deep)),
        "GraphQL, aliases": ("POST", "/graphql", _JSON, graphql(aliases)),
        "histories in bulk": (
            "GET", f"/ajax-api/2.0/mlflow/metrics/get-history-bulk?{urlencode(history)}", {}, b""
        ),
        "a huge header": ("GET", "/version", {"X-Large": "x" * 200_000}, b""),
        "many headers": ("GET", "/version", {f"X-{number}": "x" for number in range(2_000)}, b""),
        "a huge path": ("GET", "/" + "x" * 60_000, {}, b""),
        "a path of many parts": ("GET", "/a" * 20_000, {}, b""),
        "a path that climbs": ("GET", "/static-files/" + "../" * 200 + "etc/passwd", {}, b""),
    }  # fmt: skip


def send(server: Replica, method: str, path: str, headers: dict[str, str], body: bytes) -> int | None:
    """The status; None without an answer in time."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_SECONDS)
    try:
        connection.request(method, path, body, headers)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def drip(server: Replica, content_length: int, sent: bytes) -> None:
    """Part of a request, and nothing more."""
    head = f"POST {LOG_BATCH} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    with suppress(OSError), socket.create_connection(("127.0.0.1", server.port), PATIENCE_SECONDS) as client:
        client.sendall(f"{head}Content-Length: {content_length}\r\n\r\n".encode() + sent)
        time.sleep(1)


@contextmanager
def writing(server: Replica) -> Iterator[list[int | str]]:
    """Clients that log a metric at a time, on connections of their own, and try nothing twice. Gives the answers."""
    created = json.dumps({"experiment_id": "0"}).encode()
    _, text = server.request(f"{API}/runs/create", method="POST", headers=_JSON, body=created)
    run_id = json.loads(text)["run"]["info"]["run_id"]
    answers: list[int | str] = []
    end = threading.Event()

    def write(writer: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        for step in itertools.count():
            metric = {"key": f"loss-{writer}", "value": 0.5, "timestamp": 1, "step": step}
            body = json.dumps({"run_id": run_id, "metrics": [metric]})
            try:
                connection.request("POST", LOG_BATCH, body, _JSON)
                answer = connection.getresponse()
                answer.read()
                answers.append(answer.status)
            except (OSError, http.client.HTTPException) as error:
                answers.append(repr(error))
                connection.close()
            if end.is_set():
                connection.close()
                return

    with ThreadPoolExecutor(WRITERS) as pool:
        writers = [pool.submit(write, number) for number in range(WRITERS)]
        try:
            yield answers
        finally:
            end.set()
    for writer in writers:
        writer.result()


@pytest.mark.timeout(120)
def test_writers_go_on_beside_hostile_requests(server: Replica, task: Task) -> None:
    kinds = list(hostile_requests().items())
    before = [process.pid for process in server.processes()]
    statuses: dict[str, Counter[int | None]] = {name: Counter() for name, _ in kinds}
    turn = itertools.count()
    deadline = time.monotonic() + SECONDS

    def attack(_: int) -> None:
        # Each kind once at least, then as often as there is time
        while (number := next(turn)) < len(kinds) or time.monotonic() < deadline:
            name, request = kinds[number % len(kinds)]
            statuses[name][send(server, *request)] += 1
            if number % 8 == 0:
                drip(server, LIMIT, bytes(900_000))
                drip(server, 1000, b"")

    # When clients log while hostile requests come, dozens at a time
    with sampled(server.memory_mib, every_seconds=0.2) as samples, writing(server) as answers:
        with ThreadPoolExecutor(HOSTILE) as pool:
            list(pool.map(attack, range(HOSTILE)))

    # Then every one of theirs was answered, by the same processes, within the task's memory
    most = max(mib for _, mib in samples)
    attacks = sum(sum(counted.values()) for counted in statuses.values())
    print(f"{attacks} hostile requests beside {len(answers)} of writers; memory up to {most:.0f} MiB")
    print("\n".join(f"  {name}: {dict(counted)}" for name, counted in statuses.items()))
    assert Counter(answers) == {http.client.OK: len(answers)}
    assert len(answers) > WRITERS
    assert [process.pid for process in server.processes()] == before
    assert most < task.memory_mib
    # And the server is as well as before
    assert server.status("/health") == http.client.OK
