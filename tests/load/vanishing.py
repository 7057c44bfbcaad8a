"""The database's host in a failover, as clients see it: it vanishes without a word; later another one has its name."""

from __future__ import annotations

import asyncio
import ctypes
import socket
import struct
import sys
import threading
from types import TracebackType
from typing import Any, Self

# A socket filter (https://www.kernel.org/doc/html/latest/networking/filter.html) that takes no packet, and so
# acknowledges none: what the other side sees of a host that is gone. `linux/socket.h` and `linux/bpf_common.h`.
ATTACH_FILTER, DETACH_FILTER = 26, 27
RETURN = 0x06
CAN_VANISH = sys.platform == "linux"
START_SECONDS = 10


class VanishingHost:
    """A context manager: passes connections to a free port of 127.0.0.1 on to `target_port`, in a thread of its own.

    Attributes:
        port: where clients connect.
    """

    port: int

    def __init__(self, *, target_port: int) -> None:
        self._target_port = target_port
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="vanishing-host", daemon=True)
        self._pairs: list[tuple[asyncio.StreamWriter, asyncio.StreamWriter]] = []
        # Of vanished connections: a socket that is closed would say so.
        self._silent: list[asyncio.StreamWriter] = []

    def __enter__(self) -> Self:
        self._thread.start()
        self._server: asyncio.Server = self._run(asyncio.start_server(self._accept, "127.0.0.1", 0))
        self._listener = self._server.sockets[0]
        self.port = self._listener.getsockname()[1]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def vanish(self) -> None:
        """No packet is acknowledged any more. The database behind it ends its sessions, as one that failed has."""
        self._run(self._vanish())

    def come_back(self) -> None:
        """The name leads to a host that answers. Connections to the one that vanished stay silent."""
        self._run(self._come_back())

    def _run(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(START_SECONDS)

    async def _vanish(self) -> None:
        take_nothing(self._listener)
        for client, database in self._pairs:
            take_nothing(client.get_extra_info("socket"))
            self._silent.append(client)
            database.transport.abort()
        self._pairs.clear()

    async def _come_back(self) -> None:
        self._listener.setsockopt(socket.SOL_SOCKET, DETACH_FILTER, 0)

    async def _close(self) -> None:
        self._server.close()
        for client, database in self._pairs:
            client.transport.abort()
            database.transport.abort()
        for client in self._silent:
            client.transport.abort()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        try:
            from_database, database = await asyncio.open_connection("127.0.0.1", self._target_port)
        except OSError:
            client.transport.abort()
            return
        pair = (client, database)
        self._pairs.append(pair)
        try:
            await asyncio.gather(_pass(reader, database), _pass(from_database, client))
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            if pair in self._pairs:
                self._pairs.remove(pair)
                client.transport.abort()
                database.transport.abort()


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    raise ConnectionResetError


def take_nothing(of: Any) -> None:
    """From now on the socket drops every packet it gets."""
    program = ctypes.create_string_buffer(struct.pack("HBBI", RETURN, 0, 0, 0))
    of.setsockopt(socket.SOL_SOCKET, ATTACH_FILTER, struct.pack("HL", 1, ctypes.addressof(program)))
