"""Which request runs next."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import anyio
import pytest
from tracking_server.places import Lane, Places
from tracking_server.turns import ClientGoneError, turn


async def stays() -> dict[str, Any]:
    """What a client sends that waits for its answer."""
    await asyncio.Event().wait()
    raise AssertionError


class Worker:
    """Requests in places; each runs until it is told to end.

    Attributes:
        running: their names, in the order in which they began.
    """

    def __init__(self, places: Places) -> None:
        self.places = places
        self.running: list[str] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._ends: dict[str, asyncio.Event] = {}

    async def ask(self, name: str, receive: Callable[[], Awaitable[Any]] = stays) -> asyncio.Task[None]:
        """A request; those whose names begin with `search` are searches."""
        lane = self.places.searches if name.startswith("search") else self.places.others
        self._ends[name] = asyncio.Event()
        self._tasks.append(asyncio.create_task(self._run(name, lane, receive)))
        await settle()
        return self._tasks[-1]

    async def end(self, name: str) -> None:
        self._ends[name].set()
        await settle()

    async def _run(self, name: str, lane: Lane, receive: Callable[[], Awaitable[Any]]) -> None:
        with suppress(ClientGoneError):
            async with turn(lane, receive):
                self.running.append(name)
                try:
                    await self._ends[name].wait()
                finally:
                    self.running.remove(name)


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def with_places(total: int, searches: int, test: Callable[[Worker], Awaitable[None]]) -> None:
    async def main() -> None:
        await test(Worker(Places(total, searches=searches)))

    asyncio.run(main())


def test_requests_run_in_the_order_in_which_they_came() -> None:
    async def test(worker: Worker) -> None:
        for name in ("write 1", "search 1", "write 2", "search 2", "write 3"):
            await worker.ask(name)
        assert worker.running == ["write 1", "search 1"]

        await worker.end("write 1")
        assert worker.running == ["search 1", "write 2"]

        await worker.end("search 1")
        assert worker.running == ["write 2", "search 2"]

        await worker.end("write 2")
        assert worker.running == ["search 2", "write 3"]

    with_places(2, 1, test)


def test_writers_pass_searches_while_enough_of_these_run() -> None:
    async def test(worker: Worker) -> None:
        for name in ("search 1", "search 2", "search 3", "write 1", "write 2", "write 3"):
            await worker.ask(name)
        assert worker.running == ["search 1", "search 2", "write 1", "write 2"]

        # The search came first, so that it goes before the writer as soon as it may
        await worker.end("search 1")
        assert worker.running == ["search 2", "write 1", "write 2", "search 3"]

    with_places(4, 2, test)


def test_many_writers_do_not_starve_a_search() -> None:
    async def test(worker: Worker) -> None:
        for number in range(6):
            await worker.ask(f"write {number}")
        await worker.ask("search")
        for number in range(6, 12):
            await worker.ask(f"write {number}")

        for number in range(5):
            await worker.end(f"write {number}")

        assert worker.running == ["write 5", "search"]

    with_places(2, 1, test)


@pytest.mark.parametrize("name", ["write", "search"])
def test_disconnected_client_frees_its_slot(name: str) -> None:
    async def test(worker: Worker) -> None:
        gone = asyncio.Event()

        async def goes() -> dict[str, Any]:
            await gone.wait()
            return {"type": "http.disconnect"}

        await worker.ask(f"{name} 1")
        leaving = await worker.ask(f"{name} 2", goes)
        await worker.ask(f"{name} 3")
        gone.set()
        await settle()
        assert leaving.done()

        await worker.end(f"{name} 1")
        assert worker.running == [f"{name} 3"]
        await worker.end(f"{name} 3")

        await worker.ask(f"{name} 4")
        assert worker.running == [f"{name} 4"], "every place has been given back"

    with_places(1, 1, test)


def test_request_cancelled_on_admission_frees_its_slot() -> None:
    async def test(worker: Worker) -> None:
        await worker.ask("write 1")
        cancelled = await worker.ask("write 2")

        worker._ends["write 1"].set()
        cancelled.cancel()
        await settle()

        await worker.ask("write 3")
        assert worker.running == ["write 3"]

    with_places(1, 1, test)


def test_full_queue_is_reported_to_the_client() -> None:
    async def test(worker: Worker) -> None:
        await worker.ask("write 1")

        with pytest.raises(anyio.WouldBlock):
            worker.places.searches.acquire_on_behalf_of_nowait(object())

        await worker.end("write 1")
        await worker.ask("write 2")
        assert worker.running == ["write 2"]

    with_places(1, 1, test)
