"""Rules on signing in: it is described whole, and the rest of the platform lets it work."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from modules.common import aws
from modules.network.reachability import is_closed
from modules.sign_in import values as openid
from settings.language.errors import Refusal
from settings.language.rules import Rule, Violation, value_at
from stacks.rules.given import given_network
from stacks.rules.secrets import refuse_elsewhere

if TYPE_CHECKING:
    from stacks.environment import EnvironmentSettings


def mode_has_its_table(settings: EnvironmentSettings) -> Iterator[Violation]:
    """`openid` needs a provider, and a provider that nobody signs in with has no effect."""
    mode, provider = settings.sign_in.mode, settings.sign_in.openid
    if mode == "openid" and provider is None:
        refusal = Refusal(
            "There is no provider to sign in with.",
            '"openid" together with [sign_in.openid]',
            "add [sign_in.openid] with the provider's endpoints and the client (docs/production/sign-in.md).",
        )
        yield Violation(("sign_in", "mode"), refusal)
    if mode != "openid" and provider is not None:
        refusal = Refusal(
            f'A provider is configured, but nobody signs in with it: mode is "{mode}".',
            '"openid" together with [sign_in.openid]',
            'add to [sign_in]: mode = "openid"; or remove [sign_in.openid].',
        )
        yield Violation(("sign_in", "mode"), refusal)


def permission_is_of_a_user(settings: EnvironmentSettings) -> Iterator[Violation]:
    """Only MLflow's own users have permissions."""
    if settings.sign_in.mode != "password" and settings.sign_in.default_permission != "READ":
        refusal = Refusal(
            f'With mode = "{settings.sign_in.mode}", everyone who gets in may do everything.',
            'default_permission together with mode = "password"',
            'remove the line; or write mode = "password".',
        )
        yield Violation(("sign_in", "default_permission"), refusal)


def sign_in_is_encrypted(settings: EnvironmentSettings) -> Iterator[Violation]:
    """ALB signs people in by HTTPS only
    (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html)."""
    if settings.sign_in.mode == "openid" and settings.domain is None:
        refusal = Refusal(
            "The load balancer signs people in by HTTPS only, for which the server needs a name.",
            "[domain] together with [sign_in]",
            'add [domain] with name = "mlflow.example.com" and hosted_zone_id = "<the zone of example.com>".',
        )
        yield Violation(("domain",), refusal)


def jobs_cannot_sign_in(settings: EnvironmentSettings) -> Iterator[Violation]:
    """MLflow's jobs come to the server by HTTP, and have no token."""
    if settings.sign_in.is_on and settings.service.job_execution:
        refusal = Refusal(
            "MLflow's jobs cannot sign in: the server would refuse them.",
            'true together with sign_in.mode = "none" only',
            'remove the line; or add to [sign_in]: mode = "none", with networks that you know in '
            "load_balancer.allowed_cidrs.",
        )
        yield Violation(("service", "job_execution"), refusal)


def secret_is_of_the_region(settings: EnvironmentSettings) -> Iterator[Violation]:
    """CloudFormation resolves a secret where its stack is."""
    arn = value_at(settings, "sign_in.openid.client_secret_arn")
    if arn and (refusal := refuse_elsewhere(arn, region=settings.region, reader="the load balancer is")):
        yield Violation(("sign_in", "openid", "client_secret_arn"), refusal)


def keys_are_published(settings: EnvironmentSettings) -> Iterator[Violation]:
    """The server verifies what the load balancer says of people by keys that AWS publishes."""
    partition = aws.PARTITION_OF[settings.region]
    if settings.sign_in.mode == "openid" and partition not in openid.LOAD_BALANCER_KEYS:
        refusal = Refusal(
            f"AWS documents no place of load balancers' public keys in the partition {partition}.",
            f"a region of {' or '.join(openid.LOAD_BALANCER_KEYS)} together with [sign_in]",
            "remove [sign_in], and let in only networks you know.",
        )
        yield Violation(("sign_in", "mode"), refusal)


def tasks_reach_the_provider(settings: EnvironmentSettings) -> Iterator[Violation]:
    """The provider's keys are on the internet, and for the load balancers' there is no VPC endpoint
    (https://docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html)."""
    given = given_network(settings)
    if settings.sign_in.mode != "openid" or not is_closed(settings.network, is_given=bool(given)):
        return
    problem = "The tasks would reach AWS's endpoints alone, and neither the provider's keys nor the load balancers'."
    if given:
        allowed = '"none" or "s3" together with [sign_in], in a VPC whose private subnets are routed out'
        fix = "have its owners route the private subnets out, and remove the line."
        yield Violation(("network", "endpoints"), Refusal(problem, allowed, fix))
    else:
        allowed = '"single" or "per_az" together with [sign_in] where tasks are in private subnets'
        fix = 'add to [network]: nat = "per_az", or nat = "single" for less.'
        yield Violation(("network", "nat"), Refusal(problem, allowed, fix))


def load_balancer_reaches_the_provider(settings: EnvironmentSettings) -> Iterator[Violation]:
    """An internal load balancer has private addresses
    (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html)."""
    internal = settings.load_balancer.internal and not given_network(settings)
    public_tasks = settings.network.service_subnets == "public"
    if settings.sign_in.mode == "openid" and internal and public_tasks:
        refusal = Refusal(
            "An internal load balancer has private addresses, and nothing leads from these to the provider.",
            "false together with [sign_in]; or true where the private subnets have NAT",
            'write false; or add to [network]: service_subnets = "private" and nat = "per_az".',
        )
        yield Violation(("load_balancer", "internal"), refusal)


SIGN_IN_RULES: tuple[Rule, ...] = (
    mode_has_its_table,
    permission_is_of_a_user,
    sign_in_is_encrypted,
    jobs_cannot_sign_in,
    secret_is_of_the_region,
    keys_are_published,
    tasks_reach_the_provider,
    load_balancer_reaches_the_provider,
)
