"""Rules on several settings together. Each is skipped while a value it reads is itself not accepted."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from settings.language.errors import Refusal

Path = tuple[str | int, ...]


class NotKnownError(Exception):
    """A rule asked for a value that is missing or was not accepted."""


class Values:
    """Settings by path, such as `values["service.memory_mib"]`.

    Args:
        tree: the settings, defaults filled in.
        refused: the paths whose values are missing or were not accepted.
    """

    def __init__(self, tree: Mapping[str, Any], refused: Collection[Path] = ()) -> None:
        self._tree = tree
        self._refused = refused

    def __getitem__(self, path: str) -> Any:
        keys = tuple(path.split("."))
        if any(refused[: len(keys)] == keys or keys[: len(refused)] == refused for refused in self._refused):
            raise NotKnownError(path)
        value: Any = self._tree
        for key in keys:
            value = value[key]
        return value

    def changed(self, changes: Mapping[str, Any]) -> Values:
        """The same settings with other values, by path: what a fix would come to."""
        tree = dict(self._tree)
        for path, value in changes.items():
            *tables, name = path.split(".")
            table = tree
            for key in tables:
                table[key] = dict(table[key])
                table = table[key]
            table[name] = value
        return Values(tree, self._refused)


@dataclass(frozen=True)
class Broken:
    """A rule that the settings break, told at one of the settings it reads."""

    path: Path
    refusal: Refusal


Rule = Callable[[Values], Iterator[Broken]]


def broken_rules(rules: Collection[Rule], values: Values) -> list[Broken]:
    """Every rule of `rules` that `values` break."""
    broken: list[Broken] = []
    for rule in rules:
        try:
            broken.extend(rule(values))
        except NotKnownError:
            continue
    return broken
