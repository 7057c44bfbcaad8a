"""Which of MLflow's applications a request goes to, and Flask's as an ASGI application."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from tracking_server.places import Places
from tracking_server.routing import WHOLE_ANSWER_BYTES, Dispatch, FlaskApplication


def places() -> Places:
    return Places(2, searches=1)


JSON = (b"content-type", b"application/json")
SCOPE: dict[str, Any] = {
    "type": "http",
    "http_version": "1.1",
    "root_path": "",
    "query_string": b"a=1",
    "headers": [(b"x-given", b"yes")],
    "server": ("127.0.0.1", 5000),
}


async def ask(
    app: Any,
    path: str,
    *,
    method: str = "GET",
    body: bytes = b"",
    headers: Sequence[tuple[bytes, bytes]] = SCOPE["headers"],
    gone: asyncio.Event | None = None,
    goes_after: int | None = None,
) -> list[Any]:
    """The messages of the answer to one request; its client goes when it is told to, or after some of them."""
    scope = {**SCOPE, "method": method, "path": path, "headers": headers}
    sent: list[Any] = []
    messages = [{"type": "http.request", "body": body, "more_body": False}]
    going = gone or asyncio.Event()

    async def receive() -> dict[str, Any]:
        if messages and goes_after != 0:
            return messages.pop()
        if goes_after is None or len(sent) < goes_after:
            await going.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append({**message, "thread": threading.current_thread()})

    await app(scope, receive, send)
    return sent


def exchange(app: Any, path: str, **request: Any) -> list[Any]:
    """One request, and the messages of its answer."""
    return asyncio.run(ask(app, path, **request))


@pytest.fixture
def dispatch() -> Dispatch:
    """A FastAPI application with two routes, made as MLflow makes its own."""
    router = APIRouter(prefix="/v1/traces")

    @router.post("")
    async def traces() -> str:
        return "fastapi"

    @router.get("/{name:path}")
    async def trace(name: str) -> str:
        return "fastapi"

    def flask(environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"flask"]

    def mounted(environ: Any, start_response: Any) -> list[bytes]:
        start_response("405 METHOD NOT ALLOWED", [])
        return [b"mounted"]

    fastapi = FastAPI()
    fastapi.include_router(router)
    fastapi.mount("/", FlaskApplication(mounted, places()))
    return Dispatch(fastapi, FlaskApplication(flask, places()), places=places())


def test_a_route_of_fastapis_in_a_thread_runs_in_a_place() -> None:
    # Given one place
    fastapi, one_place, held = FastAPI(), Places(1, searches=1), threading.Event()
    most = running = 0

    @fastapi.post("/api/3.0/mlflow/mcp-servers")
    def in_thread(body: dict[str, int]) -> int:
        nonlocal most, running
        running += 1
        most = max(most, running)
        held.wait(0.05)
        running -= 1
        return body["n"]

    @fastapi.get("/health")
    async def health() -> str:
        return "OK"

    app: Any = Dispatch(
        fastapi, FlaskApplication(lambda environ, start_response: [], one_place), places=one_place
    )

    async def three() -> list[list[Any]]:
        return await asyncio.gather(
            *(
                ask(
                    app,
                    "/api/3.0/mlflow/mcp-servers",
                    method="POST",
                    body=b'{"n": %d}' % number,
                    headers=[JSON],
                )
                for number in range(3)
            )
        )

    # Then one runs at a time, and each has its body
    assert [answer[1]["body"] for answer in asyncio.run(three())] == [b"0", b"1", b"2"]
    assert most == 1

    # And a route that needs no thread waits for no place
    one_place.others.acquire_on_behalf_of_nowait(object())
    assert exchange(app, "/health")[0]["status"] == 200


@pytest.mark.parametrize(
    ("method", "path", "answer"),
    [
        ("POST", "/v1/traces", b'"fastapi"'),
        ("GET", "/v1/traces/a/b", b'"fastapi"'),
        ("GET", "/v1/tracesx", b"flask"),
        ("POST", "/api/2.0/mlflow/runs/search", b"flask"),
        ("GET", "/", b"flask"),
    ],
)
def test_each_route_keeps_its_application(dispatch: Dispatch, method: str, path: str, answer: bytes) -> None:
    # Asked twice, as the second answer is remembered
    for _ in range(2):
        assert exchange(dispatch, path, method=method)[1]["body"] == answer


def test_wrong_method_is_answered_by_fastapi(dispatch: Dispatch) -> None:
    assert exchange(dispatch, "/v1/traces", method="PUT")[1]["body"] == b"mounted"


def test_artifacts_below_a_prefix_use_the_streaming_routes() -> None:
    dispatch = Dispatch(
        FastAPI(),
        FlaskApplication(lambda environ, start_response: [], places()),
        places=places(),
        static_prefix="/ml/flow",
    )
    artifact = "/api/2.0/mlflow-artifacts/artifacts/model/weights"

    paths = {
        path: dispatch.without_prefix({"type": "http", "path": path})["path"]
        for path in (f"/ml/flow{artifact}", f"/other{artifact}", "/ml/flow/api/2.0/mlflow/runs/search")
    }

    assert list(paths.values()) == [artifact, *list(paths)[1:]]


def test_the_application_gets_the_request_and_gives_the_answer() -> None:
    seen: dict[str, Any] = {}

    def application(environ: Any, start_response: Any) -> list[bytes]:
        seen.update(environ, read=environ["wsgi.input"].read(), thread=threading.current_thread())
        start_response("201 CREATED", [("X-Made", "yes"), ("Content-Type", "text/plain")])
        return [b"one", b"two"]

    start, body = exchange(FlaskApplication(application, places()), "/made", method="POST", body=b"sent")

    assert (seen["REQUEST_METHOD"], seen["PATH_INFO"], seen["QUERY_STRING"]) == ("POST", "/made", "a=1")
    assert (seen["HTTP_X_GIVEN"], seen["read"]) == ("yes", b"sent")
    assert seen["thread"] is not start["thread"], "it may block, and the event loop may not"
    assert (start["status"], start["headers"]) == (
        201,
        [(b"x-made", b"yes"), (b"content-type", b"text/plain")],
    )
    assert body["body"] == b"onetwo" and not body.get("more_body")


def test_large_response_is_streamed_and_closed() -> None:
    closed = []

    class Large:
        def __iter__(self) -> Iterator[bytes]:
            for _ in range(3):
                yield bytes(WHOLE_ANSWER_BYTES)

        def close(self) -> None:
            closed.append(True)

    def application(environ: Any, start_response: Any) -> Large:
        start_response("200 OK", [])
        return Large()

    start, *parts = exchange(FlaskApplication(application, places()), "/large")

    assert start["status"] == 200
    assert sum(len(part["body"]) for part in parts) == 3 * WHOLE_ANSWER_BYTES
    assert max(len(part["body"]) for part in parts) == WHOLE_ANSWER_BYTES
    assert [part.get("more_body", False) for part in parts] == [True] * (len(parts) - 1) + [False]
    assert closed == [True]


def test_an_error_before_the_answer_is_the_servers_to_tell() -> None:
    def application(environ: Any, start_response: Any) -> list[bytes]:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        exchange(FlaskApplication(application, places()), "/broken")


def test_nothing_runs_for_a_client_that_has_gone() -> None:
    def application(environ: Any, start_response: Any) -> list[bytes]:
        raise AssertionError("not to be called")

    assert exchange(FlaskApplication(application, places()), "/gone", goes_after=0) == []


def test_running_request_finishes_after_a_disconnect() -> None:
    # Given two requests, and one place
    running, go_on, ran = threading.Event(), threading.Event(), []

    def application(environ: Any, start_response: Any) -> list[bytes]:
        running.set()
        assert go_on.wait(10)
        ran.append(environ["PATH_INFO"])
        start_response("200 OK", [])
        return [b""]

    async def main() -> None:
        gone = asyncio.Event()

        app: Any = FlaskApplication(application, Places(1, searches=1))
        first = asyncio.create_task(ask(app, "/first", gone=gone))
        await asyncio.to_thread(running.wait, 10)
        second = asyncio.create_task(ask(app, "/second", gone=gone))
        await asyncio.sleep(0.01)

        # When the clients of both go
        gone.set()
        await second
        go_on.set()
        await first

    asyncio.run(main())

    # Then the one that ran has run, and the other was not begun
    assert ran == ["/first"]


def test_large_response_stops_after_a_disconnect() -> None:
    read, closed = [], []

    class Large:
        def __iter__(self) -> Iterator[bytes]:
            for number in range(100):
                read.append(number)
                yield bytes(WHOLE_ANSWER_BYTES)

        def close(self) -> None:
            closed.append(True)

    def application(environ: Any, start_response: Any) -> Large:
        start_response("200 OK", [])
        return Large()

    exchange(FlaskApplication(application, places()), "/large", goes_after=2)

    assert (len(read) < 5, closed) == (True, [True])
