"""Puts what pydantic found into words for people: where, the value given, what is allowed, how to fix it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from settings.language.errors import Problem, Refusal, as_written, nearest
from settings.language.rules import BROKEN_RULES, Path, Violation, known, violations
from settings.language.setting import REFUSED
from settings.reading.root import Field, Root

KINDS: Mapping[Any, str] = {
    int: "a whole number, without quotes",
    bool: "true or false, without quotes",
    str: "a string, in quotes",
    tuple: 'a list, such as ["a", "b"]',
    Mapping: "a table",
}
TOP = "the top of the file, before the first [table]"


@dataclass(frozen=True)
class Origin:
    """Where the settings of a file come from.

    Attributes:
        root: the kind of file.
        file: as a person would name it.
        name: the file's, without its suffix.
        variables: path → variable, for what comes from one.
    """

    root: Root[Any]
    file: str
    name: str
    variables: Mapping[tuple[str, ...], str]

    def problem(self, path: Path, refusal: Refusal, given: str = "") -> Problem:
        """`refusal`, reported at the file, or at the variable that set the value."""
        if variable := self.variable(path):
            return Problem(variable, refusal, dotted(path), given, (self.name,))
        return Problem(self.file, refusal, dotted(path), given)

    def violation(self, violation: Violation, tree: Mapping[str, Any]) -> Problem:
        """A rule that the settings `tree` break."""
        given: Any = tree
        for key in violation.path:
            # Of an optional table that is absent, nothing is given.
            given = None if given is None else given[key]
        # A table is in several lines, with defaults among them.
        hidden = (
            given is None or violation.path in self.root.sections or _may_be_secret(self.root, violation.path)
        )
        return self.problem(violation.path, violation.refusal, "" if hidden else as_written(given))

    def variable(self, path: Path) -> str | None:
        """The variable that set the value at `path`, or the whole that it is in."""
        names = tuple(map(str, path))
        wholes = (names[:length] for length in range(len(names), 0, -1))
        # A table from JSON where none belongs is known by what is in it.
        parts = (
            leaf for leaf in self.variables if leaf[: len(names)] == names and names not in self.root.tables
        )
        return next((self.variables[known] for known in (*wholes, *parts) if known in self.variables), None)

    def unknown(self, path: Path) -> Problem:
        """A name that is no setting."""
        return self.problem(path, _unknown(self.root, tuple(map(str, path))))


def problems_of(error: ValidationError, values: Mapping[str, Any], origin: Origin) -> list[Problem]:
    """Everything in `error`, and every rule that the accepted values break all the same."""
    found = [details for details in error.errors() if details["type"] != BROKEN_RULES]
    refused = [_path(details) for details in found]
    tree = origin.root.filled(values)
    problems = [_problem(details, origin) for details in found]
    for violation in violations(origin.root.rules, known(origin.root.model, tree, refused)):
        problems.append(origin.violation(violation, tree))
    return problems


def _path(details: ErrorDetails) -> Path:
    # pydantic's mark for the name of an entry, as against its value.
    return tuple(key for key in details["loc"] if key != "[key]")


def _problem(details: ErrorDetails, origin: Origin) -> Problem:
    path, given, root = _path(details), details["input"], origin.root
    if details["type"] == "extra_forbidden":
        return origin.unknown(path)
    if details["type"] == "missing":
        return origin.problem(path, _missing(root, path))
    if details["type"] == REFUSED:
        told = details["ctx"]
        refusal = Refusal(told["problem"], told["allowed"], told["fix"])
    elif details["type"] == "literal_error":
        refusal = _not_listed(root, path, given)
    else:
        refusal = _wrong_kind(root, path, given, origin.variable(path))
    variable = origin.variable(path)
    if variable and given == "":
        refusal = replace(refusal, fix=f"{refusal.fix} To set nothing, unset {variable}.")
    # Of an entry that is refused by its name, the name says enough.
    hidden = "[key]" in details["loc"] or _may_be_secret(root, path)
    return origin.problem(path, refusal, "" if hidden else as_written(given))


def _may_be_secret(root: Root[Any], path: Path) -> bool:
    return any(path[: len(table)] == table for table in root.hidden)


def _field(root: Root[Any], path: Path) -> Field | None:
    """The setting that `path` is, or is inside of."""
    names = tuple(map(str, path))
    known = (names[:length] for length in range(len(names), 0, -1))
    return next((root.fields[one] for one in known if one in root.fields), None)


def _missing(root: Root[Any], path: Path) -> Refusal:
    setting = root.fields[tuple(map(str, path))].setting
    where = f"[{dotted(path[:-1])}]" if len(path) > 1 else TOP
    fix = f"add it to {where}: {path[-1]} = {setting.example}"
    return Refusal("Required; it has no default.", setting.allowed.text, fix)


def _not_listed(root: Root[Any], path: Path, given: Any) -> Refusal:
    allowed = root.fields[tuple(map(str, path))].setting.allowed.text
    meant = nearest(given, re.findall(r'"(.+?)"', allowed)) if isinstance(given, str) else None
    return Refusal(
        "It is not one of the allowed values.",
        allowed,
        f'did you mean "{meant}"?' if meant else f"write {allowed}.",
    )


def _wrong_kind(root: Root[Any], path: Path, given: Any, variable: str | None) -> Refusal:
    field = _field(root, path)
    inside = field is not None and len(path) > len(field.path)
    kind = Mapping if field is None else str if inside else field.kind
    allowed = KINDS[kind] if field is None or inside else f"{field.setting.allowed.text} ({KINDS[kind]})"
    problem = f"Expected {KINDS[kind].partition(',')[0]}, got {_kind_of(given)}."
    example = _example(field, kind, given)
    if variable and inside:
        return Refusal(problem, allowed, f"write {example} in the JSON of {variable}.")
    if variable and field and variable != field.variable:
        return Refusal(problem, allowed, f'write "{path[-1]}": {example} in the JSON of {variable}.')
    if variable:
        return Refusal(problem, allowed, f"write it like {variable}={example}")
    if kind is Mapping:
        return Refusal(problem, allowed, f"write [{dotted(path)}], and its settings in the lines below it.")
    return Refusal(problem, allowed, f"write {example}" if inside else f"write {path[-1]} = {example}")


def _example(field: Field | None, kind: Any, given: Any) -> str:
    """What was probably meant; else the demo's default, or any value of the kind."""
    text = str(given)
    if kind is str:
        return '"…"' if isinstance(given, list | Mapping) else f'"{text}"'
    if kind is int and re.fullmatch(r"[0-9]+(\.0)?", text):
        return text.removesuffix(".0")
    if kind is bool and text.lower() in ("true", "false"):
        return text.lower()
    if kind is tuple and isinstance(given, str):
        return as_written([given])
    default = field.default_in("demo") if field and kind is not Mapping else None
    return (
        {tuple: '["…"]', int: "1"}.get(kind, '{"name": "value"}') if default is None else as_written(default)
    )


