"""What the tests of the settings share."""

from __future__ import annotations

from pathlib import Path

import pytest

from stacks.environment import EnvironmentSettings
from tests.environment_files import Environments, Load, Refuse, Report
from tests.texts import DEMO


@pytest.fixture
def environments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Environments:
    """An empty folder `environments` in the current folder."""
    monkeypatch.chdir(tmp_path)
    directory = tmp_path / "environments"
    directory.mkdir()
    return Environments(directory)


@pytest.fixture
def load(environments: Environments) -> Load:
    """Loads `test.toml` with the lines given, and variables by name."""

    def load_one(lines: str = "", *, base: str = DEMO, **variables: str) -> EnvironmentSettings:
        environments.write("test.toml", base + lines)
        return environments.load(**variables)[0]

    return load_one


@pytest.fixture
def refuse(environments: Environments) -> Refuse:
    """The report on `test.toml` with the lines given, and variables by name."""

    def refuse_one(lines: str = "", *, base: str = DEMO, **variables: str) -> Report:
        environments.write("test.toml", base + lines)
        return environments.refuse(**variables)

    return refuse_one
