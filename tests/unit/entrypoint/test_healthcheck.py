"""The container's health check, against servers that answer in every way."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from tracking_server.healthcheck import check


class Handler(BaseHTTPRequestHandler):
    """200 at /health and below a prefix, 503 elsewhere."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path in ("/health", "/mlflow/health") else 503)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def port() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        yield str(server.server_port)
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("host", ["", "0.0.0.0", "127.0.0.1", "localhost"])
@pytest.mark.parametrize("prefix", ["", "/mlflow"])
def test_a_healthy_server(host: str, prefix: str, port: str) -> None:
    assert check({"MLFLOW_HOST": host, "MLFLOW_PORT": port, "MLFLOW_STATIC_PREFIX": prefix}) is None


def test_another_status_is_named(port: str) -> None:
    reason = check({"MLFLOW_PORT": port, "MLFLOW_STATIC_PREFIX": "/other"})

    assert reason == f"http://127.0.0.1:{port}/other/health answers 503"


def test_closed_port_is_unhealthy() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]

        reason = check({"MLFLOW_PORT": str(port)})

    assert reason is not None
    assert reason.startswith(f"http://127.0.0.1:{port}/health does not answer: ")


def test_an_answer_that_is_not_http() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(1024)
                connection.sendall(b"SSH-2.0\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        reason = check({"MLFLOW_PORT": str(listener.getsockname()[1])})
        thread.join()

    assert reason is not None
    assert "does not answer: " in reason


def test_a_port_that_is_none() -> None:
    reason = check({"MLFLOW_PORT": "http"})

    assert reason is not None
    assert "http://127.0.0.1:http/health does not answer" in reason
