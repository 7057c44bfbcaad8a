"""The image's Python package is tested where it lies, `docker/`: only the server's environment has it installed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

DOCKER = Path(__file__).resolve().parents[3] / "docker"
sys.path.insert(0, str(DOCKER))


@pytest.fixture
def docker_folder() -> Path:
    """The image's build context."""
    return DOCKER
