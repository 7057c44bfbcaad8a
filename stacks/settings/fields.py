"""The settings as a list, read from the models: for the variables, the error report and docs/settings.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from settings.language.setting import REQUIRED, Section, Setting, table_of
from stacks.environment import DEFAULTS, EnvironmentSettings
from stacks.profiles import beneath, with_defaults

PREFIX = "MLFLOW_INFRA_"
NESTING = "__"
# Comes from the file's name.
DERIVED = ("environment",)
Path = tuple[str, ...]


def variable_of(path: Path) -> str:
    """The variable that overrides a setting or a table."""
    return PREFIX + NESTING.join(path).upper()


@dataclass(frozen=True)
class Field:
    """One setting.

    Attributes:
        path: the tables it is in, if any, and its name.
        kind: `int`, `bool`, `str`, `tuple` or `Mapping`.
        setting: what its declaration says.
        default: the model's; `REQUIRED` where it has none.
    """

    path: Path
    kind: type
    setting: Setting
    default: Any

    @property
    def variable(self) -> str:
        """The variable that overrides it."""
        return variable_of(self.path)

    def default_in(self, profile: str) -> Any:
        """What it is when the file does not set it; `REQUIRED` where the file has to."""
        if self.setting.defaults:
            return getattr(self.setting.defaults, profile)
        return self.default


@cache
def sections() -> Mapping[Path, type[Section]]:
    """The tables, by path, in the order of the models; one that is in another follows it."""
    return dict(_sections_of(EnvironmentSettings, ()))


def _sections_of(model: type[Section], parent: Path) -> Iterator[tuple[Path, type[Section]]]:
    for name, info in model.model_fields.items():
        if table := table_of(info.annotation):
            path = (*parent, name)
            yield path, table.model
            yield from _sections_of(table.model, path)


def is_optional(table: Path) -> bool:
    """Whether a table is absent unless the file or a variable has it."""
    parent = sections().get(table[:-1], EnvironmentSettings)
    found = table_of(parent.model_fields[table[-1]].annotation)
    return found is not None and found.optional


@cache
def fields() -> Mapping[Path, Field]:
    """Every setting a file or a variable may set, by path, in the order of the models."""
    found = [*_fields_of(EnvironmentSettings, ())]
    for path, section in sections().items():
        found += _fields_of(section, path)
    return {field.path: field for field in found}


@cache
def tables() -> frozenset[Path]:
    """The paths of all tables: the sections, and those that people fill."""
    return frozenset({*sections(), *(path for path, field in fields().items() if field.kind is Mapping)})


def _fields_of(model: type[Section], parent: Path) -> Iterator[Field]:
    for name, info in model.model_fields.items():
        if table_of(info.annotation) or (name in DERIVED and not parent):
            continue
        setting = next(item for item in info.metadata if isinstance(item, Setting))
        yield Field((*parent, name), _kind(info.annotation), setting, _default(info))


def _default(info: FieldInfo) -> Any:
    default = info.get_default(call_default_factory=True, validated_data={})
    return REQUIRED if default is PydanticUndefined else default


def _kind(annotation: Any) -> type:
    """The plain type of a value: without its annotations, None, and literals' values."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _kind(get_args(annotation)[0])
    if origin is UnionType or str(origin) == "typing.Union":
        return _kind(next(argument for argument in get_args(annotation) if argument is not type(None)))
    if origin is Literal:
        return str
    return origin if origin is not None else annotation  # type: ignore[no-any-return]


def filled(values: Mapping[str, Any]) -> dict[str, Any]:
    """`values` with every default beneath, the profile's and the models'; an absent optional table is None."""
    given = with_defaults(values, DEFAULTS)
    return beneath(_defaults_of(EnvironmentSettings, given), given)


def _defaults_of(model: type[Section], given: Mapping[str, Any]) -> dict[str, Any]:
    defaults: dict[str, Any] = {}
    for name, info in model.model_fields.items():
        inner, default = given.get(name), _default(info)
        if table := table_of(info.annotation):
            absent = table.optional and not isinstance(inner, Mapping)
            below = inner if isinstance(inner, Mapping) else {}
            defaults[name] = None if absent else _defaults_of(table.model, below)
        elif default is not REQUIRED:
            defaults[name] = default
    return defaults
