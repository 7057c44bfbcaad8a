"""Which worker gets a connection."""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from tracking_server import accepting
from tracking_server.accepting import Acceptor

BURST = 16


class Served(asyncio.Protocol):
    """Counts the connections of one worker, and says hello on each."""

    count = 0

    def connection_made(self, transport: Any) -> None:
        type(self).count += 1
        transport.write(b"hello")


def worker() -> type[Served]:
    return type("Worker", (Served,), {})


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0), backlog=128) as made:
        yield made


@pytest.fixture
def clients(listener: socket.socket) -> Iterator[list[socket.socket]]:
    """A burst of them, connected by the kernel before any worker has looked."""
    made = [socket.create_connection(listener.getsockname()) for _ in range(BURST)]
    yield made
    for client in made:
        client.close()


def run(test: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(asyncio.wait_for(test(), 20))


async def until(reached: Callable[[], bool]) -> None:
    while not reached():
        await asyncio.sleep(0)


def test_a_burst_is_shared_between_workers(listener: socket.socket, clients: list[socket.socket]) -> None:
    async def test() -> None:
        # Given two workers that have nothing to do; here they take turns in one event loop
        one, other = worker(), worker()
        acceptors = [Acceptor(listener, one), Acceptor(listener.dup(), other)]

        # When the burst comes
        await until(lambda: one.count + other.count == BURST)

        # Then neither has taken it whole
        assert one.count == other.count == BURST // 2
        for acceptor in acceptors:
            await acceptor.close()

    run(test)


def test_connections_in_the_backlog_are_served_on_shutdown(
    listener: socket.socket, clients: list[socket.socket]
) -> None:
    async def test() -> None:
        only = worker()
        acceptor = Acceptor(listener, only)

        # When it ends before it has come around to anybody
        await acceptor.close()

        assert only.count == BURST
        assert [await asyncio.to_thread(client.recv, 5) for client in clients] == [b"hello"] * BURST

    run(test)


def test_too_many_open_files_are_waited_for(
    listener: socket.socket,
    clients: list[socket.socket],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Full:
        """The socket, while the process may open nothing."""

        full = True

        def __getattr__(self, name: str) -> Any:
            return getattr(listener, name)

        def accept(self) -> Any:
            if self.full:
                raise OSError(errno.EMFILE, "Too many open files")
            return listener.accept()

    async def test() -> None:
        monkeypatch.setattr(accepting, "PAUSE_SECONDS", 0.05)
        only, full = worker(), Full()
        with caplog.at_level(logging.ERROR, "gunicorn.error"):
            acceptor = Acceptor(full, only)  # type: ignore[arg-type]
            await asyncio.sleep(0.2)
        assert only.count == 0
        # Now and then, not as fast as it can
        assert 1 <= caplog.text.count("Too many open files") <= 10

        full.full = False
        await until(lambda: only.count == BURST)
        await acceptor.close()

    run(test)


def test_at_the_end_too_many_open_files_are_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full:
        def accept(self) -> Any:
            raise OSError(errno.EMFILE, "Too many open files")

        def __getattr__(self, name: str) -> Any:
            return getattr(listening, name)

    async def test() -> None:
        monkeypatch.setattr(accepting, "PAUSE_SECONDS", 0.01)
        acceptor = Acceptor(Full(), worker())  # type: ignore[arg-type]
        await acceptor.close()
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: problems.append(context))
        await asyncio.sleep(0.05)

    problems: list[Any] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        run(test)

    assert problems == []


def test_a_client_that_has_gone_in_between_costs_nothing(listener: socket.socket) -> None:
    async def test() -> None:
        only = worker()
        acceptor = Acceptor(listener, only)
        gone = socket.create_connection(listener.getsockname())
        gone.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        gone.close()

        staying = socket.create_connection(listener.getsockname())
        assert await asyncio.to_thread(staying.recv, 5) == b"hello"
        staying.close()
        await acceptor.close()

    run(test)
