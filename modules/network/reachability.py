"""How tasks reach the services they call."""

from __future__ import annotations

from modules.network.settings import NetworkSettings


def endpoints_of(network: NetworkSettings, *, is_given: bool) -> str:
    """`network.endpoints`, or its default.

    Args:
        is_given: the network is another team's.
    """
    if network.endpoints is not None:
        return network.endpoints
    if is_given or not network.tasks_are_private:
        return "none"
    return "all" if network.nat == "none" else "s3"


def is_closed(network: NetworkSettings, *, is_given: bool) -> bool:
    """Whether tasks reach only services that have a VPC endpoint."""
    return endpoints_of(network, is_given=is_given) in ("all", "existing") and network.nat == "none"
