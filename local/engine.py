"""A Docker engine of our own: started for one run and gone with it, however that ends; its build cache stays."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from local.child_process import ChildProcess
from local.namespace import unmount_below

PROGRAMS = ("dockerd", "containerd", "runc", "docker")
START_SECONDS = 60
# Ends what dockerd says of a command line or a setting that it does not know.
USAGE = "dockerd --help"
# As many runs at once as are given a cache of their own.
CACHES = 4
KEPT_BUILD_CACHE = "8gb"


class EngineError(Exception):
    """The engine did what it should not; the text says what, and where its log is."""


class NotHere(EngineError):
    """It is this machine that lacks something, and nothing is wrong with us."""


def cache_folder() -> Path:
    """Where this project keeps what is slow to make, per user."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "mlflow-on-aws"


def missing_program(names: Sequence[str] = PROGRAMS) -> str | None:
    """The first of `names` that is on no path; None where all are there."""
    return next((name for name in names if find_program(name) is None), None)


def find_program(name: str) -> str | None:
    """A program's path, also where a user's own search path leaves out the administrator's folders."""
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/local/sbin:/usr/sbin:/sbin")


class RunningEngine:
    """Docker's command line against an engine that runs already: the one that `environment` names.

    Args:
        environment: of the command line.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = dict(environment)

    def docker(
        self, *arguments: str, check: bool = True, timeout: float | None = None, given: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Runs Docker's own command line against this engine, with `given` on its standard input.

        Raises:
            EngineError: the command failed and `check` is set.
        """
        done = subprocess.run(
            [find_program("docker") or "docker", *arguments],
            env={**self._environment, **self.environment()},
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout,
            input=given or "",
        )
        if check and done.returncode != 0:
            raise EngineError(f"docker {' '.join(arguments)}: {done.stderr.strip()}{self._where()}")
        return done

    def inspect(self, name: str) -> dict[str, Any]:
        """What the engine knows of an image or a container."""
        found: list[dict[str, Any]] = json.loads(self.docker("inspect", name).stdout)
        return found[0]

    def environment(self) -> dict[str, str]:
        """What makes Docker's clients find this engine."""
        return {}

    def _where(self) -> str:
        """Where more can be read, as the end of an error's text."""
        return ""


class Engine(RunningEngine):
    """Runs `dockerd` with containers on the host's network: no bridge, no firewall rule, nothing set on the machine.

    Args:
        folder: of this run: socket, process id, log.
        environment: of the engine, such as proxies.
    """

    def __init__(self, *, folder: Path, environment: Mapping[str, str]) -> None:
        super().__init__(environment)
        self._folder = folder
        self._socket = folder / "docker.sock"
        self._process: ChildProcess | None = None
        self._lock: IO[str] | None = None
        self._cgroups: set[Path] = set()
        self.log = folder / "dockerd.log"
        self.host = f"unix://{self._socket}"

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.tidy()
        self.stop()

    def start(self) -> None:
        """Starts the engine and waits until it answers.

        Raises:
            NotHere: it ended: no control groups, no rights, no file system for its layers.
            EngineError: it does not know what it was given, or does not answer.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        data = self._own_cache()
        self._cgroups = _docker_cgroups()
        settings = self._folder / "daemon.json"  # instead of the machine's
        settings.write_text("{}", encoding="utf-8")
        command = [
            find_program("dockerd") or "dockerd",
            f"--config-file={settings}",
            f"--data-root={data}",
            f"--exec-root={self._folder / 'exec'}",
            f"--pidfile={self._folder / 'dockerd.pid'}",
            f"--host={self.host}",
            "--bridge=none",
            "--iptables=false",
            "--ip6tables=false",
            "--ip-forward=false",
            "--ip-masq=false",
            "--userland-proxy=false",
        ]
        self._process = ChildProcess(command, log=self.log, environment=self._environment)
        self._await_answer()

    def stop(self) -> None:
        """Stops the engine and the containerd it started; their data stays in the cache."""
        if self._process is not None:
            self._process.stop()
            self._process = None
        unmount_below(self._folder)
        for made in sorted(_docker_cgroups() - self._cgroups):
            _remove_tree_of_cgroups(made)
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def tidy(self) -> None:
        """Removes containers and images of this run; what their layers were built from stays cached, up to a size."""
        if self._process is None or self._process.exit_status() is not None:
            return
        if containers := self.docker("ps", "--all", "--quiet", check=False).stdout.split():
            self.docker("rm", "--force", "--volumes", *containers, check=False)
        self.remove_images("*.dkr.ecr.*/*")
        self.docker("image", "prune", "--force", check=False)
        self.docker("builder", "prune", "--force", "--keep-storage", KEPT_BUILD_CACHE, check=False)

    def remove_images(self, reference: str) -> None:
        """Removes the images whose name matches, so that they have to come from their registry again."""
        ids = self.docker("images", "--quiet", "--no-trunc", f"--filter=reference={reference}", check=False)
        if images := sorted(set(ids.stdout.split())):
            self.docker("rmi", "--force", *images, check=False)

    def environment(self) -> dict[str, str]:
        """What makes Docker's clients find this engine, and no credential or setting of the user's."""
        return {"DOCKER_HOST": self.host, "DOCKER_CONFIG": str(self._folder / "client"), "DOCKER_CONTEXT": ""}

    def _where(self) -> str:
        return f" (engine log: {self.log})"

    def _await_answer(self) -> None:
        assert self._process is not None
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self._process.exit_status() is not None:
                said = self._process.last_lines(1) or "it said nothing"
                kind = EngineError if USAGE in said else NotHere
                raise kind(f"dockerd does not run here: {said}")
            if self._socket.exists() and self.docker("version", check=False).returncode == 0:
                return
            time.sleep(0.2)
        raise EngineError(f"dockerd did not answer within {START_SECONDS} s (log: {self.log})")

    def _own_cache(self) -> Path:
        """The first cache that no other run uses: an engine's data serves one engine at a time."""
        for number in range(1, CACHES + 1):
            data = cache_folder() / f"engine-{number}"
            data.mkdir(parents=True, exist_ok=True)
            lock = (data / "lock").open("w", encoding="utf-8")
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                lock.close()
                continue
            self._lock = lock
            return data / "data"
        raise EngineError(
            f"{CACHES} runs use all engine caches in {cache_folder()}: wait until one has ended"
        )


def _docker_cgroups() -> set[Path]:
    """Control groups named `docker`, in whose children engines put their containers."""
    return {*Path("/sys/fs/cgroup").glob("docker"), *Path("/sys/fs/cgroup").glob("*/docker")}


def _remove_tree_of_cgroups(group: Path) -> None:
    for folder, _, _ in os.walk(group, topdown=False):
        try:
            os.rmdir(folder)
        except OSError:
            return  # another engine's container lives in it
