"""How a setting is declared: its description, what it accepts and where that is written, beside its type.

A `Setting` in a field's annotation documents the field and checks its value; an `Allowed` checks the items of
a list or the names and values of a table. `docs/settings.md` and the report come from the same declaration.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType, UnionType
from typing import Any, get_args, get_origin

from pydantic import AfterValidator, BaseModel, ConfigDict, GetCoreSchemaHandler, PlainSerializer
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from settings.language.errors import Refusal, nearest

REFUSED = "refused"
REQUIRED: Any = object()
PROFILES = ("demo", "production")
CDKTF_TOKEN = "TfToken["
AWS = "https://docs.aws.amazon.com"
Path = tuple[str, ...]
# For tables that people fill: a frozen model with a dict in it could still be changed.
FROZEN = (AfterValidator(MappingProxyType), PlainSerializer(dict))


class Section(BaseModel):
    """Frozen, without unknown names or conversions: a value is what was written, or it is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


@dataclass(frozen=True)
class Table:
    """A field that is a table of settings.

    Attributes:
        model: the settings in it.
        optional: what it describes does not exist unless the file has the table.
    """

    model: type[Section]
    optional: bool


def table_of(annotation: Any) -> Table | None:
    """The table that a field of that type is; None for a setting."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return Table(annotation, optional=False)
    if get_origin(annotation) is UnionType:
        inner = next(argument for argument in get_args(annotation) if argument is not type(None))
        table = table_of(inner)
        return table and Table(table.model, optional=True)
    return None


def profile_defaults(model: type[Section], profile: str) -> dict[str, Any]:
    """Defaults of a profile that differ from the other's, as a file would hold them."""
    defaults: dict[str, Any] = {}
    for name, info in model.model_fields.items():
        if (table := table_of(info.annotation)) and not table.optional:
            if inner := profile_defaults(table.model, profile):
                defaults[name] = inner
            continue
        of_profiles = next((one.defaults for one in info.metadata if isinstance(one, Setting)), None)
        value = getattr(of_profiles, profile) if of_profiles else REQUIRED
        if value is not REQUIRED:
            defaults[name] = value
    return defaults


def unsafe_fields(model: type[Section], parent: Path = ()) -> Iterator[tuple[Path, Unsafe]]:
    """The path of each setting or table of which production refuses some values."""
    for name, info in model.model_fields.items():
        path = (*parent, name)
        for one in info.metadata:
            if isinstance(one, Unsafe):
                yield path, one
        if table := table_of(info.annotation):
            yield from unsafe_fields(table.model, path)


def no_entries() -> Mapping[str, str]:
    """The default of a table that people fill."""
    return MappingProxyType({})


def accept(value: Any) -> Refusal | None:
    """Refuses nothing: the type alone says what is accepted."""
    return None


@dataclass(frozen=True)
class Allowed:
    """What a value may be.

    Attributes:
        text: the values, in words.
        refuse: tells why a value of the right type is not accepted, or None.
        schema: the same as keywords of a JSON schema, as far as they can say it
            (https://json-schema.org/understanding-json-schema/keywords).
    """

    text: str
    refuse: Callable[[Any], Refusal | None] = accept
    schema: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._checked, handler(source))

    def _checked(self, value: Any) -> Any:
        if value is not None and (refusal := self.refuse(value)):
            raise PydanticCustomError(
                REFUSED,
                "{problem}",
                {"problem": refusal.problem, "allowed": refusal.allowed, "fix": refusal.fix},
            )
        return value


@dataclass(frozen=True)
class Defaults:
    """What a setting is in each profile when the file does not set it; `REQUIRED` where the file has to."""

    demo: Any
    production: Any


@dataclass(frozen=True)
class Unsafe:
    """Values that the profile `production` refuses, in a field's annotation.

    Attributes:
        when: tells from the value.
        refusal: why, and what to write instead.
    """

    when: Callable[[Any], bool]
    refusal: Refusal


def is_set(value: Any) -> bool:
    return bool(value)


def is_not_set(value: Any) -> bool:
    return not value


@dataclass(frozen=True)
class Setting:
    """A field of the settings, for the reader and for the check.

    Attributes:
        description: what it sets, with the unit.
        allowed: what it accepts.
        source: the page the rule comes from.
        example: a value as a file has it; of a setting without a default.
        defaults: those of the profiles, where they differ; all other defaults are the field's own.
    """

    description: str
    allowed: Allowed
    source: str = ""
    example: str = ""
    defaults: Defaults | None = None

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return self.allowed.__get_pydantic_core_schema__(source, handler)


BOOLEAN = Allowed("true or false")


def between(lowest: int, highest: int, unit: str = "") -> Allowed:
    """Whole numbers from `lowest` to `highest`."""
    text = f"a whole number from {lowest:,} to {highest:,}{f' {unit}' if unit else ''}"

    def refuse(value: int) -> Refusal | None:
        if lowest <= value <= highest:
            return None
        bound, word = (lowest, "lowest") if value < lowest else (highest, "highest")
        return Refusal(
            f"{value} is out of range.", text, f"write {bound}, the {word} allowed, or a number in between."
        )

    return Allowed(text, refuse, {"minimum": lowest, "maximum": highest})


def one_of_numbers(numbers: Sequence[int], unit: str) -> Allowed:
    """The numbers AWS offers, and no others."""
    text = f"{', '.join(map(str, numbers))} {unit}"

    def refuse(value: int) -> Refusal | None:
        if value in numbers:
            return None
        closest = min(numbers, key=lambda number: abs(number - value))
        return Refusal(f"{value} is not one of the allowed values.", text, f"write {closest}, the nearest.")

    return Allowed(text, refuse, {"enum": list(numbers)})


def one_of(names: Sequence[str], text: str = "") -> Allowed:
    """Names from a fixed list."""
    text = text or ", ".join(f'"{name}"' for name in names)

    def refuse(value: str) -> Refusal | None:
        if value in names:
            return None
        meant = nearest(value, names)
        fix = f'did you mean "{meant}"?' if meant else f'write one of them, such as "{names[0]}".'
        return Refusal(f'"{value}" is not known.', text, fix)

    return Allowed(text, refuse, {"enum": list(names)})


def refuse_token(value: str, text: str) -> Refusal | None:
    """CDKTF would look for what it thinks the value stands for
    (https://developer.hashicorp.com/terraform/cdktf/concepts/tokens)."""
    if CDKTF_TOKEN not in value:
        return None
    return Refusal(
        f"CDKTF takes {CDKTF_TOKEN} for a mark of its own.", text, f"write it without {CDKTF_TOKEN}."
    )


def matching(
    pattern: str, text: str, *, example: str, forbidden: Sequence[str] = (), why: str = ""
) -> Allowed:
    """Texts of one syntax, but for some that are taken.

    Args:
        pattern: a regular expression for the whole value.
        text: the same in words.
        example: a value that is accepted.
        forbidden: values that match the pattern and are still refused.
        why: what is wrong with these, a sentence.
    """
    expression = re.compile(pattern)

    def refuse(value: str) -> Refusal | None:
        if not expression.fullmatch(value):
            return Refusal(f'"{value}" is not of this form.', text, f'write it like "{example}".')
        if refusal := refuse_token(value, text):
            return refusal
        if value.lower() in forbidden:
            return Refusal(f'"{value}" cannot be used: {why}.', text, f'choose another, such as "{example}".')
        return None

    return Allowed(text, refuse, {"pattern": f"^(?:{pattern})$"})
