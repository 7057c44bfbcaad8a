"""Loads environments/*.toml. docs/settings.md lists every setting."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from modules.common.aws import NAME
from modules.service.values import looks_secret
from settings.reading.files import load_files
from settings.reading.root import Root
from stacks.environment import DEFAULTS, RULES, EnvironmentSettings
from stacks.profiles import with_defaults
from stacks.rules.environments import clashes

DEFAULT_DIRECTORY = Path(__file__).resolve().parents[1] / "environments"
ENVIRONMENT = Root(
    model=EnvironmentSettings,
    title="An environment of the MLflow platform",
    prefix="MLFLOW_INFRA_",
    name="environment",
    names=NAME,
    with_defaults=lambda values: with_defaults(values, DEFAULTS),
    rules=RULES,
    documentation="docs/settings.md",
    looks_secret=looks_secret,
    instead_of_secrets="RDS makes the database's password; others are named in [service.secrets].",
    hidden=[("service", "environment"), ("service", "secrets")],
)


def environments_directory(environ: Mapping[str, str]) -> Path:
    """The folder of the files: `MLFLOW_INFRA_ENVIRONMENTS`, or `environments` beside main.py."""
    given = environ.get(ENVIRONMENT.directory_variable)
    return Path(given) if given else DEFAULT_DIRECTORY


def load_environments(directory: Path, environ: Mapping[str, str]) -> tuple[EnvironmentSettings, ...]:
    """The settings of every `*.toml` in `directory`, by name.

    Args:
        directory: holds one file for each environment, with the environment's name.
        environ: the environment variables; those named `MLFLOW_INFRA_…` override the files.

    Raises:
        SettingsError: with everything that is wrong with any file or variable.
    """
    return load_files(ENVIRONMENT, directory, environ, together=clashes)
