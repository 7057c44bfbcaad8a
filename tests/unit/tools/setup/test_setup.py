"""The set-up says what is missing and how to get it, and does nothing twice."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tools.setup import __main__ as setup
from tools.setup import stamps
from tools.setup import steps as setup_steps
from tools.setup.progress import PROJECT, SetupError, Step
from tools.setup.stamps import Stamp


def test_old_python_3_gets_a_clear_error() -> None:
    for name in ("__init__.py", "setup/__init__.py", "setup/__main__.py"):
        ast.parse((PROJECT / "tools" / name).read_text(encoding="utf-8"), feature_version=(3, 6))


def test_an_old_python_is_named_with_the_remedy(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    monkeypatch.setenv("PATH", "/nonexistent")
    assert setup.main() == 1
    said = capsys.readouterr().err
    assert "Python 3.11 or newer is needed, and python3 is 3.9" in said
    assert "make setup PYTHON=" in said


def test_an_old_python_hands_over_to_a_newer_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    newer = _program(tmp_path, "python3.12", "exit 0")
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    monkeypatch.setenv("PATH", str(tmp_path))

    def replaced(program: str, arguments: list[str]) -> None:
        raise SystemExit(f"{program} {arguments[1:]}")

    monkeypatch.setattr("os.execv", replaced)
    with pytest.raises(SystemExit) as handed:
        setup.main()
    assert str(handed.value) == f"{newer} ['-m', 'tools.setup']"


@pytest.mark.parametrize(
    ("programs", "message"),
    [
        ({}, "Node.js is needed, and is not on the PATH"),
        ({"node": "echo v22.1.0"}, "npm is needed, and is not on the PATH"),
        (
            {"node": "echo v18.20.4", "npm": ""},
            "Node.js 20 or newer is needed, and {folder}/node is v18.20.4",
        ),
        ({"node": "exit 1", "npm": ""}, "Node.js 20 or newer is needed, and {folder}/node is broken"),
    ],
)
def test_node_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, programs: dict[str, str], message: str
) -> None:
    for name, does in programs.items():
        _program(tmp_path, name, does)
    monkeypatch.setenv("PATH", f"{tmp_path}")
    with pytest.raises(SetupError) as refused:
        setup_steps._require_node()
    assert message.format(folder=tmp_path) in str(refused.value)
    assert "https://nodejs.org" in str(refused.value)


def test_a_new_enough_node_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _program(tmp_path, "node", "echo v22.1.0")
    _program(tmp_path, "npm", "")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert setup_steps._require_node() == "22"


def npm_ci(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, node: str) -> str:
    """What npm is asked for where its configuration installs too little, and `node` then loads what it installed."""
    asked = tmp_path / "asked"
    _program(tmp_path, "npm", f'echo "$@" > {asked}')
    _program(tmp_path, "node", node)
    monkeypatch.setattr("tools.setup.progress.LOGS", tmp_path / "logs")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setenv("NODE_ENV", "production")
    with Step("cdktf", log="npm") as step:
        setup_steps._npm_ci(step)
    return asked.read_text(encoding="utf-8")


def test_npm_installs_all_whatever_it_is_configured_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = npm_ci(tmp_path, monkeypatch, node="exit 0")

    assert {"--include=dev", "--ignore-scripts=false"} <= set(asked.split())


@pytest.mark.parametrize("has_headers", [True, False])
def test_modules_are_compiled_for_the_node_that_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_headers: bool
) -> None:
    """npm's configuration may name the headers of another version: the module then does not load."""
    program = tmp_path / "node-24" / "bin" / "node"
    if has_headers:
        header = tmp_path / "node-24" / "include" / "node" / "node.h"
        header.parent.mkdir(parents=True)
        header.touch()
    _program(tmp_path, "node", f"echo {program}")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")

    expected = {"npm_config_nodedir": str(tmp_path / "node-24")} if has_headers else {}
    assert setup_steps._headers() == expected


def test_npm_12_is_allowed_to_compile_the_module() -> None:
    package = json.loads((PROJECT / "package.json").read_text(encoding="utf-8"))

    assert package["allowScripts"] == {setup_steps.COMPILED: True}


def test_broken_installation_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SetupError) as refused:
        npm_ci(tmp_path, monkeypatch, node="echo Cannot find module pty.node; exit 1")

    report = str(refused.value)
    assert f"{setup_steps.COMPILED}, which cdktf needs, does not run" in report
    assert "Cannot find module pty.node" in report


def test_a_report_is_a_sentence_and_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise SetupError("Node.js is needed.")

    monkeypatch.setattr(setup_steps, "set_up", fail)
    assert setup.main() == 1
    assert capsys.readouterr().err == "\nThe set-up stopped. Node.js is needed.\n"


def test_a_failed_command_is_reported_with_the_end_of_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tools.setup.progress.LOGS", tmp_path)
    with pytest.raises(SetupError) as failed, Step("A step", log="step") as step:
        assert not step.run(
            ["sh", "-c", "echo first; echo the reason >&2; exit 3"], environment={"PATH": "/bin"}
        )
        raise step.failed("It did not work.")
    assert str(failed.value) == f"It did not work.\n    first\n    the reason\n  Log: {tmp_path}/step.log"
    assert "A step: failed" in capsys.readouterr().err


def test_a_stamp_holds_for_the_same_inputs_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stamps, "STAMPS", tmp_path / "stamps")
    done = Stamp("step", "lock", "3.11")
    assert not done.holds()
    done.set()
    assert Stamp("step", "lock", "3.11").holds()
    assert not Stamp("step", "lock", "3.12").holds()
    assert not Stamp("step", "loc", "k3.11").holds()
    done.forget()
    assert not done.holds()


def test_finished_steps_print_nothing(tmp_path: Path) -> None:
    """Everything is there while the tests run: a second set-up neither does nor says anything."""
    ran = subprocess.run(
        [sys.executable, "-m", "tools.setup"], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    if ran.returncode != 0:
        pytest.skip(f"a second set-up was not tried: {ran.stderr.strip().splitlines()[0]}")
    again = subprocess.run(
        [sys.executable, "-m", "tools.setup"], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")


def _program(folder: Path, name: str, does: str) -> Path:
    program = folder / name
    program.write_text(f"#!/bin/sh\n{does}\n", encoding="utf-8")
    program.chmod(0o755)
    return program
