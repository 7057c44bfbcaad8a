"""Every value that a setting can be tried with."""

from __future__ import annotations

from collections.abc import Iterator
from types import UnionType
from typing import Annotated, Any, Literal, get_args, get_origin

from modules.database.versions import MAJOR_VERSIONS
from stacks.environment import EnvironmentSettings
from stacks.loading import ENVIRONMENT

Path = tuple[str, ...]
# The settings that take one of several values, where their type does not say which.
CHOICES: dict[Path, set[str]] = {
    ("database", "engine_version"): set(MAJOR_VERSIONS),
    ("database", "ca_cert_identifier"): {"rds-ca-rsa2048-g1", "rds-ca-rsa4096-g1", "rds-ca-ecc384-g1"},
    ("database", "database_insights_mode"): {"off", "standard", "advanced"},
}


def choices_of(path: Path) -> set[Any]:
    """All values that there are, of a setting with few; nothing of any other."""
    model = ENVIRONMENT.sections.get(path[:-1], EnvironmentSettings)
    if path in CHOICES:
        return set(CHOICES[path])
    return set(_literals(model.model_fields[path[-1]].annotation))


def _literals(annotation: Any) -> Iterator[Any]:
    if annotation is bool:
        yield from (True, False)
    elif get_origin(annotation) is Literal:
        yield from get_args(annotation)
    elif get_origin(annotation) in (Annotated, UnionType):
        for argument in get_args(annotation):
            yield from _literals(argument)
