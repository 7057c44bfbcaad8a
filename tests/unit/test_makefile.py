"""What make does besides running programs."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]


def clean(folder: Path) -> subprocess.CompletedProcess[str]:
    shutil.copy(PROJECT / "Makefile", folder)
    return subprocess.run(["make", "clean"], cwd=folder, capture_output=True, text=True, check=False)


def test_clean_keeps_a_state_that_could_not_be_saved(tmp_path: Path) -> None:
    state = tmp_path / "cdktf.out" / "stacks" / "mlflow-demo" / "errored.tfstate"
    state.parent.mkdir(parents=True)
    state.touch()

    done = clean(tmp_path)

    assert done.returncode != 0
    assert "errored.tfstate is a state that Terraform could not save" in done.stderr
    assert state.exists()


def test_clean_removes_generated_files(tmp_path: Path) -> None:
    for name in (".venv", "cdktf.out", "node_modules"):
        (tmp_path / name).mkdir()
    (tmp_path / "terraform.mlflow-demo.tfstate").touch()

    assert clean(tmp_path).returncode == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["Makefile", "terraform.mlflow-demo.tfstate"]
