"""Another team's Terraform: plain HCL, with no part of this project in it."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.emulator.environments import EMPTY_PLAN, NOT_EMPTY_PLAN
from tools.setup import toolchain


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
