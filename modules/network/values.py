"""Networks as text: what a CIDR may be."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_network

from settings.language.errors import Refusal
from settings.language.setting import Allowed

Network = IPv4Network | IPv6Network
# https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html
VPC_PREFIX_LENGTHS = range(16, 28 + 1)


def _parse(cidr: str, allowed: str) -> Network | Refusal:
    if "/" not in cidr:
        return Refusal(
            f'"{cidr}" has no prefix length.', allowed, f'write one, such as "{cidr}/32" for one address.'
        )
    try:
        return ip_network(cidr)
    except ValueError:
        pass
    try:
        network = ip_network(cidr, strict=False)
    except ValueError as error:
        return Refusal(f"It is not a network: {error}.", allowed, 'write it like "10.0.0.0/16".')
    return Refusal(
        f'"{cidr}" has bits set beyond the prefix: it is an address in the network {network}.',
        allowed,
        f'write "{network}".',
    )


def _refuse_range(cidr: str) -> Refusal | None:
    network = _parse(cidr, RANGE.text)
    return network if isinstance(network, Refusal) else None


def _refuse_block(cidr: str) -> Refusal | None:
    network = _parse(cidr, BLOCK.text)
    if isinstance(network, Refusal):
        return network
    if isinstance(network, IPv6Network):
        return Refusal("It is an IPv6 network.", BLOCK.text, 'write an IPv4 network, such as "10.0.0.0/16".')
    if network.prefixlen not in VPC_PREFIX_LENGTHS:
        size = "larger than a /16" if network.prefixlen < VPC_PREFIX_LENGTHS.start else "smaller than a /28"
        return Refusal(
            f"It is {size}.", BLOCK.text, f'write a prefix length from 16 to 28, such as "{network[0]}/24".'
        )
    if (
        network.is_loopback
        or network.is_link_local
        or network.is_multicast
        or network[0].packed[0] in (0, 255)
    ):
        return Refusal(
            "These addresses are reserved and cannot be routed.", BLOCK.text, 'write one like "10.0.0.0/16".'
        )
    return None


RANGE = Allowed("an IPv4 or IPv6 network in CIDR notation, without bits beyond its prefix", _refuse_range)
BLOCK = Allowed(
    "an IPv4 network in CIDR notation from /16 to /28, without bits beyond its prefix", _refuse_block
)
