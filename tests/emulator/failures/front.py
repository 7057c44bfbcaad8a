"""A TCP front before one service, which can be switched off and on again: the network between here and there."""

from __future__ import annotations

import contextlib
import socket
import threading
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

CHUNK_BYTES = 1 << 16


class Front:
    """A context manager: forwards connections to `endpoint_url` while it is on; refuses and ends them while it is off.

    Attributes:
        endpoint_url: where it listens; the same after each switch.
    """

    def __init__(self, endpoint_url: str) -> None:
        behind = urlsplit(endpoint_url)
        self._behind = (str(behind.hostname), int(behind.port or 80))
        self._address = ("127.0.0.1", 0)
        self._open: set[socket.socket] = set()
        self._listener: socket.socket | None = None

    def __enter__(self) -> Self:
        self.switch_on()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.switch_off()

    @property
    def endpoint_url(self) -> str:
        return f"http://{self._address[0]}:{self._address[1]}"

    def switch_on(self) -> None:
        listener = self._listener = socket.create_server(self._address)
        self._address = listener.getsockname()
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def switch_off(self) -> None:
        listener, self._listener = self._listener, None
        if listener is not None:
            # Wakes the thread that accepts: closing alone would leave it, and with it the port.
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        for connection in list(self._open):
            _end(connection)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            if self._listener is not listener:
                client.close()
                return
            try:
                server = socket.create_connection(self._behind)
            except OSError:
                client.close()
                continue
            self._open |= {client, server}
            for source, target in ((client, server), (server, client)):
                threading.Thread(target=self._forward, args=(source, target), daemon=True).start()

    def _forward(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(CHUNK_BYTES):
                target.sendall(data)
        for connection in (source, target):
            _end(connection)
        self._open -= {source, target}


def _end(connection: socket.socket) -> None:
    # A thread may sit in it: shutting down wakes that thread, and closing would not.
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()
