"""Child processes that never outlive their parent: `python -m local.child_process … -- command …`.

The parent holds the write end of the wrapper's standard input. When the parent closes it or dies, in whatever way, the
wrapper ends the command, so that nothing keeps running after a `kill -9`.
"""

from __future__ import annotations

import argparse
import os
import pwd
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import FrameType

PROJECT = Path(__file__).resolve().parents[1]
STOP_SECONDS = 20


class ChildProcess:
    """A running command that ends with this process.

    Args:
        command: program and arguments.
        log: takes the command's output; appended to.
        environment: the command's whole environment.
        directory: where it runs.
        user: whom it runs as; None is this process's user.
        stop_signal: the one that ends the command in good order.
        remove: folders to remove after it ended.
    """

    def __init__(
        self,
        command: Sequence[str | Path],
        *,
        log: Path,
        environment: Mapping[str, str],
        directory: Path = PROJECT,
        user: str | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
        remove: Sequence[Path] = (),
    ) -> None:
        self.log = log
        options = [f"--signal={stop_signal.name}", f"--directory={directory}"]
        options += [f"--user={user}"] if user else []
        options += [f"--remove={folder}" for folder in remove]
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "local.child_process", *options, "--", *map(str, command)],
                cwd=PROJECT,
                env=dict(environment),
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                # Ctrl-C in a terminal goes to the parent alone, which stops its children in its own order.
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    def exit_status(self) -> int | None:
        """None while it runs."""
        return self._process.poll()

    def last_lines(self, count: int = 15) -> str:
        """The end of the log."""
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-count:])

    def stop(self) -> None:
        """Ends the command and waits until it has ended."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait()


def main(arguments: Sequence[str]) -> int:
    """Runs the command until it ends, standard input does, or a signal comes; returns its exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--signal", default=signal.SIGTERM.name)
    parser.add_argument("--directory", type=Path, default=PROJECT)
    parser.add_argument("--user")
    parser.add_argument("--remove", type=Path, action="append", default=[])
    parser.add_argument("command", nargs="+")
    options = parser.parse_args(arguments)
    # Started before any signal can come, and gone from here only when it has ended.
    entry = pwd.getpwnam(options.user) if options.user else None
    child: subprocess.Popen[bytes] = subprocess.Popen(
        options.command,
        cwd=options.directory,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        user=entry.pw_uid if entry else None,
        group=entry.pw_gid if entry else None,
        extra_groups=[] if entry else None,
    )
    stop_signal = signal.Signals[options.signal]

    def stop(number: int = 0, frame: FrameType | None = None) -> None:
        # In a thread: the main one sits in wait().
        threading.Thread(target=_end, args=(child, stop_signal), daemon=True).start()

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, stop)
    threading.Thread(target=_when_released, args=(stop,), daemon=True).start()
    try:
        return child.wait()
    finally:
        for folder in options.remove:
            shutil.rmtree(folder, ignore_errors=True)


def _when_released(stop: Callable[[], None]) -> None:
    while os.read(sys.stdin.fileno(), 1024):
        pass
    stop()


def _end(child: subprocess.Popen[bytes], stop_signal: signal.Signals) -> None:
    if child.poll() is not None:
        return
    child.send_signal(stop_signal)
    try:
        child.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        # Its whole session: a server's workers too.
        os.killpg(child.pid, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
