"""The container of the deployed digest, as tight as it can be run, and a client of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3

from local.aws.account import without_aws
from local.child_process import ChildProcess
from local.demo.health import request
from local.demo.server import CONTAINER_CA, FARGATE_CPU_UNITS, TIGHT, Overrides, docker_run
from local.demo.task import Task, read_credentials
from local.docker_stack import DockerStack

NAME = "mlflow-of-the-docker-leg"
PROJECT = Path(__file__).resolve().parents[2]


@dataclass
class Server:
    """A running container.

    Attributes:
        uri: where clients find it.
        task: what it was started from.
        leg: whose engine runs it.
        log: what it writes.
        credentials: the client's variables to sign in.
    """

    uri: str
    task: Task
    leg: DockerStack
    log: Path
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)

    def inspect(self) -> dict[str, Any]:
        """What the engine knows of it."""
        return self.leg.engine.inspect(NAME)

    def execute(self, *command: str) -> subprocess.CompletedProcess[str]:
        """As `aws ecs execute-command` would."""
        return self.leg.engine.docker("exec", NAME, *command, check=False)

    def use(self) -> list[dict[str, Any]]:
        """Runs the demo's client program, in a process without AWS credentials; returns what it says it did."""
        variables = {**without_aws(os.environ), "MLFLOW_DISABLE_TELEMETRY": "true", **self.credentials}
        done = subprocess.run(
            [sys.executable, "-m", "local.demo.client", self.uri],
            cwd=PROJECT,
            env=variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{"name"')]


@contextmanager
def serve(
    leg: DockerStack, task: Task, overrides: Overrides, *, log: Path, session: boto3.Session
) -> Iterator[Server]:
    """Pulls the task's image and runs it with the task's size, user and variables, and no file to write to but in /tmp:
    as production has it, and so tighter than the demo.

    Yields when the target group would send it requests.
    """
    leg.pull(task.image)
    variables = {**task.environment, **overrides.environment(ca_bundle=CONTAINER_CA)}
    command = docker_run(
        task.image,
        name=NAME,
        variables=variables,
        cpus=task.cpu_units / FARGATE_CPU_UNITS,
        memory_mib=task.memory_mib,
        options=[
            *TIGHT,
            *("--user", task.user, "--volume", f"{overrides.ca_bundle}:{CONTAINER_CA}:ro"),
            # Empty volumes, which get the owner and the mode of the image's path, as on Fargate.
            *(word for path in task.volume_paths for word in ("--volume", path)),
        ],
        arguments=task.command,
    )
    container = ChildProcess(
        command,
        log=log,
        environment={**without_aws(os.environ), **leg.environment(), **variables},
    )
    try:
        _wait_until_healthy(container, task, port=overrides.port)
        uri = f"http://127.0.0.1:{overrides.port}"
        yield Server(uri, task, leg, log, read_credentials(session, task))
    finally:
        container.stop()


def _wait_until_healthy(container: ChildProcess, task: Task, *, port: int) -> None:
    deadline = time.monotonic() + task.grace_period_seconds
    while time.monotonic() < deadline:
        assert container.exit_status() is None, container.last_lines()
        try:
            check = task.health_check
            if request(port, check.path, host=f"127.0.0.1:{port}", timeout=check.timeout_seconds) == 200:
                return
        except OSError:
            pass
        time.sleep(0.5)
    raise AssertionError(f"not healthy within its grace period:\n{container.last_lines()}")
