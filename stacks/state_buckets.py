"""The buckets for state that the environments manage, and the stacks that make them."""

from __future__ import annotations

from collections.abc import Sequence

from stacks.environment import EnvironmentSettings

STATE_STACK = "state"


def managed_buckets(environments: Sequence[EnvironmentSettings]) -> dict[str, list[EnvironmentSettings]]:
    """Bucket → the environments that manage it, in their order."""
    found: dict[str, list[EnvironmentSettings]] = {}
    for settings in environments:
        if settings.state.managed and settings.state.bucket:
            found.setdefault(settings.state.bucket, []).append(settings)
    return found


def state_stack_names(environments: Sequence[EnvironmentSettings]) -> dict[str, str]:
    """Bucket → the name of its stack: `state`; where environments have several accounts, `state-<environment>`."""
    buckets = managed_buckets(environments)
    return {
        bucket: STATE_STACK if len(buckets) == 1 else f"{STATE_STACK}-{managers[0].environment}"
        for bucket, managers in buckets.items()
    }
