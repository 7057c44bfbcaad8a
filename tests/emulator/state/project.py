"""Checkouts of the project as `make state` sees them, each on a person's own machine, and what they leave in S3."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[3]
ACCOUNT = "123456789012"
# A state with a resource and an output, such as an apply without a bucket leaves.
LOCAL_STATE: dict[str, Any] = {
    "version": 4,
    "terraform_version": "1.11.4",
    "serial": 7,
    "lineage": "0d2e1c0e-5f0e-4a43-9d6b-2f6a8e9d7c11",
    "outputs": {"vpc_id": {"value": "vpc-1", "type": "string"}},
    "resources": [
        {
            "mode": "managed",
            "type": "terraform_data",
            "name": "here",
            "provider": 'provider["terraform.io/builtin/terraform"]',
            "instances": [{"schema_version": 0, "attributes": {"id": "1"}, "sensitive_attributes": []}],
        }
    ],
    "check_results": None,
}
# Comments, a value that a formatter would write otherwise, and no new line at the end.
DEMO_TOML = """\
# The environment of this test.
profile = "demo"   # open

# Where.
region  = 'us-east-1'

[logs]
retention_days = 7  # a week"""
TEAM_TOML = """\
profile = "demo"
region = "us-east-1"
name = "team"

# Before there was a bucket.
[state]
managed = true
access_log_bucket = "logs-of-the-company"
# That was all about the state.

[logs]
retention_days = 1
"""
OWN_TOML = """\
profile = "demo"
region = "eu-west-1"
[state]
managed = true
create_kms_key = true
"""


@dataclass(frozen=True)
class CutOff:
    """What there was after the command was cut off behind a step.

    Attributes:
        step: its name.
        said: by the command.
        settings: the environment's file.
        files: the names of the local state and its backups.
        in_bucket: whether that state is in the bucket.
    """

    step: str
    said: str
    settings: str
    files: list[str]
    in_bucket: bool


@dataclass
class Checkout:
    """One person's folder with `environments/`.

    Attributes:
        folder: where `make state` is typed.
        variables: of the processes it starts.
    """

    folder: Path
    variables: Mapping[str, str]

    def write(self, environment: str, text: str) -> Path:
        (self.folder / "environments").mkdir(parents=True, exist_ok=True)
        file = self.folder / "environments" / f"{environment}.toml"
        file.write_text(text, encoding="utf-8")
        return file

    def keep_locally(self, environment: str, state: Mapping[str, Any] = LOCAL_STATE) -> Path:
        """The environment's state, as an apply without a bucket leaves it."""
        file = self.folder / f"terraform.mlflow-{environment}.tfstate"
        file.write_text(json.dumps(state), encoding="utf-8")
        return file

    def synthesize(self, ends_with: int = 0) -> str:
        """`main.py`, as `cdktf` runs it; all it said."""
        (self.folder / "cdktf.json").write_text("{}", encoding="utf-8")
        done = subprocess.run(
            [sys.executable, PROJECT / "main.py"],
            cwd=self.folder,
            env={**self.variables, "MLFLOW_INFRA_ENVIRONMENTS": str(self.folder / "environments")},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == ends_with, done.stdout
        return done.stdout

    def start(
        self, environment: str, *, cut_off_after: str | None = None, **variables: str
    ) -> subprocess.Popen[str]:
        """`make state ENVIRONMENT=<environment>`, without its wait for `make setup`; it dies after the step
        `cut_off_after`."""
        settings = {
            "MLFLOW_INFRA_ENVIRONMENTS": str(self.folder / "environments"),
            "PYTHONPATH": str(PROJECT),
        }
        program = ["tests.emulator.state.cut_off", cut_off_after] if cut_off_after else ["tools.state"]
        return subprocess.Popen(
            [sys.executable, "-m", *program, environment],
            cwd=self.folder,
            env={**self.variables, **settings, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def make_state(
        self, environment: str, ends_with: int = 0, *, cut_off_after: str | None = None, **variables: str
    ) -> str:
        """Runs it to its end; all it said."""
        process = self.start(environment, cut_off_after=cut_off_after, **variables)
        said, _ = process.communicate()
        assert process.returncode == ends_with, said
        assert "Traceback" not in said
        return said


def contents(state: Mapping[str, Any]) -> tuple[Any, Any]:
    return state["resources"], state["outputs"]


def state_in_bucket(s3: Any, bucket: str, key: str) -> dict[str, Any] | None:
    try:
        state: dict[str, Any] = json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    except (s3.exceptions.NoSuchKey, s3.exceptions.NoSuchBucket):
        return None
    return state


@dataclass(frozen=True)
class FirstRuns:
    """The three of conftest.py.

    Attributes:
        demo: the checkout, each cut-off, and what the last run said.
        team: both checkouts, and exit status and words of each first run.
        own: the checkout, Terraform's log until it was killed, and what the second run said.
    """

    demo: tuple[Checkout, list[CutOff], str]
    team: tuple[Checkout, Checkout, list[tuple[int, str]]]
    own: tuple[Checkout, str, str]
