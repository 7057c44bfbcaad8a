"""One person's checkout of the interruptible stack: synthesized, applied, and interrupted."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.emulator.failures.interruptible import BUCKET_VARIABLE, GATES, GATES_VARIABLE, STACK_VARIABLE
from tools.setup import toolchain

PROJECT = Path(__file__).resolve().parents[3]
PROGRAM = [sys.executable, "-m", "tests.emulator.failures.interruptible"]
COLORS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
LOCK_ID = re.compile(r"^[│ ]*ID: +(\S+)", re.MULTILINE)
APPLY = ("apply", "-auto-approve", "-input=false", "-no-color")
PLAN = ("plan", "-detailed-exitcode", "-input=false", "-no-color")
# For a wait that ends as soon as what it waits for is there.
PATIENCE_SECONDS = 240


@dataclass(frozen=True)
class Said:
    """A command that ended: its status and all that it said, without colours."""

    status: int
    text: str

    @property
    def lock_id(self) -> str:
        """The one in a refusal."""
        found = LOCK_ID.search(self.text)
        assert found, self.text
        return found[1]


class Running:
    """A command under way, in a process group of its own."""

    def __init__(self, command: Sequence[str], *, cwd: Path, log: Path, variables: Mapping[str, str]) -> None:
        self._log = log
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                command,
                cwd=cwd,
                env=dict(variables),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_for(self, happened: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not happened():
            assert self._process.poll() is None, f"it ended before {what}:\n{self._text()}"
            assert time.monotonic() < deadline, f"{what} did not come:\n{self._text()}"
            time.sleep(0.1)

    def ended(self) -> Said:
        """Waits for its end."""
        status = self._process.wait(timeout=PATIENCE_SECONDS)
        return Said(status, self._text())

    def kill(self) -> None:
        """`kill -9` of the process alone: what it started goes on, as it would for a person."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def clean_up(self) -> None:
        """Ends all that is left of it: a killed Terraform leaves its providers running."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def _text(self) -> str:
        return COLORS.sub("", self._log.read_text(encoding="utf-8", errors="replace"))


@dataclass
class Workspace:
    """A checkout whose `cdktf.out` is `folder/cdktf.out`.

    Attributes:
        stack: its name; the state's key and the parameters' names are made of it.
        bucket: of the state.
        variables: of the processes it starts.
    """

    stack: str
    bucket: str
    folder: Path
    variables: Mapping[str, str]
    _running: list[Running] = field(default_factory=list)

    def __post_init__(self) -> None:
        for gate in GATES:
            (self._gates / gate).mkdir(parents=True)
        self.variables = {
            **self.variables,
            STACK_VARIABLE: self.stack,
            BUCKET_VARIABLE: self.bucket,
            GATES_VARIABLE: str(self._gates),
            "CDKTF_OUTDIR": str(self.folder / "cdktf.out"),
        }

    @property
    def working_directory(self) -> Path:
        return self.folder / "cdktf.out" / "stacks" / self.stack

    @property
    def state_key(self) -> str:
        return f"mlflow/{self.stack}/terraform.tfstate"

    @property
    def _gates(self) -> Path:
        return self.folder / "gates"

    def synthesize(self) -> None:
        """The stack's JSON, and a working directory that Terraform can use."""
        subprocess.run(PROGRAM, cwd=PROJECT, env=dict(self.variables), check=True, capture_output=True)
        assert self.terraform("init", "-input=false", "-no-color").status == 0

    def terraform(self, *arguments: str) -> Said:
        return self.begin_terraform(*arguments).ended()

    def begin_terraform(self, *arguments: str) -> Running:
        return self._begin([str(toolchain.terraform()), *arguments], cwd=self.working_directory)

    def begin_deploy(self, *, approved: bool = True) -> Running:
        """`cdktf deploy`, as a script runs it."""
        return self._begin_cdktf("deploy", approved=approved)

    def begin_destroy(self, *, approved: bool = True) -> Running:
        """`cdktf destroy`, as a script runs it."""
        return self._begin_cdktf("destroy", approved=approved)

    def reach(self, running: Running, gate: str) -> None:
        running.wait_for((self._gates / gate / "reached").exists, f"the gate {gate}")

    def open(self, *gates: str) -> None:
        for gate in gates:
            (self._gates / gate / "open").touch()

    def resources(self) -> list[str]:
        """The addresses in the state."""
        return self.terraform("state", "list").text.split()

    def plan_is_empty(self) -> bool:
        return self.terraform(*PLAN).status == 0

    def clean_up(self) -> None:
        self.open(*GATES)
        for running in self._running:
            running.clean_up()
        shutil.rmtree(self.working_directory / ".terraform", ignore_errors=True)

    def _begin_cdktf(self, command: str, *, approved: bool) -> Running:
        options = [
            *(["--auto-approve"] if approved else []),
            "--skip-provider-lock",
            "--app",
            " ".join(PROGRAM),
        ]
        output = ["--output", str(self.folder / "cdktf.out")]
        return self._begin([str(toolchain.cdktf()), command, self.stack, *options, *output], cwd=PROJECT)

    def _begin(self, command: Sequence[str], *, cwd: Path) -> Running:
        log = self.folder / f"{len(self._running)}.log"
        running = Running(command, cwd=cwd, log=log, variables=self.variables)
        self._running.append(running)
        return running


def state_in(s3: Any, workspace: Workspace) -> dict[str, Any]:
    """The state as the bucket has it; empty where it has none."""
    try:
        answer = s3.get_object(Bucket=workspace.bucket, Key=workspace.state_key)
    except s3.exceptions.NoSuchKey:
        return {}
    found: dict[str, Any] = json.loads(answer["Body"].read())
    return found
