"""Reads the environments' files and the `MLFLOW_INFRA_*` variables, and says what is wrong with them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from modules.common.aws import NAME
from settings.language.errors import Problem, Refusal, report
from stacks.environment import EnvironmentSettings
from stacks.rules.environments import clashes
from stacks.settings.explain import Origin, problems_of
from stacks.settings.variables import DIRECTORY_VARIABLE, over, read_overrides

DEFAULT_DIRECTORY = Path(__file__).resolve().parents[2] / "environments"
SUFFIX = ".toml"


def environments_directory(environ: Mapping[str, str]) -> Path:
    """The folder of the files: `MLFLOW_INFRA_ENVIRONMENTS`, or `environments` beside main.py."""
    given = environ.get(DIRECTORY_VARIABLE)
    return Path(given) if given else DEFAULT_DIRECTORY


def load_environments(directory: Path, environ: Mapping[str, str]) -> tuple[EnvironmentSettings, ...]:
    """The settings of every `*.toml` in `directory`, by name.

    Args:
        directory: holds one file for each environment, named by it.
        environ: the environment variables; those named `MLFLOW_INFRA_…` override the files.

    Raises:
        SettingsError: with everything that is wrong with any file or variable.
    """
    overrides = read_overrides(environ)
    problems = list(overrides.problems)
    environments: dict[str, EnvironmentSettings] = {}
    origins: dict[str, Origin] = {}
    for file in _files(directory):
        origin = origins[file.stem] = Origin(_shown(file), file.stem, overrides.sources)
        settings, found = _load(file, origin, overrides.values)
        problems += found
        if settings is not None:
            environments[file.stem] = settings
    for settings, violation in clashes(tuple(environments.values())):
        problems.append(origins[settings.environment].violation(violation, settings.model_dump()))
    if problems:
        raise report(problems)
    return tuple(environments[name] for name in sorted(environments))


def _files(directory: Path) -> list[Path]:
    fix = (
        f"put an <environment>.toml there (docs/settings.md), or name another folder in {DIRECTORY_VARIABLE}."
    )
    allowed = "a folder with one TOML file for each environment"
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
    file: Path, origin: Origin, overrides: Mapping[str, Any]
) -> tuple[EnvironmentSettings | None, list[Problem]]:
    written, problems = _read(file, origin.file)
    if refusal := _refuse_file_name(file):
        problems.append(Problem(origin.file, refusal))
    if written is None or refusal:
        return None, problems
    values = {**over(written, overrides), "environment": file.stem}
    if "environment" in written:
        problems.append(origin.unknown(("environment",)))
    try:
        settings = EnvironmentSettings.model_validate(values)
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


def _refuse_file_name(file: Path) -> Refusal | None:
    if file.suffix != SUFFIX:
        return Refusal(
            f'"{file.suffix}" is not in lower case.',
            "<environment>.toml",
            f'rename it to "{file.stem}{SUFFIX}".',
        )
    refusal = NAME.refuse(file.stem)
    if refusal is None:
        return None
    return Refusal(
        f"The file's name is the environment's, and \"{file.stem}\" cannot be one.",
        f"{refusal.allowed}, then .toml",
        "rename the file, such as to staging-2.toml.",
    )


def _shown(path: Path) -> str:
    """As a person in the current folder would write it."""
    try:
        return path.absolute().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return path.as_posix()
