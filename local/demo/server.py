"""The task, started: as the container of the pushed digest, as a container built here, or as a process.

Whichever it is, its environment is the task definition's and nothing else, but for what `overrides` says.
"""

from __future__ import annotations

import os
import platform
import shutil
import socket
import subprocess
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from local.child_process import ChildProcess
from local.demo.report import DemoError
from local.demo.task import Task
from local.engine import find_program
from tools.setup import toolchain

CONTAINER_NAME = "mlflow-demo-server"
LOCAL_IMAGE = "mlflow-demo:local"
# Where the stand-in certificate authority is mounted.
CONTAINER_CA = "/run/demo-ca.pem"
ENGINE_SECONDS = 20
FARGATE_CPU_UNITS = 1024
# As tight as a container can be run, whatever the task says.
TIGHT = ("--init", "--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges")


@dataclass(frozen=True)
class Overrides:
    """The variables that a task outside AWS needs besides its own environment.

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
            # No load balancer has to notice that it stops; open pages of a browser would keep it up.
            "MLFLOW_SHUTDOWN_DELAY_SECONDS": "0",
        }


def run_process(task: Task, overrides: Overrides, *, log: Path) -> ChildProcess:
    """The entry point of the image, from the same locked requirements, without a container."""
    python = toolchain.server_python()
    environment = {
        # What any container has as well.
        "PATH": f"{python.parent}:/usr/local/bin:/usr/bin:/bin",
        "HOME": str(log.parent),
        **task.environment,
        **overrides.environment(ca_bundle=str(overrides.ca_bundle)),
    }
    return ChildProcess(
        [python, "-m", "tracking_server", *task.command],
        log=log,
        environment=environment,
        directory=log.parent,
    )


def run_container(
    image: str, task: Task, overrides: Overrides, *, engine: Mapping[str, str], log: Path
) -> ChildProcess:
    """The image as the task has it: its size, user, rights, volumes and init; and the machine's network."""
    variables = {**task.environment, **overrides.environment(ca_bundle=CONTAINER_CA)}
    options = ["--init"] if task.init else []
    options += ["--user", task.user, *(["--read-only"] if task.readonly_root_filesystem else [])]
    for capability in task.dropped_capabilities:
        options += ["--cap-drop", capability]
    # An empty volume, which gets the image's owner and mode of the path, as on Fargate, and goes with the container.
    for path in task.volume_paths:
        options += ["--volume", path]
    options += ["--stop-timeout", str(task.stop_timeout_seconds)]
    options += ["--volume", f"{overrides.ca_bundle}:{CONTAINER_CA}:ro"]
    command = docker_run(
        image,
        name=CONTAINER_NAME,
        variables=variables,
        cpus=task.cpu_units / FARGATE_CPU_UNITS,
        memory_mib=task.memory_mib,
        options=options,
        arguments=task.command,
    )
    return ChildProcess(command, log=log, environment={**engine, **variables})


def docker_run(
    image: str,
    *,
    name: str,
    variables: Collection[str],
    cpus: float,
    memory_mib: int,
    options: Sequence[str],
    command: Sequence[str] = (),
    arguments: Sequence[str] = (),
) -> list[str]:
    """The command line that runs a container on the machine's network, limited as a task is; it goes when it ends.

    Args:
        variables: their names only: a command line can be read by everyone on the machine.
        command: instead of the image's entry point.
        arguments: for the image's entry point.
    """
    return [
        find_program("docker") or "docker",
        *("run", "--rm", "--name", name, "--network", "host"),
        *("--cpus", str(cpus), "--memory", f"{memory_mib}m"),
        *options,
        *(word for variable in sorted(variables) for word in ("--env", variable)),
        *(("--entrypoint", command[0]) if command else ()),
        image,
        *(command[1:] if command else arguments),
    ]


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
    context: Path,
    *,
    tag: str,
    base_image: str,
    environment: Mapping[str, str],
    log: Path,
    options: Sequence[str] = (),
) -> None:
    """Builds the image with the engine's own builder.

    Docker's command line needs buildx from version 23 on, which is not everywhere beside it. Debian's is older and has
    BuildKit in it, so each that is installed is tried.

    Raises:
        DemoError: it cannot be built; the log says why.
    """
    arguments = ["build", f"--tag={tag}", f"--build-arg=BASE_IMAGE={base_image}", *options, str(context)]
    folders = (None, *os.defpath.split(":"))
    programs = dict.fromkeys(filter(None, (shutil.which("docker", path=folder) for folder in folders)))
    said = ""
    for program in programs:
        answer = _run([program, *arguments], {**environment, "DOCKER_BUILDKIT": "1"}, timeout=None)
        if answer.returncode == 0:
            log.write_text(answer.stdout, encoding="utf-8")
            return
        said += answer.stdout
    log.write_text(said, encoding="utf-8")
    raise DemoError("the image could not be built", log=log, last_lines="\n".join(said.splitlines()[-5:]))


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
