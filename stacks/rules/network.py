"""Rules on the network: subnets fit in the VPC and beside each other, zones are the region's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import IPv4Network, ip_network
from typing import TYPE_CHECKING

from settings.language.errors import Refusal
from settings.language.rules import NotKnownError, Rule, Violation
from stacks.rules.given import of_our_own

if TYPE_CHECKING:
    from stacks.environment import EnvironmentSettings

PUBLIC, PRIVATE = "public_subnet_cidrs", "private_subnet_cidrs"
SUBNETS_PER_TIER = range(2, 6 + 1)
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html
SMALLEST_BALANCER_SUBNET = 27


def _subnets(settings: EnvironmentSettings, *tiers: str) -> list[tuple[str, int, IPv4Network]]:
    """The subnets of the tiers that are known: tier, position, network."""
    found = []
    for tier in tiers:
        try:
            cidrs = getattr(settings.network, tier)
        except NotKnownError:
            continue
        found += [(tier, position, IPv4Network(cidr)) for position, cidr in enumerate(cidrs)]
    return found


def _free(settings: EnvironmentSettings, prefix: int) -> str:
    """The remedy: a network of that size inside the VPC that no subnet uses, if there is one."""
    try:
        vpc = IPv4Network(settings.network.vpc_cidr)
    except NotKnownError:
        return "write a free one."
    used = [network for _, _, network in _subnets(settings, PUBLIC, PRIVATE)]
    candidates = vpc.subnets(new_prefix=prefix) if prefix >= vpc.prefixlen else iter(())
    free = next((network for network in candidates if not any(map(network.overlaps, used))), None)
    return (
        f'write a free one, such as "{free}".'
        if free
        else "choose smaller subnets, or a larger network.vpc_cidr."
    )


def _outside(settings: EnvironmentSettings) -> list[tuple[str, int, IPv4Network]]:
    """The subnets that are not inside the VPC; none while the VPC's own network is not accepted."""
    try:
        vpc = IPv4Network(settings.network.vpc_cidr)
    except NotKnownError:
        return []
    return [subnet for subnet in _subnets(settings, PUBLIC, PRIVATE) if not subnet[-1].subnet_of(vpc)]


def subnets_are_inside(settings: EnvironmentSettings) -> Iterator[Violation]:
    """A subnet's network is part of its VPC's (https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html)."""
    for tier, position, network in _outside(settings):
        problem = f"{network} is not inside the VPC's {settings.network.vpc_cidr}."
        refusal = Refusal(problem, "networks inside network.vpc_cidr", _free(settings, network.prefixlen))
        yield Violation(("network", tier, position), refusal)


def subnets_do_not_overlap(settings: EnvironmentSettings) -> Iterator[Violation]:
    """Subnets of a VPC do not share addresses (https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html)."""
    outside = _outside(settings)
    subnets = [subnet for subnet in _subnets(settings, PUBLIC, PRIVATE) if subnet not in outside]
    for later, (tier, position, network) in enumerate(subnets):
        overlapping = (earlier for earlier in subnets[:later] if earlier[-1].overlaps(network))
        if first := next(overlapping, None):
            problem = f"{network} overlaps network.{first[0]}[{first[1]}], {first[2]}."
            refusal = Refusal(problem, "subnets that share no address", _free(settings, network.prefixlen))
            yield Violation(("network", tier, position), refusal)


def _enough_subnets(tier: str) -> Rule:
    def rule(settings: EnvironmentSettings) -> Iterator[Violation]:
        """RDS and the load balancer each want two zones or more.

        https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_VPC.WorkingWithRDSInstanceinaVPC.html
        """
        count = len(getattr(settings.network, tier))
        if count not in SUBNETS_PER_TIER:
            yield Violation(
                ("network", tier),
                Refusal(
                    f"{'It is 1 subnet' if count == 1 else f'They are {count} subnets'}, one for each zone.",
                    "2 to 6 subnets: the database and the load balancer each want two zones",
                    "list two, such as "
                    + (
                        '["10.0.1.0/24", "10.0.2.0/24"].'
                        if tier == PUBLIC
                        else '["10.0.10.0/24", "10.0.20.0/24"].'
                    ),
                ),
            )

    return rule


