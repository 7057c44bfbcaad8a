"""The folder that `make state` works in, `.tools/state/<environment>`, and the programs it runs there."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from tools.setup import toolchain
from tools.setup.progress import PROJECT, Step
from tools.state.errors import StateError

POLL_SECONDS = 0.1
LAST_LINES = 20
# Beside the environments' folders: no environment's name begins with a dot.
LOCK, APPLYING = ".lock", ".applying"
FOREIGN = ("TF_WORKSPACE", "TF_DATA_DIR", "TF_CLI_ARGS")


@dataclass(frozen=True)
class Done:
    """A program that has ended: its exit status, and all it said."""

    status: int
    output: str

    @property
    def last_lines(self) -> str:
        lines = [line for line in self.output.splitlines() if line.strip()]
        return "\n".join(f"    {line}" for line in lines[-LAST_LINES:])


class Workspace:
    """Held by one `make state` at a time; emptied when it is claimed.

    Attributes:
        root: where `cdktf.json` is, and the local state files are.
        environment: the one whose state this is about.
        folder: for copies, logs and what is synthesized; nothing in it is needed again.
    """

    def __init__(self, root: Path, environment: str, lock: IO[str]) -> None:
        self.root = root
        self.environment = environment
        self.folder = root / ".tools" / "state" / environment
        self._lock = lock

    @classmethod
    def claim(cls, root: Path, environment: str) -> Self:
        """Raises StateError when another one runs in this project."""
        (root / ".tools" / "state").mkdir(parents=True, exist_ok=True)
        lock = (root / ".tools" / "state" / LOCK).open("a")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StateError(
                f"`make state`, or a Terraform that it has started, is still running in {root}. Let it end first."
            ) from None
        workspace = cls(root, environment, lock)
        shutil.rmtree(workspace.folder, ignore_errors=True)
        workspace.folder.mkdir()
        return workspace

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._lock.close()

    @property
    def log(self) -> Path:
        return self.folder / "log"

    @property
    def applying(self) -> Path:
        """Exists while Terraform applies, and after that was cut off: holds when it began."""
        return self.root / ".tools" / "state" / APPLYING

    def synthesize(self, environments: Path, environ: Mapping[str, str]) -> None:
        """All stacks of the files in `environments`, into this folder.

        Raises:
            StateError: with what main.py said.
        """
        # CDKTF wants one above the folder that it writes to.
        (self.folder / "cdktf.json").write_text("{}", encoding="utf-8")
        variables = {
            **environ,
            "MLFLOW_INFRA_ENVIRONMENTS": str(environments),
            "CDKTF_OUTDIR": str(self.folder / "cdktf.out"),
        }
        done = self.run([sys.executable, PROJECT / "main.py"], directory=self.folder, environ=variables)
        if done.status != 0:
            raise StateError(f"The stacks could not be synthesized:\n{done.last_lines}\n  Log: {self.log}")

    def stack(self, name: str) -> Path:
        """The folder of a synthesized stack."""
        return self.folder / "cdktf.out" / "stacks" / name

    def backend(self, stack: str) -> dict[str, Any]:
        """Where a synthesized stack has its state, as Terraform's JSON."""
        document = json.loads((self.stack(stack) / "cdk.tf.json").read_text(encoding="utf-8"))
        backend: dict[str, Any] = document["terraform"]["backend"]
        return backend

    def terraform(
        self,
        *arguments: str | Path,
        directory: Path,
        environ: Mapping[str, str],
        step: Step | None = None,
        logged: bool = True,
    ) -> Done:
        """Terraform in `directory`, to its end."""
        # Those of the user's own work with Terraform are for another folder.
        kept = {name: value for name, value in environ.items() if not name.startswith(FOREIGN)}
        command = [toolchain.terraform(), *arguments]
        variables = {**kept, **toolchain.terraform_environment()}
        return self.run(command, directory=directory, environ=variables, step=step, logged=logged)

    def run(
        self,
        command: Sequence[str | Path],
        *,
        directory: Path,
        environ: Mapping[str, str],
        step: Step | None = None,
        logged: bool = True,
    ) -> Done:
        """Runs a program to its end; when this process is interrupted, the program ends in its own order first.

        What is not `logged` leaves no trace: a state may hold what is nobody's business.
        """
        with self.log.open("a+b") if logged else tempfile.TemporaryFile() as log:
            begin = log.seek(0, os.SEEK_END)
            process = subprocess.Popen(
                [str(word) for word in command],
                cwd=directory,
                env=dict(environ),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Ctrl-C comes once, from here: at a second one Terraform gives up what it is at.
                start_new_session=True,
                # Whichever process is killed, the lock is held until Terraform has ended, too.
                pass_fds=[self._lock.fileno()],
            )
            try:
                while process.poll() is None:
                    if step is not None:
                        step.tick()
                    time.sleep(POLL_SECONDS)
            except BaseException:
                process.send_signal(signal.SIGINT)
                process.wait()
                raise
            log.seek(begin)
            return Done(process.returncode, log.read().decode("utf-8", errors="replace"))
