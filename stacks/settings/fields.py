"""The settings as a list, read from the models: for the variables, the error report and docs/settings.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from settings.language.setting import Section, Setting
from stacks.environment import EnvironmentSettings
from stacks.profiles import PROFILES, beneath, with_profile

PREFIX = "MLFLOW_INFRA_"
NESTING = "__"
# Comes from the file's name.
DERIVED = ("environment",)
REQUIRED = object()


@dataclass(frozen=True)
class Field:
    """One setting.

    Attributes:
        path: the table it is in, if any, and its name.
        kind: `int`, `bool`, `str`, `tuple` or `Mapping`.
        setting: what its declaration says.
        default: the model's; `REQUIRED` where it has none.
    """

    path: tuple[str, ...]
    kind: type
    setting: Setting
    default: Any

    @property
    def variable(self) -> str:
        """The variable that overrides it."""
        return PREFIX + NESTING.join(self.path).upper()

    def default_in(self, profile: str) -> Any:
        """What it is when the file does not set it; `REQUIRED` where the file has to."""
        value: Any = PROFILES[profile]
        for key in self.path:
            if key not in value:
                return self.default
            value = value[key]
        return value


@cache
def sections() -> Mapping[str, type[Section]]:
    """The tables, by name, in the order of the model."""
    return {
        name: info.annotation
        for name, info in EnvironmentSettings.model_fields.items()
        if isinstance(info.annotation, type) and issubclass(info.annotation, Section)
    }


@cache
def fields() -> Mapping[tuple[str, ...], Field]:
    """Every setting a file or a variable may set, by path, in the order of the models."""
    found = [*_fields_of(EnvironmentSettings, ())]
    for name, section in sections().items():
        found += _fields_of(section, (name,))
    return {field.path: field for field in found}


@cache
def tables() -> frozenset[tuple[str, ...]]:
    """The paths of all tables: the sections, and those that people fill."""
    return frozenset(
        {(name,) for name in sections()} | {path for path, field in fields().items() if field.kind is Mapping}
    )


def _fields_of(model: type[Section], parent: tuple[str, ...]) -> Iterator[Field]:
    for name, info in model.model_fields.items():
        if (name in sections() and not parent) or (name in DERIVED and not parent):
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
    """`values` with every default beneath, the profile's and the models'."""
    defaults: dict[str, Any] = {}
    for field in fields().values():
        if field.default is not REQUIRED:
            table = defaults.setdefault(field.path[0], {}) if len(field.path) == 2 else defaults
            table[field.path[-1]] = field.default
    return beneath(defaults, with_profile(values))
