"""Every setting is applied by one of the environments in tests/emulator, whose second plan has to be empty."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from settings.language.rules import value_at
from settings.reading.root import Field
from stacks.environment import EnvironmentSettings
from stacks.loading import ENVIRONMENT
from tests.emulator.applied import IN_PART, WHOLE
from tests.given.choices import Path, choices_of

BY_DOCKER = "the Docker provider reads it: tests/docker applies it"
# Setting → why no environment there has it otherwise than by default, or why it lacks a value.
ELSEWHERE: dict[Path, str] = {
    ("image", "base_image"): BY_DOCKER,
    ("image", "registry_credentials"): BY_DOCKER,
    ("image", "build_network_mode"): BY_DOCKER,
    ("image", "build_secrets"): BY_DOCKER,
    ("image", "revision"): BY_DOCKER,
    ("database", "max_connections"): "it informs the check and the alarm, and sets nothing of the database",
    ("sign_in", "default_permission"): "it is a variable of the container",
    ("remote_state", "region"): "it is read by Terraform's own data source, which plans nothing",
    ("remote_state", "role_arn"): "it is read by Terraform's own data source, which plans nothing",
}


def settings_of(name: str, text: str) -> EnvironmentSettings:
    return EnvironmentSettings.model_validate({**tomllib.loads(text), "environment": name})


def applied_values() -> dict[Path, list[Any]]:
    """Setting → its value in each environment."""
    found: dict[Path, list[Any]] = {path: [] for path in ENVIRONMENT.fields}
    every = {**{name: (text, None) for name, text in WHOLE.items()}, **IN_PART}
    for name, (text, tables) in every.items():
        settings = settings_of(name, text)
        for path in found:
            if tables is None or path[0] in tables:
                found[path].append(value_of(settings, path))
    return found


def value_of(settings: EnvironmentSettings, path: Path) -> Any:
    value = value_at(settings, ".".join(path))
    return value.partition(".")[0] if path == ("database", "engine_version") else value


def lacking(path: Path, field: Field, values: list[Any]) -> set[Any]:
    """The values of a setting that no environment has; of one with countless values, one that is no default."""
    if choices := choices_of(path):
        return choices - set(values)
    defaults = [field.default_in(profile) for profile in ("demo", "production")]
    # A table's default is a mapping of another class.
    plain = [dict(one) if hasattr(one, "keys") else one for one in defaults]
    seen = [dict(one) if hasattr(one, "keys") else one for one in values]
    return set() if any(one not in plain and one is not None for one in seen) else {"any but the default"}


@pytest.fixture(scope="module")
def values() -> dict[Path, list[Any]]:
    return applied_values()


@pytest.mark.parametrize("path", ENVIRONMENT.fields, ids=".".join)
def test_every_setting_value_is_applied_or_has_a_reason(values: dict[Path, list[Any]], path: Path) -> None:
    missing = lacking(path, ENVIRONMENT.fields[path], values[path])

    if path in ELSEWHERE:
        assert missing, f"{'.'.join(path)} is applied: remove it from ELSEWHERE"
    else:
        assert not missing, (
            f"no environment in tests/emulator applies {'.'.join(path)} as {missing}: add it to a file in "
            "tests/emulator/second_plan, or its reason to ELSEWHERE"
        )


def test_there_are_enough_whole_environments_of_both_profiles() -> None:
    profiles = [settings_of(name, text).profile for name, text in WHOLE.items()]

    assert len(profiles) >= 12
    assert profiles.count("production") >= 3
