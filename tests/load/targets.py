"""The server that is put under load: a container with a task's limits, or a process where no engine is."""

from __future__ import annotations

import http.client
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

import psutil

from local.base_image import base_image
from local.child_process import ChildProcess
from local.demo.report import DemoError
from local.demo.server import (
    TIGHT,
    build_local_image,
    docker_run,
    free_port,
    local_engine_unavailable,
)
from local.docker_stack import build_secrets
from local.engine import Engine, NotHere, RunningEngine, missing_program
from tests.image.replica import Replica
from tools.setup.progress import PROJECT

IMAGE = "mlflow-on-aws/load:local"
NAME = "mlflow-under-load"
START_SECONDS = 180
CGROUPS = Path("/sys/fs/cgroup")


class ServerEnded(Exception):
    """A server did not become healthy; the text has the end of its log."""


@dataclass(frozen=True)
class Limits:
    """Of a task: vCPUs, and MiB of memory."""

    cpus: float
    memory_mib: int

    def __str__(self) -> str:
        return f"{self.cpus:g} vCPU, {self.memory_mib} MiB"


class Runner(Protocol):
    """Starts servers.

    Attributes:
        description: what they are, in one line.
        limited: they have the limits that are asked for.
    """

    description: str
    limited: bool

    def run(
        self, environment: Mapping[str, str], limits: Limits, *, log: Path, command: Sequence[str] = ()
    ) -> Container | Replica:
        """`command` instead of the image's own entry point."""
        ...


class Processes:
    """Starts servers as processes."""

    description = "processes, without limits of CPU and memory"
    limited = False

    def run(
        self, environment: Mapping[str, str], limits: Limits, *, log: Path, command: Sequence[str] = ()
    ) -> Replica:
        assert not command, "another command than the image's own needs a container"
        return Replica(environment, log=log)


class Container:
    """A context manager: a container on the host's network, as tight as production's; gone afterwards."""

    def __init__(
        self,
        engine: RunningEngine,
        environment: Mapping[str, str],
        limits: Limits,
        *,
        log: Path,
        command: Sequence[str],
    ) -> None:
        self._engine = engine
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log_file = log
        variables = {**environment, "MLFLOW_HOST": "127.0.0.1", "MLFLOW_PORT": str(self.port)}
        self._name = f"{NAME}-{self.port}"
        self._started = time.monotonic()
        self._child = ChildProcess(
            docker_run(
                IMAGE,
                name=self._name,
                variables=variables,
                cpus=limits.cpus,
                memory_mib=limits.memory_mib,
                options=[*TIGHT, "--volume", "/tmp", "--memory-swap", f"{limits.memory_mib}m"],
                command=command,
            ),
            log=log,
            environment={**os.environ, **engine.environment(), **variables},
        )

    def __enter__(self) -> Container:
        return self

    def __exit__(self, *error: object) -> None:
        self._engine.docker("kill", self._name, check=False)
        self._child.stop()

    def wait_until_healthy(self) -> float:
        while not self._is_healthy():
            if self._child.exit_status() is not None:
                raise ServerEnded(f"the server ended:\n{self._child.last_lines(20)}")
            if time.monotonic() - self._started > START_SECONDS:
                raise ServerEnded(f"not healthy after {START_SECONDS} s:\n{self._child.last_lines(20)}")
            time.sleep(0.05)
        return time.monotonic() - self._started

    def has_ended(self) -> bool:
        return self._child.exit_status() is not None

    def memory_mib(self) -> float:
        """The control group's working set: what the kernel could not give back at once."""
        return working_set_bytes(self._pid) / 2**20

    @cached_property
    def _pid(self) -> int:
        pid: int = self._engine.inspect(self._name)["State"]["Pid"]
        return pid

    def _is_healthy(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/health")
            return connection.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


class Containers:
    """Starts servers as containers of the image, built from this tree."""

    limited = True

    def __init__(self, engine: RunningEngine, base: str) -> None:
        self._engine = engine
        self.description = f"containers with a task's limits ({base})"

    def run(
        self, environment: Mapping[str, str], limits: Limits, *, log: Path, command: Sequence[str] = ()
    ) -> Container:
        return Container(self._engine, environment, limits, log=log, command=command)


@contextmanager
def containers(folder: Path, *, configured_base: str, say: Callable[[str], None]) -> Iterator[Containers]:
    """An engine, the one that runs or one of our own, with the image in it.

    Raises:
        NotHere: there is none, and none can be started.
    """
    with ExitStack() as opened:
        engine = _engine(folder, opened)
        base = base_image(engine, configured=configured_base, report=say)
        secrets = build_secrets(folder)
        say("building the image")
        try:
            build_local_image(
                PROJECT / "docker",
                tag=IMAGE,
                base_image=base.name,
                environment={**os.environ, **engine.environment()},
                log=folder / "build.log",
                options=[
                    "--network=host",
                    *(f"--secret=id={name},src={file}" for name, file in secrets.items()),
                ],
            )
        except DemoError as error:
            raise NotHere(f"{error}: {error.last_lines}") from error
        opened.callback(engine.docker, "rmi", "--force", IMAGE, check=False)
        yield Containers(engine, base.description)


def _engine(folder: Path, opened: ExitStack) -> RunningEngine:
    if local_engine_unavailable(os.environ) is None:
        return RunningEngine(os.environ)
    if os.geteuid() != 0:
        raise NotHere("no Docker engine answers, and only root can start one")
    if program := missing_program():
        raise NotHere(f"no Docker engine answers, and {program} is not installed")
    return opened.enter_context(Engine(folder=folder / "engine", environment=os.environ))


def working_set_bytes(pid: int) -> int:
    """As `docker stats` and Fargate count it: less the files that were not read lately."""
    file = _memory_file(pid)
    inactive = 0
    for line in file.with_name("memory.stat").read_text().splitlines():
        name, value = line.split()
        if name in ("total_inactive_file", "inactive_file"):
            inactive = int(value)
    return int(file.read_text()) - inactive


def _memory_file(pid: int) -> Path:
    """What the process's control group uses; the first version of control groups has other names than the second."""
    for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        for root, name in ((CGROUPS / "memory", "memory.usage_in_bytes"), (CGROUPS, "memory.current")):
            file = root / path.lstrip("/") / name
            if controllers in ("memory", "") and file.exists():
                return file
    raise psutil.NoSuchProcess(pid)
