"""The image's Python package is tested where it lies, `docker/`: only the server's environment has it installed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

DOCKER = Path(__file__).resolve().parents[3] / "docker"
sys.path.insert(0, str(DOCKER))
SECRETS_REGION = "eu-north-1"


@pytest.fixture
def docker_folder() -> Path:
    """The image's build context."""
    return DOCKER


@pytest.fixture
def secrets_manager(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A client of an emulated Secrets Manager in `SECRETS_REGION`. That region is in a secret's ARN; the one of the
    environment must not matter."""
    import boto3
    from moto import mock_aws
    from tracking_server import secret as secret_module

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        secret_module._cached_client.cache_clear()
        yield boto3.client("secretsmanager", region_name=SECRETS_REGION)
    secret_module._cached_client.cache_clear()
