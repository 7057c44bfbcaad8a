"""The demo's own folder: one demo at a time, and what another terminal has to know to stop it."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import psutil
from rich.console import Console

PROJECT = Path(__file__).resolve().parents[2]
FOLDER = PROJECT / ".demo"
# A destroy takes a minute; if something hangs, Terraform polls ECS and RDS for as long.
DOWN_SECONDS = 600


class AlreadyRunning(Exception):
    """Another demo runs in this folder."""


@dataclass(frozen=True)
class Run:
    """A running demo. `started` tells its process from a later one with the same number."""

    pid: int
    started: float

    @classmethod
    def of_this_process(cls) -> Run:
        return cls(pid=os.getpid(), started=psutil.Process().create_time())

    def is_alive(self) -> bool:
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.started) < 1
            return bool(same and process.status() != psutil.STATUS_ZOMBIE)
        except psutil.NoSuchProcess:
            return False


class Workspace:
    """`.demo/`, held by a file lock: whatever an earlier demo left there is of no use once the lock is free, as its
    AWS lived in memory.

    Attributes:
        folder: everything that the demo writes.
        logs: one file for each part.
    """

    def __init__(self, lock: IO[str]) -> None:
        self._lock = lock
        self.folder = FOLDER
        self.logs = FOLDER / "logs"

    @classmethod
    def claim(cls) -> Self:
        """Takes the folder and empties it.

        Raises:
            AlreadyRunning: another demo has it.
        """
        FOLDER.mkdir(exist_ok=True)
        lock = (FOLDER / "lock").open("a")
        if not _locked(lock):
            run = _read_run()
            who = f" (process {run.pid})" if run else ""
            raise AlreadyRunning(
                f"A demo is already running{who}. `make demo-down` stops it; its logs are in .demo/logs."
            )
        for item in FOLDER.iterdir():
            if item.name != "lock":
                shutil.rmtree(item) if item.is_dir() else item.unlink()
        workspace = cls(lock)
        workspace.logs.mkdir()
        _run_file().write_text(json.dumps(asdict(Run.of_this_process())), encoding="utf-8")
        return workspace

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        _run_file().unlink(missing_ok=True)
        self._lock.close()


def stop_running(console: Console) -> int:
    """Ends the running demo and shows what it says while it destroys everything; the exit status for the shell."""
    lock_file = FOLDER / "lock"
    if not lock_file.exists():
        console.print("No demo is running.")
        return 0
    with lock_file.open("a") as lock:
        if _locked(lock):
            console.print("No demo is running.")
            return 0
    run = _read_run()
    if run is None or not run.is_alive():
        console.print(
            f"A process holds {lock_file}, but it is not the demo that wrote {_run_file()}; nothing was stopped."
        )
        return 1
    console.print(f"Stopping the demo (process {run.pid}).")
    with (FOLDER / "logs" / "demo.log").open(encoding="utf-8") as log:
        log.seek(0, os.SEEK_END)
        os.kill(run.pid, signal.SIGTERM)
        deadline = time.monotonic() + DOWN_SECONDS
        while run.is_alive() and time.monotonic() < deadline:
            _show(log, console)
            time.sleep(0.2)
        _show(log, console)
    if run.is_alive():
        console.print(f"The demo has not ended in {DOWN_SECONDS} s; its logs are in {FOLDER / 'logs'}.")
        return 1
    return 0


def _show(log: IO[str], console: Console) -> None:
    if text := log.read():
        console.print(text, end="", markup=False)


def _locked(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _run_file() -> Path:
    return FOLDER / "run.json"


def _read_run() -> Run | None:
    try:
        return Run(**json.loads(_run_file().read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
