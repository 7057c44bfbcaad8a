"""The examples for other teams are valid Terraform, written as `terraform fmt` writes it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tools.setup import toolchain

PROJECT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted(path.parent for path in (PROJECT / "examples").glob("*/main.tf"))


def terraform(*arguments: str, folder: Path) -> str:
    done = subprocess.run(
        [toolchain.terraform(), *arguments],
        cwd=folder,
        env={**os.environ, **toolchain.terraform_environment()},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_there_are_examples() -> None:
    listed = (PROJECT / "examples" / "README.md").read_text(encoding="utf-8")

    assert len(EXAMPLES) >= 3
    assert all(f"]({example.name}/main.tf)" in listed for example in EXAMPLES)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_an_example_is_valid(example: Path, tmp_path: Path) -> None:
    if not toolchain.has_provider("hashicorp/aws"):
        pytest.skip(
            "the examples were not validated: the Terraform provider hashicorp/aws is not to be had here"
        )
    shutil.copy(example / "main.tf", tmp_path)

    terraform("init", "-backend=false", "-input=false", folder=tmp_path)

    assert "The configuration is valid" in terraform("validate", "-no-color", folder=tmp_path)
    terraform("fmt", "-check", "-diff", folder=tmp_path)
