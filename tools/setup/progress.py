"""What the set-up shows: one line for each step with its time, and where the log of a failed one is.

Standard library only, as all that `make setup` runs: it comes before any package.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
TOOLS = PROJECT / ".tools"
LOGS = TOOLS / "logs"

POLL_SECONDS = 0.2
# Without a terminal, a step that takes long says so this often.
PLAIN_PROGRESS_SECONDS = 15.0
LAST_LINES = 15


class SetupError(Exception):
    """What is missing or failed, and what to do about it; its text is the whole report."""


class Step:
    """One step, shown on standard error (standard output belongs to the program that needs the step).

    Use as a context manager; `detail` is shown behind the time when it is done.
    """

    def __init__(self, name: str, *, log: str) -> None:
        self.name = name
        self.log = LOGS / f"{log}.log"
        self.detail = ""
        self._terminal = sys.stderr.isatty()
        self._started = time.monotonic()
        self._said = self._started

    def __enter__(self) -> Step:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.log.write_text("", encoding="utf-8")
        self._show(f"{self.name} ...", end="\r" if self._terminal else "\n")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, at: object) -> None:
        if kind is None:
            detail = f": {self.detail}" if self.detail else ""
            self._show(f"{self.name}{detail} ({self._seconds():.0f} s)")
        else:
            self._show(f"{self.name}: failed ({self._seconds():.0f} s)")

    def run(
        self, command: Sequence[str | Path], *, environment: Mapping[str, str], directory: Path = PROJECT
    ) -> bool:
        """Runs a command with its output in the log; whether it ended well."""
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [str(part) for part in command],
                cwd=directory,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
            try:
                while process.poll() is None:
                    self.tick()
                    time.sleep(POLL_SECONDS)
            except BaseException:
                process.terminate()
                process.wait()
                raise
        return process.returncode == 0

    def tick(self, state: str = "") -> None:
        """Shows that it is still under way."""
        now = time.monotonic()
        text = f"{self.name} ... {state or f'{self._seconds():.0f} s'}"
        if self._terminal and now - self._said >= 1:
            self._show(text, end="\r")
        elif not self._terminal and now - self._said >= PLAIN_PROGRESS_SECONDS:
            self._show(text)
        else:
            return
        self._said = now

    def last_lines(self) -> str:
        """The end of the log, for an error report."""
        lines = [line for line in self.log.read_text(encoding="utf-8", errors="replace").splitlines() if line]
        return "\n".join(f"    {line}" for line in lines[-LAST_LINES:])

    def failed(self, what: str) -> SetupError:
        """The report on a command that failed: what, the end of its log, and where the log is."""
        return SetupError(f"{what}\n{self.last_lines()}\n  Log: {self.log}")

    def _seconds(self) -> float:
        return time.monotonic() - self._started

    def _show(self, text: str, *, end: str = "\n") -> None:
        # On a terminal, what was longer before is wiped.
        print(f"{text}\x1b[K" if self._terminal else text, end=end, file=sys.stderr, flush=True)
