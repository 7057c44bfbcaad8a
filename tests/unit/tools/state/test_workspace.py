"""The folder that `make state` works in."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.state.workspace import Workspace


@pytest.mark.parametrize("environment", ["demo", "lock", "applying"])
def test_any_environments_name_may_be_a_folder_there(tmp_path: Path, environment: str) -> None:
    with Workspace.claim(tmp_path, environment) as workspace:
        workspace.applying.write_text("2026-01-02T03:04:05+00:00", encoding="utf-8")

        assert workspace.folder == tmp_path / ".tools" / "state" / environment
        assert workspace.folder.is_dir() and workspace.applying.is_file()
