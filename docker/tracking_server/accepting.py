"""Takes clients' connections so that all workers get their share of them."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable

# When the process may open no more files.
PAUSE_SECONDS = 1.0
_log = logging.getLogger("gunicorn.error")


class Acceptor:
    """Takes connections from a socket that all workers listen on, one at each turn of the event loop.

    uvloop takes all that wait at once, so that one worker had every client of a burst while the others had nothing to
    do: 16 of 16. A worker that is busy comes around less often, and takes fewer.

    Args:
        listener: which listens already.
        protocol: makes the protocol of a connection.
    """

    def __init__(self, listener: socket.socket, protocol: Callable[[], asyncio.Protocol]) -> None:
        self._listener = listener
        self._protocol = protocol
        self._loop = asyncio.get_running_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._resuming: asyncio.TimerHandle | None = None
        self._is_closing = False
        listener.setblocking(False)
        self._resume()

    async def close(self) -> None:
        """Closes the socket. Connections that the kernel has taken before are served: it would reset them."""
        self._is_closing = True
        if self._resuming:
            self._resuming.cancel()
        self._loop.remove_reader(self._listener.fileno())
        while self._take():
            pass
        self._listener.close()
        await asyncio.gather(*self._tasks)

    def _resume(self) -> None:
        self._resuming = None
        self._loop.add_reader(self._listener.fileno(), self._take)

    def _take(self) -> bool:
        """Whether there was one."""
        try:
            connection, _ = self._listener.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            # Another worker was quicker, or the client has gone.
            return False
        except OSError as error:
            if self._is_closing:
                return False
            _log.error("No connection can be taken for %.0f s: %s", PAUSE_SECONDS, error.strerror)
            self._loop.remove_reader(self._listener.fileno())
            self._resuming = self._loop.call_later(PAUSE_SECONDS, self._resume)
            return False
        task = self._loop.create_task(self._serve(connection))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return True

    async def _serve(self, connection: socket.socket) -> None:
        try:
            await self._loop.connect_accepted_socket(self._protocol, connection)
        except OSError:
            # The client has gone in between.
            connection.close()