def tiers_are_equal(settings: EnvironmentSettings) -> Iterator[Violation]:
    """Each zone has one subnet of each tier."""
    public, private = len(getattr(settings.network, PUBLIC)), len(getattr(settings.network, PRIVATE))
    if public != private and public in SUBNETS_PER_TIER and private in SUBNETS_PER_TIER:
        yield Violation(
            ("network", PRIVATE),
            Refusal(
                f"{private} private subnets and {public} public ones: each zone has one of both.",
                f"as many as network.{PUBLIC} has: {public}",
                f"list {public} private subnets, or {private} public ones.",
            ),
        )


def balancer_has_addresses(settings: EnvironmentSettings) -> Iterator[Violation]:
    """A load balancer's subnet is at least a /27
    (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html)."""
    tier = PRIVATE if settings.load_balancer.internal else PUBLIC
    for _, position, network in _subnets(settings, tier):
        if network.prefixlen > SMALLEST_BALANCER_SUBNET:
            refusal = Refusal(
                f"{network} is too small for the load balancer: it is in the {tier.split('_')[0]} subnets.",
                "/16 to /27 for these",
                _free(settings, SMALLEST_BALANCER_SUBNET),
            )
            yield Violation(("network", tier, position), refusal)


def zones_are_the_regions(settings: EnvironmentSettings) -> Iterator[Violation]:
    """RDS and load balancers are in a region's Availability Zones, not in its Local or Wavelength Zones.

    https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-availability-zones.html
    """
    zones, region = settings.network.availability_zones, settings.region
    allowed = f"zones of {region}, such as {region}a"
    for position, zone in enumerate(zones or ()):
        if not re.fullmatch(rf"{region}[a-z]", zone):
            letter = zone[-1:] if zone[-1:].isalpha() else "a"
            refusal = Refusal(f'"{zone}" is not a zone of {region}.', allowed, f'write "{region}{letter}".')
            yield Violation(("network", "availability_zones", position), refusal)
        elif zones and zone in zones[:position]:
            refusal = Refusal(f'"{zone}" is listed twice.', "different zones", "list each zone once.")
            yield Violation(("network", "availability_zones", position), refusal)


def zones_match_subnets(settings: EnvironmentSettings) -> Iterator[Violation]:
    """Each zone has one subnet of each tier."""
    zones, subnets = settings.network.availability_zones, len(getattr(settings.network, PUBLIC))
    if zones is not None and len(zones) != subnets:
        refusal = Refusal(
            f"{len(zones)} zones for {subnets} public subnets: each has its zone.",
            f"{subnets} zones, one for each of network.{PUBLIC}",
            "list as many zones as subnets, or leave availability_zones out for the region's first.",
        )
        yield Violation(("network", "availability_zones"), refusal)


def clients_are_listed_once(settings: EnvironmentSettings) -> Iterator[Violation]:
    """A security group takes a rule once
    (https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html)."""
    networks = [ip_network(cidr) for cidr in settings.load_balancer.allowed_cidrs]
    for position, network in enumerate(networks):
        if network in networks[:position]:
            refusal = Refusal(f"{network} is listed twice.", "different networks", "remove one of the two.")
            yield Violation(("load_balancer", "allowed_cidrs", position), refusal)


OF_A_NETWORK_TO_MAKE: tuple[Rule, ...] = (
    subnets_are_inside,
    subnets_do_not_overlap,
    _enough_subnets(PUBLIC),
    _enough_subnets(PRIVATE),
    tiers_are_equal,
    balancer_has_addresses,
    zones_are_the_regions,
    zones_match_subnets,
)
NETWORK_RULES: tuple[Rule, ...] = (*map(of_our_own, OF_A_NETWORK_TO_MAKE), clients_are_listed_once)
