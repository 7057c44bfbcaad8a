"""MLflow's job runner, beside the same server."""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from tests.image.replica import Replica

EXPERIMENT = "/api/2.0/mlflow/experiments/get?experiment_id=0"
START_SECONDS = 60


def runners(server: Replica) -> list[psutil.Process]:
    """The job runner and its consumers; waits until there are some."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        found = [
            process
            for process in server.processes()
            if "mlflow.server.jobs" in " ".join(process.cmdline()) and "gunicorn" not in process.cmdline()
        ]
        if found:
            return found
        assert time.monotonic() < deadline, server.log[-2000:]
        time.sleep(0.2)


def test_jobs_reach_the_server_and_may_take_their_time(
    on_new_database: Callable[[], dict[str, str]], log: Path
) -> None:
    environment = {**on_new_database(), "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "true", "MLFLOW_WORKERS": "1"}
    # Given the server on every address of the container, those of IPv6 too
    with Replica(environment, log=log, host="::") as server:
        server.wait_until_healthy()

        # Then jobs are given an address of it that answers them, and no limit for their statements
        for runner in runners(server):
            given = runner.environ()
            address = urlsplit(given["MLFLOW_TRACKING_URI"])
            assert (address.hostname, address.port) == ("localhost", server.port)
            assert server.status(EXPERIMENT, headers={"Host": address.netloc}) == http.client.OK
            assert "statement_timeout" not in given.get("PGOPTIONS", "")
