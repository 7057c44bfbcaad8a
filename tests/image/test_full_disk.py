"""A disk that is full: uploads are answered with the reason, and the server goes on."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.image.replica import Replica

DISK_MIB = 8
ARTIFACT = "/api/2.0/mlflow-artifacts/artifacts/0/disk/artifacts/weights.bin"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder that holds a few MiB."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small disk needs root")
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "tmpfs", folder], check=True)
    yield folder
    subprocess.run(["umount", folder], check=True)


def put(server: Replica, content: bytes) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request("PUT", ARTIFACT, body=content)
    answer = connection.getresponse()
    found = answer.status, answer.read()
    connection.close()
    return found


def test_upload_to_a_full_disk_reports_the_reason(
    environment: dict[str, str], small_disk: Path, log: Path
) -> None:
    with Replica({**environment, "TMPDIR": str(small_disk)}, log=log) as server:
        server.wait_until_healthy()

        # When a file is larger than what is left of the disk
        status, body = put(server, b"x" * (2 * DISK_MIB << 20))

        # Then the answer says so, with the setting
        assert status == 507
        told = json.loads(body)
        assert told["error_code"] == "RESOURCE_EXHAUSTED"
        assert "service.ephemeral_storage_gib" in told["message"]

        # And one that fits is taken: nothing of the other is left
        assert put(server, b"x" * (DISK_MIB << 19)) == (200, b"")
