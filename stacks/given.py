"""What an environment takes from others, by id or from their Terraform state."""

from __future__ import annotations

from constructs import Construct

from modules.common.remote_state import RemoteState
from settings.language.rules import value_at
from stacks.environment import EnvironmentSettings
from stacks.tables.remote_state import FROM_STATE, LISTS, TEXTS


class GivenValues:
    """Each value of `FROM_STATE`: as its setting has it, else as the other team's state will; None where neither does.

    Args:
        scope: gets the state, where something comes from it.
        settings: the environment's.
    """

    def __init__(self, scope: Construct, *, settings: EnvironmentSettings) -> None:
        self._settings = settings
        self._state = _remote_state(scope, settings)

    def text(self, name: str) -> str | None:
        if self._state and name in self._state.outputs:
            return self._state.text(name)
        value: str | None = value_at(self._settings, FROM_STATE[name])
        return value

    def texts(self, name: str) -> list[str] | None:
        if self._state and name in self._state.outputs:
            return self._state.texts(name)
        values: tuple[str, ...] | None = value_at(self._settings, FROM_STATE[name])
        return None if values is None else list(values)


def _remote_state(scope: Construct, settings: EnvironmentSettings) -> RemoteState | None:
    state = settings.remote_state
    if state is None:
        return None
    taken = {FROM_STATE[name]: (name, output) for name, output in state.outputs.items()}
    return RemoteState(
        scope,
        "remote_state",
        bucket=state.bucket,
        key=state.key,
        region=state.region or settings.region,
        role_arn=state.role_arn,
        texts=dict(taken[path] for path in TEXTS if path in taken),
        lists=dict(taken[path] for path in LISTS if path in taken),
    )