def _kind_of(value: Any) -> str:
    kinds = (
        (bool, "a boolean"),
        (int, "a whole number"),
        (float, "a decimal number"),
        (str, "a string"),
    )
    more = ((list, "a list"), (Mapping, "a table"), (type(None), "null"), (object, "a date or time"))
    return next(words for kind, words in (*kinds, *more) if isinstance(value, kind))


def _unknown(root: Root[Any], path: tuple[str, ...]) -> Refusal:
    name = path[-1]
    siblings = [known[-1] for known in (*root.sections, *root.fields) if known[:-1] == path[:-1]]
    allowed = f"in [{dotted(path[:-1])}]: {', '.join(siblings)}" if len(path) > 1 else ", ".join(siblings)
    problem = "There is no such setting."
    if path == (root.name,):
        return Refusal(problem, allowed, f"remove it: the {root.name}'s name is the file's.")
    if known := next((known for known in root.fields if known[-1] == name), None):
        table = f"[{dotted(known[:-1])}]" if len(known) > 1 else TOP
        return Refusal(problem, allowed, f"move it to {table}: it is {'.'.join(known)}.")
    if meant := nearest(name, siblings):
        return Refusal(problem, allowed, f"did you mean {'.'.join((*path[:-1], meant))}?")
    if root.looks_secret(name):
        fix = f"remove it: no secret belongs in the settings. {root.instead_of_secrets}"
        return Refusal(problem, allowed, fix)
    return Refusal(problem, allowed, f"remove it, or see {root.documentation} for the names.")


def dotted(path: Path) -> str:
    """`service.cpu_units`, and `network.public_subnet_cidrs[1]` for an item of a list."""
    text = ""
    for key in path:
        text += f"[{key}]" if isinstance(key, int) else f".{key}" if text else key
    return text
