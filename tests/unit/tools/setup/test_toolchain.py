"""What the demo, the tests and a person's own shell get to run Terraform and cdktf with."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.unit.tools.setup.machine import Machine
from tools.setup import toolchain
from tools.setup.progress import SetupError


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(toolchain, "TOOLS", tmp_path / "tools")
    return tmp_path / "tools"


@pytest.fixture
def mirror(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = machine.unpacked(machine.root / "a mirror's folder")
    monkeypatch.setenv("TF_PROVIDER_MIRROR", str(folder))
    return folder


@pytest.fixture(autouse=True)
def terraform(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nothing here runs it."""
    monkeypatch.setattr(toolchain, "terraform", lambda: tmp_path / "bin" / "terraform")
    return tmp_path / "bin" / "terraform"


def test_terraform_gets_the_mirrors_by_a_generated_file(tools: Path, mirror: Path, terraform: Path) -> None:
    variables = toolchain.terraform_environment()
    assert variables["TERRAFORM_BINARY_NAME"] == str(terraform)
    assert variables["CHECKPOINT_DISABLE"] == "1"
    file = Path(variables["TF_CLI_CONFIG_FILE"])
    assert file.parent == tools
    assert str(mirror) in file.read_text(encoding="utf-8")
    # and a second call neither writes nor leaves another one
    assert toolchain.terraform_environment() == variables
    assert list(tools.iterdir()) == [file]


def test_a_shell_can_take_it_over(tools: Path, mirror: Path, terraform: Path) -> None:
    script = toolchain.shell_exports() + '\nprintf "%s\\n" "$TF_CLI_CONFIG_FILE" "$PATH"'
    ran = subprocess.run(
        ["sh", "-c", script], env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, check=True
    )
    file, path = ran.stdout.splitlines()
    assert Path(file).is_file()
    assert path.split(":")[:2] == [str(toolchain.CDKTF.parent), str(terraform.parent)]
    assert path.endswith(os.environ["PATH"])


def test_a_folder_that_cannot_be_on_the_path_is_refused(
    tools: Path, mirror: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(toolchain, "cdktf", lambda: tmp_path / "a:b" / "cdktf")

    with pytest.raises(SetupError, match="cannot be on the PATH"):
        toolchain.shell_exports()


def test_missing_tool_is_reported_with_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(toolchain, "CDKTF", tmp_path / "cdktf")
    with pytest.raises(SetupError, match="Run: make setup"):
        toolchain.cdktf()
