"""An end in good order: what sends requests learns of it before nobody answers any more.

ECS deregisters a task from the load balancer before it sends SIGTERM, but does not always wait until that has taken
effect (https://aws.amazon.com/blogs/containers/graceful-shutdowns-with-ecs/). A server that stops listening at once
would refuse what still comes, and close connections that are about to be used again.
"""

from __future__ import annotations

import asyncio
import socket
import time
from typing import Any

from uvicorn import Config, Server

from tracking_server.accepting import Acceptor
from tracking_server.asgi import App, Message, Receive, Send

TICK_SECONDS = 0.1
# Without a connection for so long nobody is there to learn of it.
QUIET_SECONDS = 0.5
# What has been sent by the time nothing is accepted any more has arrived by then.
ARRIVAL_SECONDS = 0.5
_CLOSE = (b"connection", b"close")
_GONE: Message = {
    "type": "http.response.start",
    "status": 503,
    "headers": [(b"content-type", b"text/plain"), (b"content-length", b"8"), _CLOSE],
}


class Leaving:
    """Passes requests on. Once the server is about to end, each answer ends its connection, and the health check fails.

    Args:
        app: the application.
        health_path: of the load balancer's checks.

    Attributes:
        is_leaving: the server is about to end.
    """

    def __init__(self, app: App, *, health_path: str) -> None:
        self._app = app
        self._health_path = health_path
        self.is_leaving = False

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        async def answer(message: Message) -> None:
            if self.is_leaving and message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", []), _CLOSE]}
            await send(message)

        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif self.is_leaving and scope["path"] == self._health_path:
            await send(_GONE)
            await send({"type": "http.response.body", "body": b"stopping"})
        else:
            await self._app(scope, receive, answer)


class LeavingServer(Server):
    """uvicorn's server, which after SIGTERM goes on for a while before it ends.

    Args:
        config: uvicorn's.
        app: what the configuration serves.
        delay_seconds: how long; less where no connection is open.
    """

    def __init__(self, config: Config, *, app: Leaving, delay_seconds: float) -> None:
        super().__init__(config)
        self._app = app
        self._delay_seconds = delay_seconds
        self._acceptors: list[Acceptor] = []

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=[])
        self._acceptors = [Acceptor(listener, self._protocol) for listener in sockets or []]

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._app.is_leaving = True
        await self._go_on()
        for acceptor in self._acceptors:
            await acceptor.close()
        if self.server_state.connections:
            await asyncio.sleep(ARRIVAL_SECONDS)
        await super().shutdown(sockets)

    async def _go_on(self) -> None:
        now = last_busy = time.monotonic()
        end, requests = now + self._delay_seconds, self.server_state.total_requests
        while now < end and now < last_busy + QUIET_SECONDS and not self.force_exit:
            await asyncio.sleep(TICK_SECONDS)
            now = time.monotonic()
            if self.server_state.connections or self.server_state.total_requests != requests:
                last_busy, requests = now, self.server_state.total_requests

    def _protocol(self) -> asyncio.Protocol:
        made: Any = self.config.http_protocol_class
        protocol: asyncio.Protocol = made(
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
        return protocol
