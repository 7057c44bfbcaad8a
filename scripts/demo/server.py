"""The task, started: as the container of the pushed digest, as a container built here, or as a process.

Whichever it is, its environment is the task definition's and nothing else, but for what `overrides` says.
"""

from __future__ import annotations

import platform
import shutil
import socket
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts import toolchain
from scripts.demo.report import DemoError
from scripts.demo.task import Task
from scripts.emulation.leash import Leashed

CONTAINER_NAME = "mlflow-demo-server"
LOCAL_IMAGE = "mlflow-demo:local"
# Where the stand-in certificate authority is mounted.
CONTAINER_CA = "/run/demo-ca.pem"
ENGINE_SECONDS = 20
FARGATE_CPU_UNITS = 1024


@dataclass(frozen=True)
class Overrides:
    """What a task outside AWS has to be told besides its own environment.

    Attributes:
        aws: where the emulated AWS is, and its keys: on Fargate the task role's come by themselves.
        database_port: of the PostgreSQL that stands for the RDS instance; TLS still verifies the instance's name.
        ca_bundle: the authority that signed its certificate, instead of Amazon's.
        port: of 127.0.0.1, instead of 5000 of the task's own address.
    """

    aws: Mapping[str, str]
    database_port: int
    ca_bundle: Path
    port: int

    def environment(self, *, ca_bundle: str) -> dict[str, str]:
        return {
            **self.aws,
            "PGHOSTADDR": "127.0.0.1",
            "PGPORT": str(self.database_port),
            "PGSSLROOTCERT": ca_bundle,
            "MLFLOW_HOST": "127.0.0.1",
            "MLFLOW_PORT": str(self.port),
        }


def run_process(task: Task, overrides: Overrides, *, log: Path) -> Leashed:
    """The entry point of the image, from the same locked requirements, without a container."""
    python = toolchain.server_python()
    environment = {
        # What any container has as well.
        "PATH": f"{python.parent}:/usr/local/bin:/usr/bin:/bin",
        "HOME": str(log.parent),
        **task.environment,
        **overrides.environment(ca_bundle=str(overrides.ca_bundle)),
    }
    return Leashed([python, "-m", "tracking_server"], log=log, environment=environment, directory=log.parent)


def run_container(
    image: str, task: Task, overrides: Overrides, *, engine: Mapping[str, str], log: Path
) -> Leashed:
    """The image as the task has it: its size, user, rights, volumes and init; and the machine's network."""
    variables = {**task.environment, **overrides.environment(ca_bundle=CONTAINER_CA)}
    command = ["docker", "run", "--rm", "--name", CONTAINER_NAME, "--network", "host"]
    command += ["--init"] if task.init else []
    command += ["--user", task.user, *(["--read-only"] if task.readonly_root_filesystem else [])]
    for capability in task.dropped_capabilities:
        command += ["--cap-drop", capability]
    # An empty volume, which gets the image's owner and mode of the path, as on Fargate, and goes with the container.
    for path in task.volume_paths:
        command += ["--volume", path]
    command += ["--cpus", str(task.cpu_units / FARGATE_CPU_UNITS), "--memory", f"{task.memory_mib}m"]
    command += ["--stop-timeout", str(task.stop_timeout_seconds)]
    command += ["--volume", f"{overrides.ca_bundle}:{CONTAINER_CA}:ro"]
    # By name only: a command line can be read by everyone on the machine.
    for name in sorted(variables):
        command += ["--env", name]
    return Leashed([*command, image], log=log, environment={**engine, **variables})


def local_engine_unavailable(environment: Mapping[str, str]) -> str | None:
    """Why no container can be run here, in one line; None where one can."""
    if shutil.which("docker") is None:
        return "docker is not installed"
    if platform.system() != "Linux":
        return "a container of Docker Desktop does not reach this machine's 127.0.0.1"
    answer = _run(
        ["docker", "version", "--format", "{{.Server.Version}}"], environment, timeout=ENGINE_SECONDS
    )
    return None if answer.returncode == 0 else "no Docker engine answers"


def build_local_image(
    context: Path, *, base_image: str, platform_name: str, environment: Mapping[str, str], log: Path
) -> str:
    """Builds the image with the engine's own builder.

    Raises:
        DemoError: it cannot be built; the log says why.
    """
    command = ["docker", "build", "--tag", LOCAL_IMAGE, "--platform", platform_name]
    command += ["--build-arg", f"BASE_IMAGE={base_image}", str(context)]
    answer = _run(command, {**environment, "DOCKER_BUILDKIT": "1"}, timeout=None)
    log.write_text(answer.stdout, encoding="utf-8")
    if answer.returncode != 0:
        last = "\n".join(answer.stdout.splitlines()[-5:])
        raise DemoError("the image could not be built", log=log, last_lines=last)
    return LOCAL_IMAGE


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _run(
    command: Sequence[str], environment: Mapping[str, str], *, timeout: float | None
) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        return subprocess.CompletedProcess(command, 1, stdout=str(error))
