"""The image's entry point, started as the container would be: a process of the locked server environment."""

from __future__ import annotations

import http.client
import re
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

from local.child_process import ChildProcess
from local.demo.server import free_port
from modules.common.task_life import GRACEFUL_SHUTDOWN_SECONDS
from tools.setup import toolchain

START_SECONDS = 120


class Replica:
    """A context manager: `python -m tracking_server` in an environment of its own, ended afterwards.

    Args:
        environment: the container's; host and port are set here.
        log: its standard output and error.
        host: what it listens on; 127.0.0.1 has to be part of it.
        arguments: the container's command.

    Attributes:
        port, url: of 127.0.0.1.
        environment: what it was started with.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        *,
        log: Path,
        host: str = "127.0.0.1",
        arguments: Sequence[str] = (),
    ) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log_file = log
        self.environment = container_environment(
            {**environment, "MLFLOW_HOST": host, "MLFLOW_PORT": str(self.port)}, home=log.parent
        )
        self._started = time.monotonic()
        command: list[str | Path] = [toolchain.server_python(), "-m", "tracking_server", *arguments]
        self._child = ChildProcess(command, log=log, environment=self.environment, directory=log.parent)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._child.stop()

    @property
    def log(self) -> str:
        return self.log_file.read_text(encoding="utf-8", errors="replace")

    def wait_until_healthy(self, path: str = "/health") -> float:
        """Seconds since the start; fails when it ends before."""
        while self.status(path) != http.client.OK:
            assert self._child.exit_status() is None, self._child.last_lines(30)
            assert time.monotonic() - self._started < START_SECONDS, self._child.last_lines(30)
            time.sleep(0.1)
        return time.monotonic() - self._started

    def wait_for_log(self, text: str) -> None:
        """Fails when it ends before its log has `text`."""
        while text not in self.log:
            assert self._child.exit_status() is None, self._child.last_lines(30)
            assert time.monotonic() - self._started < START_SECONDS, self._child.last_lines(30)
            time.sleep(0.05)

    def terminate(self) -> None:
        """SIGTERM to the container's first process, as ECS sends it."""
        self.processes()[0].send_signal(signal.SIGTERM)

    def wait(self, seconds: float = GRACEFUL_SHUTDOWN_SECONDS) -> tuple[int, float]:
        """The exit status, and how many seconds it took from now; by default, requests may take all of theirs."""
        since = time.monotonic()
        while (status := self._child.exit_status()) is None:
            assert time.monotonic() - since < seconds, self._child.last_lines(30)
            time.sleep(0.02)
        return status, time.monotonic() - since

    def processes(self) -> list[psutil.Process]:
        """The container's first process and all that descend from it."""
        while not (children := psutil.Process(self._child.pid).children()):
            time.sleep(0.02)
        return [children[0], *children[0].children(recursive=True)]

    def command_lines(self) -> list[str]:
        found = []
        for process in self.processes():
            with suppress(psutil.NoSuchProcess):
                found.append(" ".join(process.cmdline()))
        return found

    def memory_mib(self) -> float:
        """Of all processes, what they share counted once, as a container's limit does."""
        total = 0
        for process in self.processes():
            memory = process.memory_full_info()
            total += getattr(memory, "pss", memory.rss)
        return total / 2**20

    def status(
        self, path: str, *, method: str = "GET", headers: Mapping[str, str] | None = None
    ) -> int | None:
        """The status of an answer; None when there is none."""
        try:
            return self.request(path, method=method, headers=headers)[0]
        except (OSError, http.client.HTTPException):
            return None

    def request(
        self,
        path: str,
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> tuple[int, str]:
        """Status and text of an answer, with headers of one's own; `Host` too."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body=body, headers=dict(headers or {}))
            answer = connection.getresponse()
            return answer.status, answer.read().decode(errors="replace")
        finally:
            connection.close()

    def raw(self, headers: Sequence[tuple[str, str]], path: str = "/version") -> int:
        """The status of an answer to a request with exactly these headers, a name as often as it is given."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.putrequest("GET", path)
            for name, value in headers:
                connection.putheader(name, value)
            connection.endheaders()
            return connection.getresponse().status
        finally:
            connection.close()


def container_environment(variables: Mapping[str, str], *, home: Path) -> dict[str, str]:
    """`variables`, and what any container has as well."""
    folder = toolchain.server_python().parent
    paths = {"PATH": f"{folder}:/usr/local/bin:/usr/bin:/bin", "HOME": str(home)}
    return {**image_environment(), **paths, **variables}


@cache
def image_environment() -> dict[str, str]:
    """The Dockerfile's variables, but for those about the image's own files."""
    dockerfile = Path(__file__).parents[2] / "docker" / "Dockerfile"
    (variables,) = re.findall(
        r"^ENV (PATH=(?:.*\\\n)*.*)$", dockerfile.read_text(encoding="utf-8"), re.MULTILINE
    )
    found = dict(variable.split("=", 1) for variable in variables.replace("\\\n", " ").split())
    return {name: value for name, value in found.items() if "/" not in value and name != "PYTHONSAFEPATH"}


def run(
    arguments: Sequence[str], variables: Mapping[str, str], *, home: Path, timeout: float = 120
) -> subprocess.CompletedProcess[str]:
    """The image's interpreter with `arguments`, to its end; both its outputs are in `stdout`."""
    return subprocess.run(
        [toolchain.server_python(), *arguments],
        cwd=home,
        env=container_environment(variables, home=home),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=timeout,
    )


def exit_of(environment: Mapping[str, str], *, home: Path) -> subprocess.CompletedProcess[str]:
    """What the entry point says when it is expected to end by itself."""
    return run(["-m", "tracking_server"], environment, home=home)
