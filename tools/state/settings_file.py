"""Writes `[state]` into an environment's file; comments, order and layout of everything else stay as they are."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import Table

from tools.state.errors import StateError

Value = str | bool
COMMENT = "# Where Terraform keeps what it knows: shared, versioned and locked (docs/state.md)."
BYTE_ORDER_MARK = "\ufeff"


def state_in(text: str, file: Path) -> Mapping[str, Any]:
    """The table `state`, as it is written in the text of `file`; empty where there is none.

    Raises:
        StateError: the text is not TOML, or `state` in it is no table.
    """
    return _table(_parsed(text, file), file) or {}


def with_state(text: str, values: Mapping[str, Value], file: Path) -> str:
    """The text with `values` in its table `state`; the very same text where they stand there already.

    Raises:
        StateError: the text is not TOML, or `state` in it is no table.
    """
    ended = text if not text or text.endswith("\n") else text + "\n"
    document = _parsed(ended, file)
    table = _table(document, file)
    missing = {name: value for name, value in values.items() if table is None or table.get(name) != value}
    if not missing:
        return text
    if table is None:
        written = [f"{name} = {tomlkit.item(value).as_string()}" for name, value in missing.items()]
        apart = "" if not ended.strip() or ended.endswith(("\n\n", "\r\n\r\n")) else "\n"
        return _with_newlines_of(text, "\n".join([f"{ended}{apart}{COMMENT}", "[state]", *written, ""]))
    # tomlkit appends to the very end of a table, behind the comments that belong to what follows.
    body = table.value.body if isinstance(table, Table) else []
    behind = []
    while body and body[-1][0] is None:
        behind.append(body.pop())
    for name, value in missing.items():
        table[name] = value
    body.extend(reversed(behind))
    return _with_newlines_of(text, document.as_string())


def read(file: Path) -> str:
    """The file's text, its newlines and byte order mark as they are.

    Raises:
        StateError: it cannot be read, or is not UTF-8.
    """
    try:
        return file.read_bytes().decode("utf-8")
    except OSError as error:
        raise StateError(f"{file} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError as error:
        raise StateError(f"{file} is not UTF-8 (byte {error.start}). Save it as UTF-8.") from None


def write(file: Path, text: str) -> None:
    """Replaces the file's text at once: who reads it meanwhile, or after a power cut, has the old one or the new."""
    target = file.resolve()
    partial = target.with_name(f".{target.name}.{os.getpid()}")
    partial.write_bytes(text.encode("utf-8"))
    shutil.copymode(target, partial)
    partial.replace(target)


def _parsed(text: str, file: Path) -> tomlkit.TOMLDocument:
    try:
        return tomlkit.parse(text.removeprefix(BYTE_ORDER_MARK))
    except TOMLKitError as error:
        raise StateError(f"{file} is not TOML: {error}. Correct that place.") from None


def _table(document: tomlkit.TOMLDocument, file: Path) -> Any:
    table = document.get("state")
    if table is not None and not isinstance(table, Mapping):
        raise StateError(f"{file}: state is no table. Write [state], and its settings in the lines below it.")
    return table


def _with_newlines_of(original: str, text: str) -> str:
    if "\r\n" in original and "\n" not in original.replace("\r\n", ""):
        text = text.replace("\r\n", "\n").replace("\n", "\r\n")
    mark = BYTE_ORDER_MARK if original.startswith(BYTE_ORDER_MARK) else ""
    return mark + text.removeprefix(BYTE_ORDER_MARK)
