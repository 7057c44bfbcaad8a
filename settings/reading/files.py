"""Reads settings files and the variables that override them, and reports everything that is wrong with them."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from settings.language.errors import Problem, Refusal, report
from settings.language.rules import Violation
from settings.reading.explain import Origin, problems_of
from settings.reading.root import Model, Root
from settings.reading.variables import over, read_overrides

SUFFIX = ".toml"
# Settings of all files → each violation of a rule on several files, with the settings that it is reported at.
Together = Callable[[Sequence[Model]], Iterable[tuple[Model, Violation]]]


def load_files(
    root: Root[Model], directory: Path, environ: Mapping[str, str], *, together: Together[Model]
) -> tuple[Model, ...]:
    """The settings of every `*.toml` in `directory`, by name.

    Args:
        directory: holds one file for each name.
        environ: the environment variables; those with the root's prefix override the files.
        together: the rules on several files.

    Raises:
        SettingsError: with everything that is wrong with any file or variable.
    """
    overrides = read_overrides(root, environ)
    problems = list(overrides.problems)
    loaded: dict[str, Model] = {}
    origins: dict[str, Origin] = {}
    for file in _files(root, directory):
        origin = origins[file.stem] = Origin(root, _shown(file), file.stem, overrides.sources)
        settings, found = _load(root, file, origin, overrides.values)
        problems += found
        if settings is not None:
            loaded[file.stem] = settings
    for settings, violation in together(tuple(loaded.values())):
        origin = origins[getattr(settings, root.name)]
        problems.append(origin.violation(violation, settings.model_dump()))
    if problems:
        raise report(problems)
    return tuple(loaded[name] for name in sorted(loaded))


def _files(root: Root[Any], directory: Path) -> list[Path]:
    fix = (
        f"put an <{root.name}>.toml there ({root.documentation}), or name another folder in "
        f"{root.directory_variable}."
    )
    allowed = f"a folder with one TOML file for each {root.name}"
    try:
        files = [
            path
            for path in directory.iterdir()
            if path.suffix.lower() == SUFFIX and path.name[0] not in ".#~"
        ]
    except OSError as error:
        raise report(
            [
                Problem(
                    _shown(directory), Refusal(f"The folder cannot be read: {error.strerror}.", allowed, fix)
                )
            ]
        ) from None
    if not files:
        raise report([Problem(_shown(directory), Refusal("The folder has no TOML file.", allowed, fix))])
    return sorted(files)


def _load(
    root: Root[Model], file: Path, origin: Origin, overrides: Mapping[str, Any]
) -> tuple[Model | None, list[Problem]]:
    written, problems = _read(file, origin.file)
    if refusal := _refuse_file_name(root, file):
        problems.append(Problem(origin.file, refusal))
    if written is None or refusal:
        return None, problems
    values = {**over(root, written, overrides), root.name: file.stem}
    if root.name in written:
        problems.append(origin.unknown((root.name,)))
    try:
        settings = root.model.model_validate(values)
    except ValidationError as error:
        return None, problems + problems_of(error, values, origin)
    return settings, problems


def _read(file: Path, source: str) -> tuple[dict[str, Any] | None, list[Problem]]:
    allowed = "a TOML file in UTF-8 (https://toml.io)"
    try:
        # Some editors put a byte order mark first.
        return tomllib.loads(file.read_text(encoding="utf-8-sig")), []
    except OSError as error:
        refusal = Refusal(
            f"The file cannot be read: {error.strerror}.",
            allowed,
            "make it readable, or move it out of the folder.",
        )
    except UnicodeDecodeError as error:
        refusal = Refusal(f"The file is not UTF-8 (byte {error.start}).", allowed, "save it as UTF-8.")
    except (ValueError, RecursionError) as error:  # TOMLDecodeError, and numbers or nesting without end
        refusal = Refusal(
            f"The file is not TOML: {error}.",
            allowed,
            "correct that place; texts stand in quotes, true and false do not.",
        )
    return None, [Problem(source, refusal)]


def _refuse_file_name(root: Root[Any], file: Path) -> Refusal | None:
    if file.suffix != SUFFIX:
        return Refusal(
            f'"{file.suffix}" is not in lower case.',
            f"<{root.name}>.toml",
            f'rename it to "{file.stem}{SUFFIX}".',
        )
    refusal = root.names.refuse(file.stem)
    if refusal is None:
        return None
    return Refusal(
        f"The file's name is the {root.name}'s, and \"{file.stem}\" cannot be one.",
        f"{refusal.allowed}, then .toml",
        "rename the file, such as to staging-2.toml.",
    )


def _shown(path: Path) -> str:
    """As a person in the current folder would write it."""
    try:
        return path.absolute().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return path.as_posix()
