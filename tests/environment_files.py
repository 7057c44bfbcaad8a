"""Environments' files in a folder, and the report on them read back problem by problem."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from settings.language.errors import SettingsError
from stacks.environment import EnvironmentSettings
from stacks.loading import load_environments

Load = Callable[..., EnvironmentSettings]
# Of whose connections no service takes too many.
LARGE_DATABASE = '\n[database]\ninstance_class = "db.r7g.2xlarge"\n'


class Report:
    """The text of a `SettingsError`, by the place each problem is told at.

    Attributes:
        text: all of it.
        places: the first line of each problem: where, and the value given.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.title, *blocks = text.split("\n\n")
        self._blocks = dict(block.split("\n", 1) for block in blocks)
        self.places = list(self._blocks)
        assert len(self.places) == len(blocks), f"a place is told twice:\n{text}"

    def says(self, place: str, *texts: str) -> None:
        """Asserts that a problem is told at `place` with its three parts, and `texts` in them."""
        assert place in self._blocks, f"nothing is said at {place}:\n{self.text}"
        block = self._blocks[place]
        problem, allowed, fix = block.splitlines()
        assert problem.startswith("    ") and problem.strip()
        assert allowed.startswith("    Allowed: ") and allowed.removeprefix("    Allowed: ").strip()
        assert fix.startswith("    Fix: ") and fix.removeprefix("    Fix: ").strip()
        for text in texts:
            assert text in block, f"{text!r} is not in:\n{block}"


class Environments:
    """A folder `environments` to fill and load."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def write(self, name: str, text: str) -> None:
        (self.directory / name).write_text(text, encoding="utf-8")

    def load(self, **variables: str) -> tuple[EnvironmentSettings, ...]:
        return load_environments(self.directory, variables)

    def refuse(self, **variables: str) -> Report:
        with pytest.raises(SettingsError) as error:
            self.load(**variables)
        return Report(str(error.value))


Refuse = Callable[..., Report]
