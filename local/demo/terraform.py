"""`cdktf deploy` and `cdktf destroy` as a user types them, watched while they run."""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Mapping
from pathlib import Path

from local.child_process import ChildProcess
from local.demo.report import DemoError, Step
from tools.setup import toolchain

COLORS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
PLANNED = re.compile(r"Plan: (\d+) to add, \d+ to change, (\d+) to destroy")
DONE = {
    "deploy": re.compile(r"Creation complete after"),
    "destroy": re.compile(r"Destruction complete after"),
}
BEGUN = re.compile(r"(\S+): (?:Creating|Destroying)\.\.\.")
FINISHED = re.compile(r"(\S+): (?:Creation|Destruction) complete")
POLL_SECONDS = 0.5
# A refused plan explains itself in a boxed paragraph.
LAST_LINES = 30


def cdktf(
    command: str, stack: str, *, environment: Mapping[str, str], output: Path, log: Path, step: Step
) -> int:
    """Runs `cdktf deploy` or `cdktf destroy` to its end.

    Returns:
        How many resources were created or destroyed.

    Raises:
        DemoError: it ended with an error.
    """
    program: list[str | Path] = [
        toolchain.cdktf(),
        command,
        stack,
        "--auto-approve",
        "--skip-provider-lock",
        "--output",
        output,
    ]
    run = ChildProcess(program, log=log, environment=environment, stop_signal=signal.SIGINT)
    try:
        while (status := run.exit_status()) is None:
            step.progress(_state(_text(log), command))
            time.sleep(POLL_SECONDS)
    except BaseException:
        # Terraform finishes what it has begun and releases the lock.
        step.progress("interrupting Terraform")
        run.stop()
        raise
    text = _text(log)
    if status != 0:
        raise DemoError(
            f"`cdktf {command} {stack}` ended with status {status}", log=log, last_lines=_last_lines(text)
        )
    return len(DONE[command].findall(text))


def _state(text: str, command: str) -> str:
    planned = PLANNED.search(text)
    if planned is None:
        return "planning"
    total = int(planned[1 if command == "deploy" else 2])
    under_way = dict.fromkeys(BEGUN.findall(text))
    for address in FINISHED.findall(text):
        under_way.pop(address, None)
    waiting = f", waiting for {', '.join(list(under_way)[:2])}" if under_way else ""
    verb = "created" if command == "deploy" else "destroyed"
    return f"{len(DONE[command].findall(text))} of {total} resources {verb}{waiting}"


def _text(log: Path) -> str:
    return COLORS.sub("", log.read_text(encoding="utf-8", errors="replace"))


def _last_lines(text: str) -> str:
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    return "\n".join(lines[-LAST_LINES:])
