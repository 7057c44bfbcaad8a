"""Rules on the environments together: no two may share names or state."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stacks.settings.errors import Refusal
from stacks.settings.model import EnvironmentSettings
from stacks.settings.rules import Broken


def clashes(environments: Sequence[EnvironmentSettings]) -> Iterator[tuple[EnvironmentSettings, Broken]]:
    """What the later of two environments would take from the earlier."""
    names: dict[str, EnvironmentSettings] = {}
    states: dict[tuple[str | None, str], EnvironmentSettings] = {}
    for settings in environments:
        other = names.setdefault(settings.full_name, settings)
        if other is not settings:
            refusal = Refusal(
                f'"{settings.full_name}" is also what the environment {other.environment} is called, '
                "and roles have one name in all regions.",
                "a different <name>-<environment> for each environment",
                f"set another name here or in {other.environment}.toml.",
            )
            yield settings, Broken(("name",), refusal)
        bucket = settings.state.bucket
        # Without a bucket the key is the environment's own.
        other = states.setdefault((bucket, settings.state_key), settings)
        if other is not settings:
            refusal = Refusal(
                f"s3://{bucket}/{settings.state_key} is the state of the environment {other.environment}: "
                "each apply would delete what the other made.",
                "a key of its own for each environment",
                f'remove state.key (it is then "mlflow/{settings.environment}/terraform.tfstate").',
            )
            yield settings, Broken(("state", "key"), refusal)
