"""A kind of settings file: its root model, and the list of settings that variables, errors, schema and docs use."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import UnionType
from typing import Annotated, Any, Generic, Literal, TypeVar, get_args, get_origin

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from settings.language.rules import Rule
from settings.language.setting import REQUIRED, Allowed, Section, Setting, table_of
from settings.reading.trees import Tree, beneath

NESTING = "__"
Path = tuple[str, ...]
Model = TypeVar("Model", bound=Section)


@dataclass(frozen=True)
class Field:
    """One setting.

    Attributes:
        path: the tables it is in, if any, and its name.
        kind: `int`, `bool`, `str`, `tuple` or `Mapping`.
        setting: its declaration.
        default: the model's; `REQUIRED` if it has none.
        variable: the variable that overrides it.
    """

    path: Path
    kind: type
    setting: Setting
    default: Any
    variable: str

    def default_in(self, profile: str) -> Any:
        """Its value if the file does not set it; `REQUIRED` if the file has to."""
        if self.setting.defaults:
            return getattr(self.setting.defaults, profile)
        return self.default


@dataclass(frozen=True, kw_only=True)
class Root(Generic[Model]):
    """A kind of settings file.

    Attributes:
        model: the model of a whole file.
        title: what a file describes, for the JSON schema.
        prefix: of the variables that override settings.
        name: the setting that comes from the file's name.
        names: the names that a file can have.
        with_defaults: puts the defaults that depend on other settings beneath a file's values.
        rules: on several settings together.
        documentation: the page that lists all settings.
        looks_secret: tells from a name whether its value may be a secret.
        instead_of_secrets: where secrets belong, a sentence.
        hidden: tables whose values errors do not show, as one may be a secret.
        fields: every setting that a file or a variable may set, by path, in the order of the models.
        sections: the tables, by path, in the order of the models; a table in another table follows it.
        tables: the paths of all tables: the sections, and settings that are tables of names and values.
    """

    model: type[Model]
    title: str
    prefix: str
    name: str
    names: Allowed
    with_defaults: Callable[[Tree], Tree]
    rules: Collection[Rule]
    documentation: str
    looks_secret: Callable[[str], bool]
    instead_of_secrets: str
    hidden: Collection[Path] = ()

    @property
    def directory_variable(self) -> str:
        """The variable that names another folder of files; it is no setting."""
        return self.variable_of((f"{self.name}s",))

    def variable_of(self, path: Path) -> str:
        """The variable that overrides a setting or a table."""
        return self.prefix + NESTING.join(path).upper()

    @cached_property
    def sections(self) -> Mapping[Path, type[Section]]:
        return dict(_sections_of(self.model, ()))

    @cached_property
    def fields(self) -> Mapping[Path, Field]:
        found = [*self._fields_of(self.model, ())]
        for path, section in self.sections.items():
            found += self._fields_of(section, path)
        return {field.path: field for field in found}

    @cached_property
    def tables(self) -> frozenset[Path]:
        return frozenset(
            {*self.sections, *(path for path, field in self.fields.items() if field.kind is Mapping)}
        )

    def is_optional(self, table: Path) -> bool:
        """Whether a table is absent unless the file or a variable has it."""
        parent = self.sections.get(table[:-1], self.model)
        found = table_of(parent.model_fields[table[-1]].annotation)
        return found is not None and found.optional

    def filled(self, values: Tree) -> dict[str, Any]:
        """`values` over every default; an absent optional table is None."""
        given = self.with_defaults(values)
        return beneath(_defaults_of(self.model, given), given)

    def _fields_of(self, model: type[Section], parent: Path) -> Iterator[Field]:
        for name, info in model.model_fields.items():
            path = (*parent, name)
            if table_of(info.annotation) or path == (self.name,):
                continue
            setting = next(item for item in info.metadata if isinstance(item, Setting))
            yield Field(path, _kind(info.annotation), setting, _default(info), self.variable_of(path))


def _sections_of(model: type[Section], parent: Path) -> Iterator[tuple[Path, type[Section]]]:
    for name, info in model.model_fields.items():
        if table := table_of(info.annotation):
            path = (*parent, name)
            yield path, table.model
            yield from _sections_of(table.model, path)


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


def _defaults_of(model: type[Section], given: Tree) -> dict[str, Any]:
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
