"""Rules on several settings together. Each is skipped while a value it reads is itself not accepted."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from pydantic import BaseModel
from pydantic_core import PydanticCustomError

from settings.language.errors import Refusal
from settings.language.setting import table_of

Path = tuple[str | int, ...]
Model = TypeVar("Model", bound=BaseModel)
# The type of the error of settings that break a rule.
BROKEN_RULES = "broken_rules"


class NotKnownError(Exception):
    """A rule asked for a value that is missing or was not accepted."""


class _Known:
    """Stands for an instance of `model` whose values are not all accepted: it has the model's fields, tables and
    properties, and raises NotKnownError for what is not known."""

    def __init__(
        self, model: type[BaseModel], tree: Mapping[str, Any], refused: Collection[Path], path: Path
    ) -> None:
        self._model = model
        self._tree = tree
        self._refused = refused
        self._path = path

    def __getattr__(self, name: str) -> Any:
        field = self._model.model_fields.get(name)
        if field is None:
            # A property, evaluated on what is known here.
            return getattr(self._model, name).__get__(self)
        path = (*self._path, name)
        if any(path[: len(refused)] == refused for refused in self._refused):
            raise NotKnownError(path)
        value = self._tree[name]
        table = table_of(field.annotation)
        if table and value is not None:
            return _Known(table.model, value, self._refused, path)
        if any(refused[: len(path)] == path for refused in self._refused):
            raise NotKnownError(path)
        return value


def known(model: type[Model], tree: Mapping[str, Any], refused: Collection[Path] = ()) -> Model:
    """Settings that a rule can read although some of them are not accepted.

    Args:
        model: of the settings.
        tree: the settings, defaults filled in.
        refused: the paths whose values are missing or were not accepted.
    """
    return cast(Model, _Known(model, tree, refused, ()))


def model_of(settings: Model) -> type[Model]:
    """The model of settings that a rule reads, which may be a stand-in."""
    stand_in: object = settings
    return cast(type[Model], stand_in._model if isinstance(stand_in, _Known) else type(settings))


def changed(settings: Model, changes: Mapping[str, Any]) -> Model:
    """The same settings with other values, by path: what a fix would come to."""
    refused: Collection[Path] = ()
    stand_in: object = settings
    if isinstance(stand_in, _Known):
        tree, refused = dict(stand_in._tree), stand_in._refused
    else:
        tree = settings.model_dump()
    for path, value in changes.items():
        *tables, name = path.split(".")
        table = tree
        for key in tables:
            table[key] = dict(table[key] or {})
            table = table[key]
        table[name] = value
    return cast(Model, _Known(model_of(settings), tree, refused, ()))


def value_at(settings: BaseModel, path: str) -> Any:
    """The value of a setting by its path, for rules on any of several settings; None where its table is absent."""
    value: Any = settings
    for name in path.split("."):
        if value is None:
            return None
        value = getattr(value, name)
    return value


@dataclass(frozen=True)
class Violation:
    """A rule that the settings break, reported at one of the settings it reads."""

    path: Path
    refusal: Refusal


# Of the model that the rules are for.
Rule = Callable[[Any], Iterator[Violation]]


def violations(rules: Collection[Rule], settings: BaseModel) -> list[Violation]:
    """Every rule of `rules` that the settings break."""
    found: list[Violation] = []
    for rule in rules:
        try:
            found.extend(rule(settings))
        except NotKnownError:
            continue
    return found


def keep(rules: Collection[Rule], settings: BaseModel) -> None:
    """For a validator of the model `settings`.

    Raises:
        PydanticCustomError: of the type `BROKEN_RULES`, with every rule that the settings break.
    """
    if found := violations(rules, settings):
        problems = "; ".join(f"{'.'.join(map(str, one.path))}: {one.refusal.problem}" for one in found)
        raise PydanticCustomError(BROKEN_RULES, "{problems}", {"problems": problems})
