"""What runs in the container once the server does, how much memory it takes, and where the password is not."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from local.postgres import EmbeddedPostgres
from tests.image.conftest import DatabaseSecret
from tests.image.replica import Replica
from tests.image.task import USER, Task

EXPERIMENT = "/api/2.0/mlflow/experiments/get?experiment_id=0"
JOB_RUNNERS = ("huey", "mlflow.server.jobs", "_job_runner", "_periodic")
LARGE_BYTES = 60 * 1000 * 1000


@pytest.fixture
def without_database(server: Replica, postgres: EmbeddedPostgres) -> Iterator[None]:
    """The database lets nobody in, and each worker has been in before; one that has not tries for a minute first."""
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(server.status, [EXPERIMENT] * 40)) == {http.client.OK}
    with postgres.connect() as connection, connection.cursor() as cursor:
        cursor.execute("ALTER DATABASE mlflow ALLOW_CONNECTIONS false")
        try:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", [USER]
            )
            yield
        finally:
            cursor.execute("ALTER DATABASE mlflow ALLOW_CONNECTIONS true")


def test_no_jobs_run(server: Replica) -> None:
    # The job runner, Huey, is eight processes and 1.2 GiB.
    lines = server.command_lines()

    assert not [line for line in lines if any(name in line for name in JOB_RUNNERS)]
    # gunicorn, and the workers that it forked
    assert len(lines) == 1 + int(server.environment["MLFLOW_WORKERS"])


def test_nothing_is_reported_to_mlflow(server: Replica) -> None:
    for process in server.processes():
        assert process.environ()["MLFLOW_DISABLE_TELEMETRY"] == "true"


def test_the_memory_stays_below_the_tasks(server: Replica, task: Task, record_property: Any) -> None:
    # Given what it takes so far
    before = server.memory_mib()

    # When large artifacts have gone up, by a few clients at once and one after the other
    for number in range(4):
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        connection.request(
            "PUT", f"/api/2.0/mlflow-artifacts/artifacts/0/{number}/artifacts/x", bytes(LARGE_BYTES)
        )
        assert connection.getresponse().status == http.client.OK
        connection.close()

    # Then it is still less than the task has
    after = server.memory_mib()
    print(f"memory of the server's processes: {before:.0f} MiB, {after:.0f} MiB after 240 MB of uploads")
    assert max(before, after) < task.memory_mib


def test_an_error_answer_says_nothing_of_the_password(
    without_database: None, server: Replica, secret: DatabaseSecret
) -> None:
    # When a request needs the database, which is not there
    status, text = server.request(EXPERIMENT)

    # Then the answer invites to try again, and shows neither password nor URI
    assert status in (http.client.SERVICE_UNAVAILABLE, http.client.INTERNAL_SERVER_ERROR)
    assert json.loads(text)["error_code"]
    assert not [password for password in secret.passwords if password in text]
    assert "rdssecret://" not in text


def test_server_recovers_when_the_database_is_back(server: Replica) -> None:
    assert server.status(EXPERIMENT) == http.client.OK


@pytest.mark.parametrize(
    "path",
    [
        "/version",
        "/health",
        "/api/3.0/mlflow/server-info",
        "/api/2.0/mlflow/experiments/get?experiment_id=9223372036854775807",
        "/api/2.0/mlflow/experiments/get?experiment_id=99999999999999999999999",
        "/api/2.0/mlflow/runs/get?run_id=%00",
        "/api/2.0/mlflow/runs/search",
        "/api/2.0/mlflow-artifacts/artifacts/none",
        "/ajax-api/2.0/mlflow/get-trace-artifact?request_id=1",
        "/nothing",
    ],
)
def test_no_answer_shows_the_password(path: str, server: Replica, secret: DatabaseSecret) -> None:
    _, text = server.request(path)

    assert not [password for password in secret.passwords if password in text]


def test_no_password_is_in_the_log_or_on_a_command_line(server: Replica, secret: DatabaseSecret) -> None:
    # Given everything that was done to this server, an error that has the traceback of a connection among it
    assert "Traceback" in server.log

    # Then no password it ever had is anywhere to be read
    for password in secret.passwords:
        assert password not in server.log
        assert not [line for line in server.command_lines() if password in line]
        for process in server.processes():
            assert password not in "".join(process.environ().values())
