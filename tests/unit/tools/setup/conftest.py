"""Folders laid out as provider mirrors, and an environment to look for them in."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.tools.setup.machine import Machine
from tools.setup.terraform_release import operating_system


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """An empty machine: a home, an /opt, and nothing in them."""
    return Machine(tmp_path)


@pytest.fixture
def platform_name() -> str:
    """This machine, as Terraform names it."""
    return operating_system()
