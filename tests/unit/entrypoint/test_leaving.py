"""SIGTERM: the server says that it is about to end before it does."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from tracking_server.asgi import Message, Receive, Send
from tracking_server.leaving import Leaving, LeavingServer
from uvicorn import Config

HEALTH = "/mlflow/health"


async def application(scope: Message, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


@asynccontextmanager
async def serving(*, delay_seconds: float) -> AsyncIterator[tuple[LeavingServer, int, asyncio.Task[None]]]:
    """A server on a port of its own, and the task that it ends with."""
    listener = socket.create_server(("127.0.0.1", 0))
    app = Leaving(application, health_path=HEALTH)
    config = Config(app, lifespan="off", log_config=None, timeout_graceful_shutdown=5)
    server = LeavingServer(config, app=app, delay_seconds=delay_seconds)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:
        await asyncio.sleep(0.01)
    yield server, listener.getsockname()[1], task
    await task


async def ask(port: int, path: str = "/", *, over: Any = None) -> tuple[str, Any]:
    """The head of an answer, and the connection, which can be used for another request."""
    reader, writer = over or await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    await reader.readexactly(int(head.split("content-length: ")[1].split("\r\n")[0]))
    return head, (reader, writer)


def run(test: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(test(), 20))


def test_leaving_server_answers_with_connection_close() -> None:
    async def test() -> None:
        async with serving(delay_seconds=1) as (server, port, _):
            # Given a connection that was used
            before, connection = await ask(port)

            # When it is told to end
            server.should_exit = True
            await asyncio.sleep(0.3)

            # Then requests are answered, over it and over new ones, and the health check fails
            (after, _), (new, _), (health, _) = (
                await ask(port, over=connection),
                await ask(port),
                await ask(port, HEALTH),
            )
            assert "connection: close" not in before
            assert [head.split("\r\n")[0] for head in (after, new, health)] == [
                "http/1.1 200 ok",
                "http/1.1 200 ok",
                "http/1.1 503 service unavailable",
            ]
            assert all("connection: close" in head for head in (after, new, health))

    run(test)


def test_without_connections_it_ends_at_once() -> None:
    async def test() -> None:
        async with serving(delay_seconds=30) as (server, port, task):
            server.should_exit = True
            await asyncio.wait_for(task, timeout=15)
            with pytest.raises(ConnectionRefusedError):
                await ask(port)

    run(test)


def test_connections_in_the_backlog_are_answered() -> None:
    async def test() -> None:
        async with serving(delay_seconds=0) as (server, port, _):
            (acceptor,) = server._acceptors
            close = acceptor.close

            async def stop() -> None:
                # Given clients that the kernel has connected while the event loop was busy
                clients = [socket.create_connection(("127.0.0.1", port)) for _ in range(8)]
                for client in clients:
                    client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
                answers.extend(asyncio.to_thread(client.recv, 65536) for client in clients)
                # When the port is closed
                await close()

            answers: list[Awaitable[bytes]] = []
            acceptor.close = stop  # type: ignore[method-assign]
            server.should_exit = True
            while not answers:
                await asyncio.sleep(0.01)

            # Then each is answered
            for answer in await asyncio.gather(*answers):
                assert answer.startswith(b"HTTP/1.1 200")

    run(test)
