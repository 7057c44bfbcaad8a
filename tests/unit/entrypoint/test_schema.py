"""The schema revisions of an MLflow, read from its migration files."""

from __future__ import annotations

from pathlib import Path

import pytest
from tracking_server.errors import StartupError
from tracking_server.schema import Revisions, revisions_in


def migrations(folder: Path, **previous: str | None) -> Path:
    """Files as Alembic writes them; each revision with the one before it."""
    for revision, down_revision in previous.items():
        (folder / f"{revision}_change.py").write_text(
            f'"""A change."""\n\nimport os\n\nrevision = {revision!r}\ndown_revision = {down_revision!r}\n'
            "branch_labels = None\n\n\ndef upgrade():\n    raise RuntimeError(os.sep)\n"
        )
    return folder


def test_the_newest_is_the_one_that_no_other_follows(tmp_path: Path) -> None:
    folder = migrations(tmp_path, b2="a1", a1=None, c3="b2")
    (folder / "__init__.py").touch()

    assert revisions_in(folder) == Revisions(known=frozenset({"a1", "b2", "c3"}), head="c3")


def test_branches_are_refused(tmp_path: Path) -> None:
    folder = migrations(tmp_path, a1=None, b2="a1", c3="a1")

    with pytest.raises(StartupError, match="has 2 newest schema revisions instead of one"):
        revisions_in(folder)


def test_a_folder_without_migrations_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StartupError, match="has 0 newest schema revisions instead of one"):
        revisions_in(tmp_path)
