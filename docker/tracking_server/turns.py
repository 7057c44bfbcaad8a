"""Waiting for a turn, for as long as the client does.

A request whose client has gone is not run: nobody reads its answer, and those that wait behind it would wait longer. A
client that goes while its request runs changes nothing for that request.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

import anyio

from tracking_server.asgi import Receive


class ClientGoneError(Exception):
    """The client has closed the connection before its request's turn came."""


class Limiter(Protocol):
    """What `anyio.CapacityLimiter` has of it."""

    def acquire_on_behalf_of_nowait(self, borrower: object) -> None: ...

    async def acquire_on_behalf_of(self, borrower: object) -> None: ...

    def release_on_behalf_of(self, borrower: object) -> None: ...


@asynccontextmanager
async def turn(limiter: Limiter, receive: Receive) -> AsyncIterator[None]:
    """One of the limiter's places, held within the context.

    Args:
        limiter: how many may be held at a time; the others wait, in order.
        receive: of the request, all of whose body has been read: what comes next is the client's end.

    Raises:
        ClientGoneError: the client did not wait for it.
    """
    holder = object()
    try:
        limiter.acquire_on_behalf_of_nowait(holder)
    except anyio.WouldBlock:
        await _wait(limiter, holder, receive)
    try:
        yield
    finally:
        limiter.release_on_behalf_of(holder)


async def has_gone(receive: Receive) -> bool:
    """Whether the client has closed the connection; does not wait."""
    with anyio.CancelScope() as scope:
        scope.cancel()
        return bool((await receive())["type"] == "http.disconnect")
    return False


async def _wait(limiter: Limiter, holder: object, receive: Receive) -> None:
    is_held = False

    async def watch() -> None:
        if (await receive())["type"] == "http.disconnect":
            group.cancel_scope.cancel()

    try:
        async with anyio.create_task_group() as group:
            group.start_soon(watch)
            await limiter.acquire_on_behalf_of(holder)
            is_held = True
            group.cancel_scope.cancel()
    except BaseException:
        # The server cancels requests at its end.
        if is_held:
            limiter.release_on_behalf_of(holder)
        raise
    if not is_held:
        raise ClientGoneError
