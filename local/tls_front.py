"""TLS in front of a PostgreSQL that was built without it; connections without TLS are refused.

What RDS does with `rds.force_ssl`: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/PostgreSQL.Concepts.General.SSL.html
The first messages are https://www.postgresql.org/docs/16/protocol-message-formats.html; after them bytes are passed on.
"""

from __future__ import annotations

import asyncio
import ssl
import struct
import threading
from concurrent.futures import Future
from pathlib import Path
from typing import Any, cast

SSL_REQUEST = 80877103
GSS_ENCRYPTION_REQUEST = 80877104
CANCEL_REQUEST = 80877102
HEADER = struct.Struct("!ii")
START_SECONDS = 10


class TlsFront:
    """Listens on a free port of 127.0.0.1 and passes decrypted connections on to `upstream_port`.

    It runs in a thread of its own until `close`.

    Attributes:
        port: where clients connect.
    """

    def __init__(self, *, upstream_port: int, certificate: Path) -> None:
        self._upstream_port = upstream_port
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.minimum_version = ssl.TLSVersion.TLSv1_2
        self.use(certificate)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="tls-front", daemon=True)
        self._thread.start()
        self._server = self._in_loop(self._listen()).result(START_SECONDS)
        self.port: int = self._server.sockets[0].getsockname()[1]

    def use(self, certificate: Path) -> None:
        """New connections get this certificate (key and certificate in one file)."""
        self._context.load_cert_chain(certificate)

    def close(self) -> None:
        """Closes the port and what is left of its connections."""
        self._in_loop(self._shut()).result(START_SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _in_loop(self, coroutine: Any) -> Future[Any]:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    async def _listen(self) -> asyncio.Server:
        return await self._loop.create_server(
            lambda: _Greeting(self._context, self._upstream_port), "127.0.0.1", 0
        )

    async def _shut(self) -> None:
        self._server.close()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)


class _Greeting(asyncio.Protocol):
    """Reads the client's first message and decides what becomes of the connection."""

    def __init__(self, context: ssl.SSLContext, upstream_port: int) -> None:
        self._context = context
        self._upstream_port = upstream_port
        self._received = b""
        self._transport: asyncio.Transport | None = None
        self._task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        assert self._transport is not None
        self._received += data
        if len(self._received) < HEADER.size:
            return
        length, code = HEADER.unpack_from(self._received)
        if code == GSS_ENCRYPTION_REQUEST:
            self._received = b""
            self._transport.write(b"N")
        elif code == SSL_REQUEST:
            # Before the answer: the client's handshake belongs to the TLS layer, which reads on by itself.
            self._transport.pause_reading()
            self._transport.write(b"S")
            self._task = asyncio.get_running_loop().create_task(self._encrypt(self._transport))
        elif code == CANCEL_REQUEST:
            # Older clients send it in plain text, and servers take it.
            self._transport.pause_reading()
            self._task = asyncio.get_running_loop().create_task(self._cancel(self._transport))
        elif len(self._received) >= length:
            self._transport.write(_refusal(self._received[HEADER.size : length]))
            self._transport.close()

    async def _encrypt(self, transport: asyncio.Transport) -> None:
        loop = asyncio.get_running_loop()
        client = _Pipe()
        try:
            upstream, server = await loop.create_connection(_Pipe, "127.0.0.1", self._upstream_port)
            client.peer, server.peer = server, client
            # start_tls calls no connection_made, so until it is back there is nowhere to send an answer to.
            upstream.pause_reading()
            client.transport = await loop.start_tls(transport, client, self._context, server_side=True)
            upstream.resume_reading()
        except (OSError, asyncio.CancelledError):
            client.end()
            transport.abort()

    async def _cancel(self, transport: asyncio.Transport) -> None:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self._upstream_port)
            writer.write(self._received)
            await writer.drain()
            writer.close()
            await writer.wait_closed()
        except OSError:
            pass
        finally:
            transport.close()


class _Pipe(asyncio.Protocol):
    """One end of a connection: passes on what it reads to the other end, no faster than that one takes it."""

    def __init__(self) -> None:
        self.peer: _Pipe | None = None
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if self.peer is not None and self.peer.transport is not None:
            self.peer.transport.write(data)

    def pause_writing(self) -> None:
        if self.peer is not None and self.peer.transport is not None:
            self.peer.transport.pause_reading()

    def resume_writing(self) -> None:
        if self.peer is not None and self.peer.transport is not None:
            self.peer.transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        self.end()

    def end(self) -> None:
        """Closes the other end after what it still has to send."""
        if self.peer is not None and self.peer.transport is not None:
            self.peer.transport.close()


def _refusal(startup: bytes) -> bytes:
    """The error a client reads that came without TLS: PostgreSQL's own words, SQLSTATE 28000."""
    words = startup.rstrip(b"\0").split(b"\0")
    given = dict(zip(words[::2], words[1::2], strict=False))
    user = given.get(b"user", b"").decode(errors="replace")
    database = given.get(b"database", given.get(b"user", b"")).decode(errors="replace")
    text = f'no pg_hba.conf entry for host "127.0.0.1", user "{user}", database "{database}", no encryption'
    fields = b"".join(kind + value.encode() + b"\0" for kind, value in ((b"S", "FATAL"), (b"V", "FATAL")))
    fields += b"C28000\0" + b"M" + text.encode() + b"\0\0"
    return b"E" + struct.pack("!i", len(fields) + 4) + fields
