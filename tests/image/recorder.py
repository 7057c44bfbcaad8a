"""Stands where the load balancer and its firewall stand: passes requests on to the server, and keeps what came."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl, unquote, urlsplit

# Of one connection, not of the message (RFC 9110, section 7.6.1).
HOP_BY_HOP = ("connection", "keep-alive", "transfer-encoding")


@dataclass(frozen=True)
class Request:
    """One request as it came over the wire.

    Attributes:
        version: of HTTP, such as `HTTP/1.1`.
        target: path and query, percent-encoded as they came.
        headers: name and value, in the client's order and spelling.
        body: without chunks' sizes.
    """

    method: str
    target: str
    version: str
    headers: Sequence[tuple[str, str]]
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query_string(self) -> str:
        return urlsplit(self.target).query

    @property
    def arguments(self) -> list[str]:
        """The values of the query string, decoded."""
        return [value for _, value in parse_qsl(self.query_string, keep_blank_values=True)]

    @property
    def decoded_path(self) -> str:
        return unquote(self.path)

    def header(self, name: str) -> str | None:
        """All values of a header, joined; None where there is none."""
        values = [value for key, value in self.headers if key.lower() == name.lower()]
        return ", ".join(values) if values else None

    def __str__(self) -> str:
        return f"{self.method} {self.target[:200]} ({len(self.body)} bytes)"


class Recorder:
    """A context manager: a proxy on a free port of 127.0.0.1 in front of the server at `port`.

    Attributes:
        url: where clients connect.
        requests: what came so far.
    """

    def __init__(self, *, port: int) -> None:
        self.requests: list[Request] = []
        requests = self.requests

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one_request(self) -> None:
                """As the base class does, with any method."""
                self.raw_requestline = self.rfile.readline(65537)
                if not self.raw_requestline or not self.parse_request():
                    self.close_connection = True
                    return
                self._pass_on()
                self.wfile.flush()

            def log_message(self, format: str, *args: object) -> None:
                """Nothing: the requests are kept."""

            def _pass_on(self) -> None:
                headers = list(self.headers.items())
                body = self._body()
                requests.append(Request(self.command, self.path, self.request_version, headers, body))
                upstream = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
                try:
                    upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
                    for name, value in headers:
                        if name.lower() not in (*HOP_BY_HOP, "content-length"):
                            upstream.putheader(name, value)
                    if body or "content-length" in self.headers:
                        upstream.putheader("Content-Length", str(len(body)))
                    upstream.endheaders(body)
                    self._answer(upstream.getresponse())
                finally:
                    upstream.close()

            def _body(self) -> bytes:
                if "chunked" not in (self.headers.get("Transfer-Encoding") or ""):
                    return self.rfile.read(int(self.headers.get("Content-Length") or 0))
                body = b""
                while size := int(self.rfile.readline().split(b";")[0], 16):
                    body += self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
                return body

            def _answer(self, answer: http.client.HTTPResponse) -> None:
                content = answer.read()
                self.send_response_only(answer.status, answer.reason)
                for name, value in answer.getheaders():
                    if name.lower() not in (*HOP_BY_HOP, "content-length"):
                        self.send_header(name, value)
                if answer.status not in (204, 304):
                    self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, name="recorder", daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
