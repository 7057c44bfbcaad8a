"""Environments of the platform as the tests handle them: synthesized, planned, applied and destroyed for real."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from local.aws.account import BROKEN_IMAGE, EmulatedAws, without_aws
from tools.setup import toolchain

PROJECT = Path(__file__).resolve().parents[2]
STATE_BUCKET = "emulator-test-state"
ACCOUNT = "123456789012"
REGION = "us-east-1"
# Of the image whose tasks never start in the emulated AWS; as for every digest here, one digit says it.
BROKEN_DIGEST = BROKEN_IMAGE[-1]
# Exit codes of `terraform plan -detailed-exitcode`.
EMPTY_PLAN, NOT_EMPTY_PLAN = 0, 2


def skip_without_provider() -> None:
    """Skips what applies for real where the AWS provider is not to be had."""
    if not toolchain.has_provider("hashicorp/aws"):
        pytest.skip(
            "the emulator layer did not run: the Terraform provider hashicorp/aws is not to be had here"
        )


def variables_in(account: EmulatedAws) -> dict[str, str]:
    """The whole environment of a process that works in `account`, with no setting of the user's."""
    every = {**without_aws(os.environ), **toolchain.terraform_environment(), **account.environment()}
    return {name: value for name, value in every.items() if not name.startswith("MLFLOW_INFRA_")}


def settings_of(stack: str, *, image_digest: str, desired_count: int) -> str:
    """A demo with an image in ECR, by a digest of one digit, and a database for two tasks."""
    image = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{stack}@sha256:{image_digest * 64}"
    return (
        f'profile = "demo"\nregion = "{REGION}"\n'
        f'[state]\nbucket = "{STATE_BUCKET}"\n'
        f'[image]\nuri = "{image}"\n'
        '[database]\ninstance_class = "db.t4g.small"\n'
        f"[service]\ndesired_count = {desired_count}\n"
    )


@dataclass
class Platform:
    """The stack `<name>-<environment>`.

    Attributes:
        environment: the stem of its TOML file.
        folder: its settings, `cdktf.out` and logs.
        variables: of the processes it starts.
        printed: all that they said.
        name: as its TOML file has it.
    """

    environment: str
    folder: Path
    variables: Mapping[str, str]
    printed: list[str] = field(default_factory=list)
    name: str = "mlflow"

    @property
    def stack(self) -> str:
        return f"{self.name}-{self.environment}"

    @property
    def output(self) -> Path:
        return self.folder / f"{self.environment}.out"

    @property
    def working_directory(self) -> Path:
        return self.output / "stacks" / self.stack

    @property
    def state_key(self) -> str:
        return f"{self.name}/{self.environment}/terraform.tfstate"

    def configure(self, *, image_digest: str, desired_count: int, tables: str = "") -> None:
        """Writes the environment's TOML file, `tables` at its end."""
        self.write(settings_of(self.stack, image_digest=image_digest, desired_count=desired_count) + tables)

    def write(self, text: str) -> None:
        """Writes the environment's TOML file as it is given."""
        environments = self.folder / "environments"
        environments.mkdir(parents=True, exist_ok=True)
        (environments / f"{self.environment}.toml").write_text(text, encoding="utf-8")

    def synthesize(self) -> None:
        self._run([sys.executable, "main.py"], cwd=PROJECT)

    def cdktf(self, command: str) -> None:
        """As a user types it, from the project's folder."""
        options: list[str | Path] = ["--auto-approve", "--skip-provider-lock", "--output", self.output]
        self._run([toolchain.cdktf(), command, self.stack, *options], cwd=PROJECT)

    def terraform(self, *arguments: str, ends_with: Sequence[int] = (0,)) -> subprocess.CompletedProcess[str]:
        """Plain Terraform in the synthesized stack's folder."""
        return self._run([toolchain.terraform(), *arguments], cwd=self.working_directory, ends_with=ends_with)

    def plan(self) -> int:
        """Its detailed exit code; `planned` then has the plan."""
        options = ("-detailed-exitcode", "-input=false", "-no-color", "-out=plan.bin")
        return self.terraform("plan", *options, ends_with=(EMPTY_PLAN, NOT_EMPTY_PLAN)).returncode

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

    def outputs(self) -> dict[str, Any]:
        shown = json.loads(self.terraform("output", "-json").stdout)
        return {name: output["value"] for name, output in shown.items()}

    def _run(
        self, command: Sequence[str | Path], *, cwd: Path, ends_with: Sequence[int] = (0,)
    ) -> subprocess.CompletedProcess[str]:
        environment = {
            **self.variables,
            "MLFLOW_INFRA_ENVIRONMENTS": str(self.folder / "environments"),
            "CDKTF_OUTDIR": str(self.output),
        }
        done = subprocess.run(
            [str(word) for word in command],
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        self.printed += [done.stdout, done.stderr]
        said = "\n".join((done.stdout + done.stderr).splitlines()[-40:])
        assert done.returncode in ends_with, (
            f"{' '.join(map(str, command))} ended with {done.returncode}:\n{said}"
        )
        return done


@dataclass(frozen=True)
class Stage:
    """Two environments at one point of their lives."""

    demo: Platform
    blue: Platform

    def both(self, act: Callable[[Platform], None]) -> None:
        """At once; the first failure is raised when both are done."""
        with ThreadPoolExecutor(max_workers=2) as pool:
            for future in [pool.submit(act, platform) for platform in (self.demo, self.blue)]:
                future.result()
