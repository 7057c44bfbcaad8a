"""Variables that override settings: which setting each overrides, and its value read from text."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from settings.language.errors import Problem, Refusal, nearest
from settings.reading.root import NESTING, Path, Root
from settings.reading.trees import beneath

# Python itself refuses thousands of digits.
WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,18}")
BOOLEANS = {"true": True, "false": False}


@dataclass
class Overrides:
    """What the variables set.

    Attributes:
        values: the settings, as a file would hold them.
        sources: the path of each value → the variable it came from.
        problems: variables that set nothing.
    """

    values: dict[str, Any] = field(default_factory=dict)
    sources: dict[Path, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def read_overrides(root: Root[Any], environ: Mapping[str, str]) -> Overrides:
    """The settings in `environ`. A variable for one setting wins over one for its whole table."""
    overrides = Overrides()
    ours = [
        name for name in environ if name.upper().startswith(root.prefix) and name != root.directory_variable
    ]
    for name in sorted(ours, key=lambda name: (name.count(NESTING), name)):
        path = _path_of(root, name)
        if path is None:
            overrides.problems.append(_unknown(root, name))
            continue
        value = _parsed(root, name, path, environ[name])
        if not _is_text(name) or not _is_text(json.dumps(value, ensure_ascii=False, default=str)):
            # Half of a pair in UTF-16, or bytes that are not UTF-8: no file can hold it.
            fix = "write it in UTF-8, and in JSON without halves of surrogate pairs."
            overrides.problems.append(Problem(name, Refusal("It is not text.", "text in UTF-8", fix)))
            continue
        if isinstance(value, Refusal):
            overrides.problems.append(Problem(name, value))
            continue
        for leaf in _leaves(path, value):
            overrides.sources[leaf] = name
        for key in reversed(path):
            value = {key: value}
        overrides.values = beneath(overrides.values, value)
    return overrides


def over(
    root: Root[Any], written: Mapping[str, Any], overrides: Mapping[str, Any], path: Path = ()
) -> dict[str, Any]:
    """`written` with the overrides in place, table by table.

    A value in the file where a table belongs stays, so that it is refused: an entry from a variable must not hide it.
    """
    merged = dict(written)
    for key, value in overrides.items():
        inner, below = (*path, key), merged.get(key, {})
        if isinstance(below, Mapping) and isinstance(value, Mapping):
            merged[key] = over(root, below, value, inner)
        elif isinstance(below, Mapping) or inner not in root.tables:
            merged[key] = value
    return merged


def _path_of(root: Root[Any], name: str) -> Path | None:
    """The setting, the table, or the entry of a table that people fill, that a variable names."""
    if path := _known(root).get(name):
        return path
    for setting in root.fields.values():
        entry = name.removeprefix(f"{setting.variable}{NESTING}")
        # An entry's name is taken as it is written: the names of tags and variables have a case.
        if setting.kind is Mapping and entry not in ("", name):
            return (*setting.path, entry)
    return None


def _known(root: Root[Any]) -> dict[str, Path]:
    """The variables of all tables and settings, but for those of single entries."""
    tables = {root.variable_of(path): path for path in root.sections}
    return {**tables, **{setting.variable: setting.path for setting in root.fields.values()}}


def _parsed(root: Root[Any], name: str, path: Path, text: str) -> Any:
    """The value in a variable's text. What is not of the setting's type stays a text, and is refused."""
    entry_or_table = Mapping if path in root.tables else str
    kind = root.fields[path].kind if path in root.fields else entry_or_table
    if kind is int:
        return int(text) if WHOLE_NUMBER.fullmatch(text) else text
    if kind is bool:
        return BOOLEANS.get(text.lower(), text)
    return text if kind is str else _parsed_json(name, text, table=kind is Mapping)


def _parsed_json(name: str, text: str, *, table: bool) -> Any:
    example = '{"name": "value"}' if table else '["10.0.0.0/8", "192.168.0.0/16"]'
    wanted = f"a JSON {'object' if table else 'array'}"
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        return Refusal(f"The value is not JSON: {error}.", wanted, f"write it like {name}='{example}'.")
    if isinstance(value, dict if table else list):
        return value
    return Refusal(f"The value is JSON, but not {wanted}.", wanted, f"write it like {name}='{example}'.")


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _leaves(path: Path, value: Any) -> list[Path]:
    if not isinstance(value, dict) or not value:
        return [path]
    return [leaf for key, item in value.items() for leaf in _leaves((*path, key), item)]


def _unknown(root: Root[Any], name: str) -> Problem:
    # Without the prefix, which would make everything alike.
    prefix, folder = root.prefix, root.directory_variable
    known = [variable.removeprefix(prefix) for variable in (folder, *_known(root))]
    meant = nearest(name[len(prefix) :], known)
    if name == root.variable_of((root.name,)):
        fix = f"name the {root.name} by its file, <{root.name}>.toml; {folder} is their folder."
    elif meant:
        fix = f"did you mean {prefix}{meant}?"
    else:
        fix = f"unset {name}, or see {root.documentation} for the names."
    return Problem(
        name,
        Refusal("There is no such setting.", f"{prefix}<SETTING> or {prefix}<TABLE>{NESTING}<SETTING>", fix),
    )
