"""How tasks reach what they call, as far as settings that are left out leave it open."""

from __future__ import annotations


def endpoints_of(written: str | None, *, service_subnets: str, nat: str, is_given: bool) -> str:
    """`network.endpoints`, or what it is where it is left out.

    Args:
        written: the setting.
        service_subnets, nat: the settings of that name.
        is_given: whether the network is another team's.
    """
    if written is not None:
        return written
    if is_given or service_subnets == "public":
        return "none"
    return "all" if nat == "none" else "s3"


def is_closed(endpoints: str, *, nat: str) -> bool:
    """Whether tasks reach what has an endpoint, and nothing else."""
    return endpoints in ("all", "existing") and nat == "none"
