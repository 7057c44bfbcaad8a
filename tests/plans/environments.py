"""The settings of many environments: what the emulator applies, each choice by itself, and each partition."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from stacks.environment import EnvironmentSettings
from stacks.loading import ENVIRONMENT
from tests.emulator.applied import IN_PART, WHOLE
from tests.given.choices import choices_of
from tests.texts import DEMO, DIGEST, PRODUCTION

Tree = dict[str, Any]
# Of each partition.
REGIONS = ("us-east-1", "us-gov-west-1", "cn-north-1", "eusc-de-east-1")


def environments() -> dict[str, Tree]:
    """Environment → its settings as a file holds them, but for those that are refused."""
    every = {
        **{name: tomllib.loads(text) for name, text in WHOLE.items()},
        **{name: tomllib.loads(text) for name, (text, _) in IN_PART.items()},
        **dict(_choices()),
        **dict(_partitions()),
    }
    return {name: tree for name, tree in every.items() if _is_accepted(name, tree)}


def _choices() -> Iterator[tuple[str, Tree]]:
    """Each value of each setting that has few, in an environment that sets nothing else."""
    for path in ENVIRONMENT.fields:
        for choice in sorted(choices_of(path), key=str):
            for profile, text in (("demo", DEMO), ("production", PRODUCTION)):
                name = re.sub(r"[^a-z0-9]+", "-", f"{profile[0]}-{'-'.join(path)}-{choice}".lower())
                yield name, _with(tomllib.loads(text), path, choice)


def _partitions() -> Iterator[tuple[str, Tree]]:
    for region in REGIONS:
        for profile, text in (("demo", DEMO), ("production", PRODUCTION)):
            # The image that is built here does not know the authorities of every partition's databases.
            image = {"uri": f"registry.example.com/mlflow@{DIGEST}"}
            network = {"nat": "single"} if profile == "production" else {}
            changes = {"region": region, "image": image, "network": network}
            yield f"{profile[0]}-{region}", {**tomllib.loads(text), **changes}


def _with(tree: Tree, path: tuple[str, ...], value: Any) -> Tree:
    *tables, name = path
    table = tree
    for key in tables:
        table = table.setdefault(key, {})
    for other, field in ENVIRONMENT.fields.items():
        if other[:-1] == path[:-1] and field.setting.example and tables:
            # The rest of a table that is absent by default.
            table.setdefault(other[-1], tomllib.loads(f"example = {field.setting.example}")["example"])
    table[name] = value
    return tree


def settings_of(name: str, tree: Mapping[str, Any]) -> EnvironmentSettings:
    """The settings of one environment; a long name is cut off.

    Raises:
        pydantic.ValidationError: they are refused.
    """
    return EnvironmentSettings.model_validate({**tree, "environment": name[:20].rstrip("-")})


def _is_accepted(name: str, tree: Mapping[str, Any]) -> bool:
    try:
        settings_of(name, tree)
    except ValidationError:
        return False
    return True
