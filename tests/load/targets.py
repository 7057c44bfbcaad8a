"""The server that is put under load: a container with a task's limits, or a process where no engine is."""

from __future__ import annotations

import http.client
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import psutil

from scripts.demo.server import free_port, local_engine_unavailable
from scripts.emulation.base_image import base_image
from scripts.emulation.docker_leg import build_secrets
from scripts.emulation.engine import Engine, NotHere, RunningEngine, find_program, missing_program
from scripts.emulation.leash import Leashed
from scripts.progress import PROJECT
from tests.image.replica import Replica

IMAGE = "mlflow-on-aws/load:local"
NAME = "mlflow-under-load"
START_SECONDS = 180
CGROUPS = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class Limits:
    """Of a task: vCPUs, and MiB of memory."""

    cpus: float
    memory_mib: int

    def __str__(self) -> str:
        return f"{self.cpus:g} vCPU, {self.memory_mib} MiB"


class Target(Protocol):
    """A running server.

    Attributes:
        url: of 127.0.0.1.
    """

    url: str

    def wait_until_healthy(self) -> float:
        """Seconds since the start."""
        ...

    def memory_mib(self) -> float:
        """What counts against the task's limit."""
        ...


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
    ) -> Container | Process:
        """`command` instead of the image's own entry point."""
        ...


class Process(Replica):
    """The entry point as a process, without limits."""


class Processes:
    """Starts servers as processes."""

    description = "processes, without limits of CPU and memory"
    limited = False

    def run(
        self, environment: Mapping[str, str], limits: Limits, *, log: Path, command: Sequence[str] = ()
    ) -> Process:
        if command:
            raise NotHere("another command than the image's own needs a container")
        return Process(environment, log=log)


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
        options = [
            *("--rm", "--name", self._name, "--network", "host", "--init"),
            *("--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--volume", "/tmp"),
            *("--cpus", str(limits.cpus), "--memory", f"{limits.memory_mib}m"),
            *("--memory-swap", f"{limits.memory_mib}m"),
            *(word for name in sorted(variables) for word in ("--env", name)),
            *(("--entrypoint", command[0]) if command else ()),
        ]
        self._started = time.monotonic()
        self._leash = Leashed(
            [find_program("docker") or "docker", "run", *options, IMAGE, *command[1:]],
            log=log,
            environment={**os.environ, **engine.environment(), **variables},
        )

    def __enter__(self) -> Container:
        return self

    def __exit__(self, *error: object) -> None:
        self._engine.docker("kill", self._name, check=False)
        self._leash.stop()

    def wait_until_healthy(self) -> float:
        while not self._is_healthy():
            if self._leash.exit_status() is not None:
                raise RuntimeError(f"the server ended:\n{self._leash.last_lines(20)}")
            if time.monotonic() - self._started > START_SECONDS:
                raise RuntimeError(f"not healthy after {START_SECONDS} s:\n{self._leash.last_lines(20)}")
            time.sleep(0.05)
        return time.monotonic() - self._started

    def has_ended(self) -> bool:
        return self._leash.exit_status() is not None

    def memory_mib(self) -> float:
        """The control group's working set: what the kernel could not give back at once."""
        return working_set_bytes(self._pid()) / 2**20

    def memory_peak_mib(self) -> float:
        """The most that the control group had at any moment, with what the kernel could give back."""
        return peak_bytes(self._pid()) / 2**20

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
        _build(engine, base.name, secrets)
        opened.callback(engine.docker, "rmi", "--force", IMAGE, check=False)
        yield Containers(engine, base.description)


def _engine(folder: Path, opened: ExitStack) -> RunningEngine:
    environment = {**os.environ, "DOCKER_BUILDKIT": "1"}
    if local_engine_unavailable(environment) is None:
        return RunningEngine(environment)
    if os.geteuid() != 0:
        raise NotHere("no Docker engine answers, and only root can start one")
    if program := missing_program():
        raise NotHere(f"no Docker engine answers, and {program} is not installed")
    return opened.enter_context(Engine(folder=folder / "engine", environment=environment))


def _build(engine: RunningEngine, base: str, secrets: Mapping[str, str]) -> None:
    arguments = [
        "build",
        "--network=host",
        f"--build-arg=BASE_IMAGE={base}",
        *(f"--secret=id={name},src={file}" for name, file in secrets.items()),
        f"--tag={IMAGE}",
        str(PROJECT / "docker"),
    ]
    # A command line of Docker 23 or later needs buildx, which is not always there. Debian's is older, and has BuildKit.
    programs = dict.fromkeys(
        program
        for folder in ("", *os.defpath.split(":"))
        if (program := shutil.which("docker", path=folder or None))
    )
    answers = []
    for program in programs:
        environment = {**os.environ, **engine.environment(), "DOCKER_BUILDKIT": "1"}
        done = subprocess.run(
            [program, *arguments], env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode == 0:
            return
        answers.append(f"{program}: {done.stderr.strip()[-2000:]}")
    raise NotHere("the image cannot be built here: " + "\n".join(answers))


def working_set_bytes(pid: int) -> int:
    """As `docker stats` and Fargate count it: less the files that were not read lately."""
    used, folder = _memory(pid, "memory.usage_in_bytes", "memory.current")
    inactive = 0
    for line in (folder / "memory.stat").read_text().splitlines():
        name, value = line.split()
        if name in ("total_inactive_file", "inactive_file"):
            inactive = int(value)
    return used - inactive


def peak_bytes(pid: int) -> int:
    return _memory(pid, "memory.max_usage_in_bytes", "memory.peak")[0]


def _memory(pid: int, v1: str, v2: str) -> tuple[int, Path]:
    for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        for name, file in ((CGROUPS / "memory", v1), (CGROUPS, v2)):
            folder = name / path.lstrip("/")
            if controllers in ("memory", "") and (folder / file).exists():
                return int((folder / file).read_text()), folder
    raise psutil.NoSuchProcess(pid)
