"""Rules on what others own: a network is given whole, a value is said once, and their state is read for something."""

from __future__ import annotations

from collections.abc import Iterator

from modules.common import aws
from modules.network.settings import NetworkSettings
from settings.language.errors import Refusal
from settings.language.rules import Broken, Rule, Values
from stacks.tables.remote_state import FROM_STATE

NETWORK = ("vpc_id", "public_subnet_ids", "private_subnet_ids")
OF_OUR_OWN = ("vpc_cidr", "availability_zones", "public_subnet_cidrs", "private_subnet_cidrs")
TIERS = ("public_subnet_ids", "private_subnet_ids")
EXAMPLES = {
    "vpc_id": '"vpc-0a1b2c3d4e5f67890"',
    "public_subnet_ids": '["subnet-0a1b2c3d4e5f67890", "subnet-0b1c2d3e4f5a67890"]',
    "private_subnet_ids": '["subnet-0c1d2e3f4a5b67890", "subnet-0d1e2f3a4b5c67890"]',
}
OF_A_STATE = ("bucket", "key", "region", "role_arn")


def is_given(values: Values, name: str) -> bool:
    """Whether a value is named, by its id or as an output of another team's state."""
    return values[FROM_STATE[name]] is not None or name in values["remote_state.outputs"]


def given_network(values: Values) -> list[str]:
    """The settings of another team's network that are set."""
    return [name for name in NETWORK if is_given(values, name)]


def of_our_own(rule: Rule) -> Rule:
    """`rule`, where the network is made here."""

    def kept(values: Values) -> Iterator[Broken]:
        if not given_network(values):
            yield from rule(values)

    return kept


def network_is_given_whole(values: Values) -> Iterator[Broken]:
    """A VPC and subnets of both tiers, or none of them."""
    given = given_network(values)
    for name in NETWORK:
        if given and name not in given:
            told = " and ".join(f"network.{other}" for other in given)
            problem = f"{told} {'is' if len(given) == 1 else 'are'} another team's, and this is not named."
            allowed = f"{', '.join(NETWORK)} together, each by id or in remote_state.outputs"
            fix = f"add to [network]: {name} = {EXAMPLES[name]}; or leave out all three, to have a network made."
            yield Broken(("network", name), Refusal(problem, allowed, fix))


def network_is_made_or_given(values: Values) -> Iterator[Broken]:
    """What describes a network to make has no effect on one that exists."""
    given = given_network(values)
    for name in OF_OUR_OWN:
        if given and values[f"network.{name}"] != NetworkSettings.model_fields[name].default:
            problem = f"No network is made: network.{given[0]} is another team's."
            fix = f"remove network.{name}; or leave out {', '.join(NETWORK)}."
            yield Broken(("network", name), Refusal(problem, "only where the network is made here", fix))


def subnets_are_enough_and_different(values: Values) -> Iterator[Broken]:
    """RDS and the load balancer each want two zones or more; a subnet is of one tier
    (https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_VPC.WorkingWithRDSInstanceinaVPC.html)."""
    seen: dict[str, str] = {}
    for tier in TIERS:
        subnets = values[f"network.{tier}"]
        if subnets is not None and len(subnets) < 2:
            problem = f"{'It is 1 subnet' if subnets else 'It is no subnet'}, and a subnet is in one zone."
            allowed = "two subnets or more: the database and the load balancer each want two zones"
            yield Broken(("network", tier), Refusal(problem, allowed, f"list two, such as {EXAMPLES[tier]}."))
        for position, subnet in enumerate(subnets or ()):
            place = f"network.{tier}[{position}]"
            if first := seen.get(subnet):
                refusal = Refusal(f"It is {first} too.", "different subnets", "list each subnet once.")
                yield Broken(("network", tier, position), refusal)
            seen.setdefault(subnet, place)


def value_is_said_once(values: Values) -> Iterator[Broken]:
    """By id or from the state."""
    for name in values["remote_state.outputs"]:
        path = FROM_STATE[name]
        if values[path] is not None:
            problem = f"{path} names it already."
            fix = f"remove {path}, or this entry."
            refusal = Refusal(problem, "by id or from their state, not both", fix)
            yield Broken(("remote_state", "outputs", name), refusal)


def their_state_is_named(values: Values) -> Iterator[Broken]:
    """Outputs are of a state."""
    outputs = values["remote_state.outputs"]
    for name, example in (("bucket", '"example-terraform-state"'), ("key", '"network/terraform.tfstate"')):
        if outputs and values[f"remote_state.{name}"] is None:
            problem = f"remote_state.outputs takes {', '.join(outputs)} from a state that is not named."
            fix = f"add to [remote_state]: {name} = {example}"
            yield Broken(("remote_state", name), Refusal(problem, "bucket and key of their state", fix))


def their_state_is_read_for_something(values: Values) -> Iterator[Broken]:
    """A state without outputs to take is not read."""
    for name in OF_A_STATE:
        if values[f"remote_state.{name}"] is not None and not values["remote_state.outputs"]:
            problem = "Nothing is taken from their state."
            fix = f'add [remote_state.outputs] with lines such as vpc_id = "vpc_id"; or remove remote_state.{name}.'
            refusal = Refusal(problem, "only together with remote_state.outputs", fix)
            yield Broken(("remote_state", name), refusal)


def their_state_is_not_ours(values: Values) -> Iterator[Broken]:
    """What an environment makes cannot be taken from its own state."""
    state = values["state.bucket"], values["state.key"]
    key = values["remote_state.key"]
    if key is not None and state == (values["remote_state.bucket"], key):
        refusal = Refusal(
            "It is this environment's own state.", "the key of another state", "name the other team's key."
        )
        yield Broken(("remote_state", "key"), refusal)


def of_the_partition(path: str, region_path: str) -> Rule:
    def rule(values: Values) -> Iterator[Broken]:
        """An ARN names its partition (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html)."""
        arn, region = values[path], values[region_path] or values["region"]
        wanted = aws.PARTITION_OF[region]
        if arn is not None and arn.split(":")[1] != wanted:
            given = arn.split(":")[1]
            problem = f'The ARN is of the partition "{given}", and {region} is in "{wanted}".'
            fix = f'write "{arn.replace(given, wanted, 1)}", if that exists.'
            yield Broken(tuple(path.split(".")), Refusal(problem, f"arn:{wanted}:…", fix))

    return rule


def key_is_near(values: Values) -> Iterator[Broken]:
    """A key encrypts in its own region (https://docs.aws.amazon.com/kms/latest/developerguide/multi-region-keys-overview.html)."""
    arn, region = values["encryption.kms_key_arn"], values["region"]
    if arn is not None and arn.split(":")[3] != region:
        problem = f"The key is in {arn.split(':')[3]}, and everything that it is to encrypt is in {region}."
        fix = f"name a key of {region}, such as the replica there of a multi-Region key."
        yield Broken(("encryption", "kms_key_arn"), Refusal(problem, f"a key in {region}", fix))


GIVEN_RULES: tuple[Rule, ...] = (
    network_is_given_whole,
    network_is_made_or_given,
    subnets_are_enough_and_different,
    value_is_said_once,
    their_state_is_named,
    their_state_is_read_for_something,
    their_state_is_not_ours,
    of_the_partition("access.permissions_boundary_arn", "region"),
    key_is_near,
    of_the_partition("remote_state.role_arn", "remote_state.region"),
)
