"""What the demo shows: each step with its time while it runs and after, and the same in lines for a pipe and a log."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.status import Status
from rich.table import Table

# Without a terminal, a step that takes long says so this often.
PLAIN_PROGRESS_SECONDS = 15.0


class StepFailed(Exception):
    """A step failed and has been reported."""


class DemoError(Exception):
    """What failed, for people: the text, the last lines of its log, and where that is."""

    def __init__(self, text: str, *, log: Path | None = None, last_lines: str = "") -> None:
        super().__init__(text)
        self.log = log
        self.last_lines = last_lines


@dataclass
class Step:
    """A step under way: `progress` says how far it is, `detail` what came of it."""

    report: Report
    name: str
    started: float
    status: Status | None
    detail: str = ""
    said: float = 0.0

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.started

    def progress(self, text: str) -> None:
        line = f"{self.name} … {text} ({self.seconds:.0f} s)"
        if self.status is not None:
            self.status.update(line)
        elif self.seconds - self.said >= PLAIN_PROGRESS_SECONDS:
            self.said = self.seconds
            self.report.say(f"  … {line}")


class Report:
    """Console and log in one.

    Attributes:
        steps: name, seconds and detail of what is done.
        failed: whether any step failed.
    """

    def __init__(self, console: Console, *, log: Path) -> None:
        self.console = console
        self._log = log.open("a", encoding="utf-8", buffering=1)
        self.steps: list[tuple[str, float, str]] = []
        self.failed = False

    def say(self, text: str) -> None:
        self.console.print(text, markup=False, soft_wrap=True)
        self._log.write(text + "\n")

    def table(self, table: Table) -> None:
        self.console.print(table)
        plain = Console(file=self._log, width=120, highlight=False)
        plain.print(table)

    @contextmanager
    def step(self, name: str) -> Iterator[Step]:
        """Raises StepFailed after it has reported a DemoError; anything else passes unchanged."""
        started = time.monotonic()
        status = self.console.status(f"{name} …") if self.console.is_terminal else None
        if status is not None:
            status.start()
        step = Step(self, name, started, status)
        try:
            yield step
        except BaseException as error:
            if status is not None:
                status.stop()
            if isinstance(error, DemoError):
                self._report_failure(step, error)
                raise StepFailed(name) from error
            raise
        if status is not None:
            status.stop()
        self.steps.append((name, step.seconds, step.detail))
        self.say(f"✓ {name} ({step.seconds:.1f} s){': ' + step.detail if step.detail else ''}")

    def _report_failure(self, step: Step, error: DemoError) -> None:
        self.failed = True
        self.say(f"✗ {step.name} failed after {step.seconds:.1f} s: {error}")
        if error.last_lines:
            self.say("  last lines:")
            self.say("\n".join(f"    {line}" for line in error.last_lines.splitlines()))
        if error.log is not None:
            self.say(f"  log: {error.log}")
