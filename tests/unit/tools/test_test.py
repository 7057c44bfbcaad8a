"""`make test`: tests and checks side by side, and one exit status for both."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tools import test as make_test


def ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, tests: int, checks: int) -> int:
    """The exit status where pytest ends with `tests`, and `make lint` with `checks`."""
    make = tmp_path / "make"
    make.write_text(f"#!/bin/sh\necho a finding\nexit {checks}\n", encoding="utf-8")
    make.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    module = tmp_path / "pytest.py"
    module.write_text(f"import sys\nsys.exit({tests})\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return make_test.main([])


@pytest.mark.parametrize(("tests", "checks", "status"), [(0, 0, 0), (0, 1, 1), (1, 0, 1), (5, 2, 5)])
def test_both_have_to_pass(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tests: int,
    checks: int,
    status: int,
) -> None:
    assert ends(tmp_path, monkeypatch, tests=tests, checks=checks) == status
    assert capsys.readouterr().out.startswith("a finding\nmake lint ")


def test_an_interrupt_ends_the_checks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[str]] = []
    popen = subprocess.Popen

    def start(*arguments: object, **options: object) -> subprocess.Popen[str]:
        started.append(popen([sys.executable, "-c", "import time; time.sleep(60)"], text=True))
        return started[0]

    def interrupted(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("subprocess.Popen", start)
    monkeypatch.setattr("subprocess.run", interrupted)

    with pytest.raises(KeyboardInterrupt):
        make_test.main([])

    assert started[0].poll() is not None


def test_each_program_of_the_tests_keeps_compiled_modules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setenv("HOME", "/home/ada")

    assert make_test.environment()["HOME"] == "/home/ada"
    assert "PYTHONDONTWRITEBYTECODE" not in make_test.environment()
