"""Runs the client's program in a process that has no AWS credentials, and shows what it did as it does it."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from local.aws.account import without_aws
from local.child_process import ChildProcess
from local.demo.report import DemoError, Report


@dataclass(frozen=True)
class Done:
    """One thing that the client did."""

    name: str
    what: str
    link: str
    seconds: float


def use_as_a_client(uri: str, *, credentials: Mapping[str, str], report: Report, log: Path) -> list[Done]:
    """Runs it with `credentials`, the client's variables to sign in.

    Raises StepFailed when anything that the client reads back is not what it wrote."""
    environment = {
        name: value for name, value in without_aws(os.environ).items() if not name.startswith("MLFLOW_")
    }
    environment |= {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false"}
    environment |= credentials
    with report.step("Use it: the MLflow client, without AWS credentials") as step:
        client = ChildProcess(
            [sys.executable, "-m", "local.demo.client", uri], log=log, environment=environment
        )
        try:
            while (status := client.exit_status()) is None:
                step.progress(f"{len(_done(log))} of 3 parts done")
                time.sleep(0.2)
        except BaseException:
            client.stop()
            raise
        done = _done(log)
        if status != 0:
            raise DemoError(f"the client ended with status {status}", log=log, last_lines=client.last_lines())
        step.detail = ", ".join(item.name.lower() for item in done)
    return done


def _done(log: Path) -> list[Done]:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return [Done(**json.loads(line)) for line in lines if line.startswith('{"name"') and line.endswith("}")]
