"""Machines that plan and apply: a laptop, a CI runner, a colleague. Each is a clone and an environment."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from tools.setup import toolchain

PROJECT = Path(__file__).resolve().parents[2]
# What a synthesis reads, and so what a clone of ours needs.
SOURCES = ("main.py", "cdktf.json", "settings", "stacks", "modules", "docker", "environments")
STACK = "mlflow-demo"
STATE_BUCKET = "states-of-the-docker-leg"
STATE_KEY = "mlflow/demo/terraform.tfstate"
# Exit codes of `terraform plan -detailed-exitcode`.
EMPTY_PLAN, FAILED, NOT_EMPTY_PLAN = 0, 1, 2

Variables = Mapping[str, str]
NONE: Variables = MappingProxyType({})


def copy_sources(folder: Path) -> Path:
    """The project as it is now, for clones that are all of the same commit."""
    folder.mkdir()
    for name in SOURCES:
        source = PROJECT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
        else:
            shutil.copy(source, folder / name)
    return folder


@dataclass
class Machine:
    """A clone with nothing else of this machine's but programs and providers.

    Attributes:
        folder: the clone.
        variables: of the processes it starts; those of a single command come on top.
        printed: what synthesis, plan and apply said: what ends up in a log.
    """

    folder: Path
    variables: Mapping[str, str]
    printed: list[str] = field(default_factory=list)

    @classmethod
    def clone(cls, sources: Path, folder: Path, variables: Mapping[str, str], *, umask: int) -> Machine:
        """As git leaves it: of modes only the executable bit is kept, the rest is the umask's."""
        shutil.copytree(sources, folder)
        for path in folder.rglob("*"):
            executable = path.is_dir() or path.stat().st_mode & 0o100
            path.chmod((0o777 if executable else 0o666) & ~umask)
        return cls(folder, variables)

    @property
    def working_directory(self) -> Path:
        return self.folder / "cdktf.out" / "stacks" / STACK

    def synthesize(self, variables: Variables = NONE) -> None:
        """`main.py`, as `cdktf synth` runs it."""
        done = self._run([sys.executable, "main.py"], cwd=self.folder, variables=variables)
        self.printed += [done.stdout, done.stderr]

    def synthesized(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads((self.working_directory / "cdk.tf.json").read_text("utf-8"))
        return document

    def tag(self) -> str:
        """Of the image that the plan wants."""
        name: str = self.synthesized()["resource"]["docker_registry_image"]["image"]["name"]
        return name.rpartition(":")[2]

    def terraform(
        self, *arguments: str, ends_with: Sequence[int] = (0,), variables: Variables = NONE
    ) -> subprocess.CompletedProcess[str]:
        """Plain Terraform in the synthesized stack's folder; made ready first where that is new."""
        program = str(toolchain.terraform())
        if not (self.working_directory / ".terraform").exists():
            ready = [program, "init", "-input=false", "-no-color"]
            self._run(ready, cwd=self.working_directory, variables=variables)
        command = [program, *arguments]
        return self._run(command, cwd=self.working_directory, variables=variables, ends_with=ends_with)

    def plan(self, variables: Variables = NONE) -> int:
        """Its detailed exit code; `planned` then has the plan."""
        options = ("-detailed-exitcode", "-input=false", "-no-color", "-out=plan.bin")
        codes = (EMPTY_PLAN, FAILED, NOT_EMPTY_PLAN)
        done = self.terraform("plan", *options, ends_with=codes, variables=variables)
        self.printed += [done.stdout, done.stderr]
        return done.returncode

    def planned(self) -> dict[str, Any]:
        plan: dict[str, Any] = json.loads(self.terraform("show", "-json", "plan.bin").stdout)
        return plan

    def changes(self) -> dict[str, list[str]]:
        """Address → actions, of what the plan would change."""
        return {
            change["address"]: change["change"]["actions"]
            for change in self.planned()["resource_changes"]
            if change["change"]["actions"] not in (["no-op"], ["read"])
        }

    def apply(self, *arguments: str, fails: bool = False, variables: Variables = NONE) -> str:
        """What it said."""
        command = ("apply", "-auto-approve", "-input=false", "-no-color", *arguments)
        done = self.terraform(*command, ends_with=(FAILED if fails else 0,), variables=variables)
        self.printed += [done.stdout, done.stderr]
        return done.stdout + done.stderr

    def resources(self) -> list[str]:
        """What the state holds, without what was only read."""
        listed = self.terraform("state", "list").stdout.split()
        return [address for address in listed if not address.startswith("data.")]

    def outputs(self) -> dict[str, Any]:
        shown = json.loads(self.terraform("output", "-json").stdout)
        return {name: output["value"] for name, output in shown.items()}

    def _run(
        self,
        command: Sequence[str | Path],
        *,
        cwd: Path,
        variables: Variables = NONE,
        ends_with: Sequence[int] = (0,),
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [str(word) for word in command],
            cwd=cwd,
            env={**self.variables, **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        said = "\n".join((done.stdout + done.stderr).splitlines()[-40:])
        assert done.returncode in ends_with, (
            f"{' '.join(map(str, command))} ended with {done.returncode}:\n{said}"
        )
        return done
