"""SIGTERM, as ECS sends it before a deployment's old task goes: whatever the server is doing."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.aws.account import EmulatedAws
from modules.common.task_life import GRACEFUL_SHUTDOWN_SECONDS
from tests.image.replica import Replica
from tests.image.task import BUCKET

UPLOAD_BYTES = 8 * 1000 * 1000
STILL_SENDING_SECONDS = 4.0


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that takes connections and says nothing."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A port that is taken, and that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def test_an_upload_in_flight_is_finished(environment: dict[str, str], aws: EmulatedAws, log: Path) -> None:
    content = os.urandom(UPLOAD_BYTES)
    with Replica(environment, log=log) as server:
        server.wait_until_healthy()
        # Given an upload that is half done
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        connection.putrequest("PUT", "/api/2.0/mlflow-artifacts/artifacts/0/stopped/artifacts/weights.bin")
        connection.putheader("Content-Length", str(UPLOAD_BYTES))
        connection.endheaders(content[: UPLOAD_BYTES // 2])

        # When SIGTERM comes, and the rest follows seconds later
        server.terminate()
        later = threading.Timer(STILL_SENDING_SECONDS, connection.send, [content[UPLOAD_BYTES // 2 :]])
        later.start()
        answer = connection.getresponse()

        # Then it is answered and kept whole, and the server ends well
        assert answer.status == http.client.OK
        later.join()
        status, _ = server.wait()
    connection.close()
    s3: Any = aws.session().client("s3")
    stored = s3.get_object(Bucket=BUCKET, Key="0/stopped/artifacts/weights.bin")["Body"].read()
    assert stored == content
    assert status == 0


def test_a_server_that_is_to_quit_at_once_does(environment: dict[str, str], log: Path) -> None:
    with Replica(environment, log=log) as server:
        server.wait_until_healthy()
        # Given a client that keeps its connection
        client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        client.request("GET", "/version")
        client.getresponse().read()

        server.processes()[0].send_signal(signal.SIGINT)

        # It does not wait for connections to be given up, as after SIGTERM.
        server.wait(GRACEFUL_SHUTDOWN_SECONDS / 4)
        client.close()


def test_waiting_for_a_database_that_refuses(
    environment: dict[str, str], closed_port: int, log: Path
) -> None:
    with Replica({**environment, "PGPORT": str(closed_port)}, log=log) as server:
        server.wait_for_log("Waiting for the database")

        server.terminate()

        status, _ = server.wait()
    assert status == 143
    assert "SIGTERM: stopped before the server ran." in server.log
    assert "Traceback" not in server.log


def test_waiting_for_a_database_that_is_silent(
    environment: dict[str, str], silent_port: int, log: Path
) -> None:
    with Replica({**environment, "PGPORT": str(silent_port)}, log=log) as server:
        server.wait_for_log("Waiting for the database")

        server.terminate()

        status, _ = server.wait()
    assert status == 143


def test_a_database_that_never_answers_is_reported(
    environment: dict[str, str], closed_port: int, log: Path
) -> None:
    changes = {"PGPORT": str(closed_port), "MLFLOW_DATABASE_WAIT_SECONDS": "3"}
    with Replica({**environment, **changes}, log=log) as server:
        status, _ = server.wait()

    assert status == 1
    assert "has not answered in 3 s" in server.log
    assert "fix: see that it runs and that its security group lets this service in" in server.log
