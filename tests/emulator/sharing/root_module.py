"""The other team's Terraform: plain HCL, with no part of this project in it."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts import toolchain
from tests.emulator.environments import EMPTY_PLAN, NOT_EMPTY_PLAN

OTHER_TEAM = Path(__file__).with_name("other_team")
# Both modules read into this local value. One that has no resources shows in its plan that it could be read.
ONLY_READ = 'output "read" {\n  value = local.mlflow.vpc_id\n}\n'


@dataclass(frozen=True)
class RootModule:
    """A folder of `.tf` files with a state of its own.

    Attributes:
        folder: where it lies.
        variables: the environment variables of its Terraform.
    """

    folder: Path
    variables: Mapping[str, str]

    def terraform(
        self, *arguments: str, user: Mapping[str, str] | None = None, ends_with: Sequence[int] = (0,)
    ) -> subprocess.CompletedProcess[str]:
        """Runs Terraform; `user` is a user's environment variables, None whoever `variables` says."""
        done = subprocess.run(
            [toolchain.terraform(), *arguments, "-no-color"],
            cwd=self.folder,
            env={**self.variables, **(user or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        said = "\n".join((done.stdout + done.stderr).splitlines()[-40:])
        assert done.returncode in ends_with, f"terraform {arguments} ended with {done.returncode}:\n{said}"
        return done

    def plan(self) -> int:
        """Its detailed exit code."""
        return self.terraform(
            "plan", "-detailed-exitcode", "-input=false", ends_with=(EMPTY_PLAN, NOT_EMPTY_PLAN)
        ).returncode

    def read(self, user: Mapping[str, str] | None = None) -> str:
        """What `ONLY_READ` puts out, planned by `user`."""
        self.terraform("plan", "-input=false", "-out=plan.bin", user=user)
        shown: dict[str, Any] = json.loads(self.terraform("show", "-json", "plan.bin").stdout)
        return str(shown["planned_values"]["outputs"]["read"]["value"])

    def refusal(self, user: Mapping[str, str]) -> str:
        """What Terraform says when a plan by `user` fails."""
        return self.terraform("plan", "-input=false", user=user, ends_with=(1,)).stderr


def whole(name: str, folder: Path, variables: Mapping[str, str]) -> RootModule:
    """The module `name` of the other team, made ready in `folder`."""
    shutil.copytree(OTHER_TEAM / name, folder)
    return _ready(RootModule(folder, variables))


def only_reading(name: str, folder: Path, variables: Mapping[str, str], *, instead: str = "") -> RootModule:
    """The part of it that reads what we publish; of another environment than `demo` where `instead` names one."""
    folder.mkdir()
    text = (OTHER_TEAM / name / "mlflow.tf").read_text(encoding="utf-8")
    reading = text.replace("mlflow/demo/", f"mlflow/{instead}/") if instead else text
    (folder / "mlflow.tf").write_text(reading, encoding="utf-8")
    (folder / "output.tf").write_text(ONLY_READ, encoding="utf-8")
    return _ready(RootModule(folder, variables))


def _ready(module: RootModule) -> RootModule:
    module.terraform("init", "-input=false")
    return module
