"""`python -m tracking_server`, where it needs neither MLflow nor a database."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

VALID = {
    "MLFLOW_BACKEND_STORE_URI": "postgresql://mlflow_user@db.example/mlflow",
    "MLFLOW_ARTIFACTS_DESTINATION": "s3://bucket",
}


def start(docker_folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tracking_server", *arguments],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(docker_folder), **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("arguments", [["run"], ["serve", "--sign-in"], ["serve", "openid"], ["--help"]])
def test_wrong_arguments_print_the_usage(arguments: list[str], docker_folder: Path) -> None:
    ended = start(docker_folder, *arguments, **VALID)

    assert (ended.returncode, ended.stdout) == (2, "")
    assert (
        ended.stderr
        == "usage: python -m tracking_server [serve [--sign-in MODE] | run COMMAND [ARGUMENT ...]]\n"
    )


def test_a_bad_environment_ends_it_with_2_and_every_problem(docker_folder: Path) -> None:
    ended = start(docker_folder)

    assert ended.returncode == 2
    assert ended.stderr.startswith("The environment has 2 problems:\n")
    assert "Traceback" not in ended.stderr


def test_a_command_takes_its_place(docker_folder: Path) -> None:
    ended = start(docker_folder, "run", "sh", "-c", "echo $MLFLOW_WORKERS $$; exit 7", **VALID)

    assert (ended.returncode, ended.stderr) == (7, "")
    assert ended.stdout.split()[0] == "2"


def test_a_command_that_is_not_there(docker_folder: Path) -> None:
    ended = start(docker_folder, "run", "no-such-program", **VALID)

    assert ended.returncode == 1
    assert ended.stderr == "no-such-program cannot be run: No such file or directory\n"
