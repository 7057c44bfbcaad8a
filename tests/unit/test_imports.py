"""Imports go one way: main.py → stacks → modules → settings; tools and tests are not part of the product."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
# Folder → what of the project it may import.
MAY_IMPORT = {
    "settings": {"settings"},
    "modules": {"settings", "modules"},
    "stacks": {"settings", "modules", "stacks"},
}
OURS = {"settings", "modules", "stacks", "local", "tools", "tests", "docker", "main"}


def imported(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


@pytest.mark.parametrize("folder", MAY_IMPORT)
def test_imports_go_one_way(folder: str) -> None:
    files = sorted((PROJECT / folder).rglob("*.py"))
    wrong = [
        f"{file.relative_to(PROJECT)} imports {module}"
        for file in files
        for module in imported(file)
        if module.partition(".")[0] in OURS - MAY_IMPORT[folder]
    ]

    assert len(files) > 5
    assert wrong == []


def test_settings_tables_import_no_construct() -> None:
    files = sorted((PROJECT / "modules").glob("*/settings.py"))
    wrong = [
        f"{file.relative_to(PROJECT)} imports {module}"
        for file in files
        for module in imported(file)
        if module.partition(".")[0] in ("cdktf", "constructs", "jsii")
        or module.startswith("cdktf_cdktf_provider")
    ]

    assert len(files) >= 9
    assert wrong == []


def test_shared_test_code_is_not_in_test_modules() -> None:
    """A name of another test module would tie a test to where the other one is."""
    files = sorted((PROJECT / "tests").rglob("*.py"))
    wrong = [
        f"{file.relative_to(PROJECT)} imports {module}"
        for file in files
        for module in imported(file)
        if module.startswith("tests.") and module.rpartition(".")[2].startswith("test_")
    ]

    assert wrong == []
