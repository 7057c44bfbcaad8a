"""What an environment takes from others, by id or from their Terraform state; and the network, taken or made."""

from __future__ import annotations

from typing import Any

from constructs import Construct

from modules.account import Account
from modules.existing_network import ExistingNetwork
from modules.network import Network
from modules.remote_state import RemoteState
from stacks.settings import EnvironmentSettings
from stacks.settings.given import FROM_STATE, LISTS, TEXTS


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
        if self._state and name in self._settings.remote_state.outputs:
            return self._state.text(name)
        value: str | None = self._by_id(name)
        return value

    def texts(self, name: str) -> list[str] | None:
        if self._state and name in self._settings.remote_state.outputs:
            return self._state.texts(name)
        values: tuple[str, ...] | None = self._by_id(name)
        return None if values is None else list(values)

    def _by_id(self, name: str) -> Any:
        table, setting = FROM_STATE[name].split(".")
        return getattr(getattr(self._settings, table), setting)


def _remote_state(scope: Construct, settings: EnvironmentSettings) -> RemoteState | None:
    state = settings.remote_state
    if not (state.bucket and state.key):
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


def network_of(
    scope: Construct, *, settings: EnvironmentSettings, account: Account, given: GivenValues
) -> Network | ExistingNetwork:
    """The network: another team's, or one made here."""
    vpc_id = given.text("vpc_id")
    public, private = given.texts("public_subnet_ids"), given.texts("private_subnet_ids")
    if vpc_id and public and private:
        return ExistingNetwork(
            scope, "network", vpc_id=vpc_id, public_subnet_ids=public, private_subnet_ids=private
        )
    network = settings.network
    zones = network.availability_zones
    return Network(
        scope,
        "network",
        name=settings.full_name,
        cidr_block=network.vpc_cidr,
        availability_zones=zones or account.first_availability_zones(len(network.public_subnet_cidrs)),
        public_subnet_cidrs=network.public_subnet_cidrs,
        private_subnet_cidrs=network.private_subnet_cidrs,
    )
