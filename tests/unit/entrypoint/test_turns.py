"""Waiting for a turn, for as long as the client does."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import anyio
import pytest
from tracking_server.turns import ClientGoneError, has_gone, turn


class Client:
    """A client that has sent all of its request."""

    def __init__(self) -> None:
        self.gone = asyncio.Event()
        self.asked = 0

    async def receive(self) -> dict[str, Any]:
        self.asked += 1
        await self.gone.wait()
        return {"type": "http.disconnect"}


def run(test: Callable[[anyio.CapacityLimiter], Awaitable[None]]) -> None:
    """`test` with a limiter that has one place."""

    async def main() -> None:
        await test(anyio.CapacityLimiter(1))

    asyncio.run(main())


async def as_far_as_it_can() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def test_client_without_a_wait_is_not_polled() -> None:
    async def test(limiter: anyio.CapacityLimiter) -> None:
        client = Client()
        client.gone.set()

        async with turn(limiter, client.receive):
            assert limiter.borrowed_tokens == 1

        assert (limiter.borrowed_tokens, client.asked) == (0, 0)

    run(test)


def test_turns_come_in_order_and_are_given_back() -> None:
    async def test(limiter: anyio.CapacityLimiter) -> None:
        order: list[int] = []

        async def one(number: int) -> None:
            async with turn(limiter, Client().receive):
                order.append(number)
                assert limiter.borrowed_tokens == 1
                await asyncio.sleep(0)

        await asyncio.gather(*map(one, range(20)))

        assert (order, limiter.borrowed_tokens) == (list(range(20)), 0)

    run(test)


def test_disconnected_client_leaves_the_queue() -> None:
    async def test(limiter: anyio.CapacityLimiter) -> None:
        async def one(client: Client) -> str:
            try:
                async with turn(limiter, client.receive):
                    return "ran"
            except ClientGoneError:
                return "gone"

        clients = [Client() for _ in range(4)]
        async with turn(limiter, Client().receive):
            tasks = [asyncio.create_task(one(client)) for client in clients]
            await as_far_as_it_can()
            clients[0].gone.set()
            clients[2].gone.set()
            await as_far_as_it_can()

        assert await asyncio.gather(*tasks) == ["gone", "ran", "gone", "ran"]
        assert limiter.borrowed_tokens == 0

    run(test)


def test_client_that_disconnects_on_its_turn_frees_its_slot() -> None:
    async def test(limiter: anyio.CapacityLimiter) -> None:
        client = Client()

        async def one() -> None:
            with suppress(ClientGoneError):
                async with turn(limiter, client.receive):
                    await asyncio.sleep(0)

        async with turn(limiter, Client().receive):
            task = asyncio.create_task(one())
            await as_far_as_it_can()
            client.gone.set()
        await task

        assert limiter.borrowed_tokens == 0

    run(test)


@pytest.mark.parametrize("steps", range(8))
def test_request_cancelled_by_the_server_frees_its_slot(steps: int) -> None:
    async def test(limiter: anyio.CapacityLimiter) -> None:
        async def one() -> None:
            async with turn(limiter, Client().receive):
                await asyncio.sleep(10)

        async with turn(limiter, Client().receive):
            task = asyncio.create_task(one())
            await as_far_as_it_can()
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()

        with pytest.raises(asyncio.CancelledError):
            await task
        assert limiter.borrowed_tokens == 0

    run(test)


def test_final_message_is_received_once() -> None:
    # A server that sends an empty part of the body again, in place of the client's end.
    asked = []

    async def receive() -> dict[str, Any]:
        asked.append(True)
        return {"type": "http.request", "body": b"", "more_body": False}

    async def test(limiter: anyio.CapacityLimiter) -> None:
        async def one() -> None:
            async with turn(limiter, receive):
                pass

        async with turn(limiter, Client().receive):
            task = asyncio.create_task(one())
            await as_far_as_it_can()
        await task

        assert len(asked) == 1

    run(test)


def test_whether_a_client_has_gone_is_asked_without_waiting() -> None:
    async def test(_: anyio.CapacityLimiter) -> None:
        client = Client()

        before = await has_gone(client.receive)
        client.gone.set()

        assert (before, await has_gone(client.receive)) == (False, True)

    run(test)
