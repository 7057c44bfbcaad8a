"""Rules on what others own: a network is given whole, a value is said once, and their state is read for something."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from modules.common import aws
from modules.network.settings import NetworkSettings
from settings.language.errors import Refusal
from settings.language.rules import Rule, Violation, value_at
from stacks.tables.remote_state import FROM_STATE

if TYPE_CHECKING:
    from stacks.environment import EnvironmentSettings

NETWORK = ("vpc_id", "public_subnet_ids", "private_subnet_ids")
OF_OUR_OWN = ("vpc_cidr", "availability_zones", "public_subnet_cidrs", "private_subnet_cidrs")
TIERS = ("public_subnet_ids", "private_subnet_ids")
EXAMPLES = {
    "vpc_id": '"vpc-0a1b2c3d4e5f67890"',
    "public_subnet_ids": '["subnet-0a1b2c3d4e5f67890", "subnet-0b1c2d3e4f5a67890"]',
    "private_subnet_ids": '["subnet-0c1d2e3f4a5b67890", "subnet-0d1e2f3a4b5c67890"]',
}


def is_given(settings: EnvironmentSettings, name: str) -> bool:
    """Whether a value is named, by its id or as an output of another team's state."""
    if value_at(settings, FROM_STATE[name]) is not None:
        return True
    return settings.remote_state is not None and name in settings.remote_state.outputs


def given_network(settings: EnvironmentSettings) -> list[str]:
    """The settings of another team's network that are set."""
    return [name for name in NETWORK if is_given(settings, name)]


def of_our_own(rule: Rule) -> Rule:
    """`rule`, where the network is made here."""

    def kept(settings: EnvironmentSettings) -> Iterator[Violation]:
        if not given_network(settings):
            yield from rule(settings)

    return kept


def network_is_given_whole(settings: EnvironmentSettings) -> Iterator[Violation]:
    """A VPC and subnets of both tiers, or none of them."""
    given = given_network(settings)
    for name in NETWORK:
        if given and name not in given:
            told = " and ".join(f"network.{other}" for other in given)
            problem = f"{told} {'is' if len(given) == 1 else 'are'} another team's, and this is not named."
            allowed = f"{', '.join(NETWORK)} together, each by id or in remote_state.outputs"
            fix = f"add to [network]: {name} = {EXAMPLES[name]}; or leave out all three, to have a network made."
            yield Violation(("network", name), Refusal(problem, allowed, fix))


def network_is_made_or_given(settings: EnvironmentSettings) -> Iterator[Violation]:
    """What describes a network to make has no effect on one that exists."""
    given = given_network(settings)
    for name in OF_OUR_OWN:
        if given and getattr(settings.network, name) != NetworkSettings.model_fields[name].default:
            problem = f"No network is made: network.{given[0]} is another team's."
            fix = f"remove network.{name}; or leave out {', '.join(NETWORK)}."
            yield Violation(("network", name), Refusal(problem, "only where the network is made here", fix))


def subnets_are_enough_and_different(settings: EnvironmentSettings) -> Iterator[Violation]:
    """RDS and the load balancer each want two zones or more; a subnet is of one tier
    (https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_VPC.WorkingWithRDSInstanceinaVPC.html)."""
    seen: dict[str, str] = {}
    for tier in TIERS:
        subnets = getattr(settings.network, tier)
        if subnets is not None and len(subnets) < 2:
            problem = f"{'It is 1 subnet' if subnets else 'It is no subnet'}, and a subnet is in one zone."
            allowed = "two subnets or more: the database and the load balancer each want two zones"
            yield Violation(
                ("network", tier), Refusal(problem, allowed, f"list two, such as {EXAMPLES[tier]}.")
            )
        for position, subnet in enumerate(subnets or ()):
            place = f"network.{tier}[{position}]"
            if first := seen.get(subnet):
                refusal = Refusal(f"It is {first} too.", "different subnets", "list each subnet once.")
                yield Violation(("network", tier, position), refusal)
            seen.setdefault(subnet, place)


def value_is_said_once(settings: EnvironmentSettings) -> Iterator[Violation]:
    """By id or from the state."""
    for name in settings.remote_state.outputs if settings.remote_state else ():
        path = FROM_STATE[name]
        if value_at(settings, path) is not None:
            problem = f"{path} names it already."
            fix = f"remove {path}, or this entry."
            refusal = Refusal(problem, "by id or from their state, not both", fix)
            yield Violation(("remote_state", "outputs", name), refusal)


def remote_state_is_used(settings: EnvironmentSettings) -> Iterator[Violation]:
    """A state without outputs to take is not read."""
    if settings.remote_state is not None and not settings.remote_state.outputs:
        refusal = Refusal(
            "Nothing is taken from their state.",
            "one entry or more",
            'add to [remote_state.outputs] lines such as vpc_id = "vpc_id"; or remove [remote_state].',
        )
        yield Violation(("remote_state", "outputs"), refusal)


def remote_state_is_not_ours(settings: EnvironmentSettings) -> Iterator[Violation]:
    """What an environment makes cannot be taken from its own state."""
    theirs, ours = settings.remote_state, settings.state
    if theirs is not None and (theirs.bucket, theirs.key) == (ours.bucket, ours.key):
        refusal = Refusal(
            "It is this environment's own state.", "the key of another state", "name the other team's key."
        )
        yield Violation(("remote_state", "key"), refusal)


def of_the_partition(path: str, region_path: str) -> Rule:
    def rule(settings: EnvironmentSettings) -> Iterator[Violation]:
        """An ARN names its partition (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html)."""
        arn, region = value_at(settings, path), value_at(settings, region_path) or settings.region
        wanted = aws.PARTITION_OF[region]
        if arn is not None and arn.split(":")[1] != wanted:
            given = arn.split(":")[1]
            problem = f'The ARN is of the partition "{given}", and {region} is in "{wanted}".'
            fix = f'write "{arn.replace(given, wanted, 1)}", if that exists.'
            yield Violation(tuple(path.split(".")), Refusal(problem, f"arn:{wanted}:…", fix))

    return rule


def key_is_near(settings: EnvironmentSettings) -> Iterator[Violation]:
    """A key encrypts in its own region (https://docs.aws.amazon.com/kms/latest/developerguide/multi-region-keys-overview.html)."""
    arn, region = settings.encryption.kms_key_arn, settings.region
    if arn is not None and arn.split(":")[3] != region:
        problem = f"The key is in {arn.split(':')[3]}, and everything that it is to encrypt is in {region}."
        fix = f"name a key of {region}, such as the replica there of a multi-Region key."
        yield Violation(("encryption", "kms_key_arn"), Refusal(problem, f"a key in {region}", fix))


GIVEN_RULES: tuple[Rule, ...] = (
    network_is_given_whole,
    network_is_made_or_given,
    subnets_are_enough_and_different,
    value_is_said_once,
    remote_state_is_used,
    remote_state_is_not_ours,
    of_the_partition("access.permissions_boundary_arn", "region"),
    key_is_near,
    of_the_partition("remote_state.role_arn", "remote_state.region"),
)
