"""Rules on signing in: it is described whole, and the rest of the platform lets it work."""

from __future__ import annotations

from collections.abc import Iterator

from modules.common import aws
from modules.network.reachability import endpoints_of, is_closed
from modules.sign_in import values as openid
from settings.language.errors import Refusal
from settings.language.rules import Broken, Rule, Values
from stacks.rules.given import given_network

# What cannot be done without, with an example.
REQUIRED = {
    "issuer": "https://login.example.com",
    "authorization_endpoint": "https://login.example.com/authorize",
    "token_endpoint": "https://login.example.com/token",
    "user_info_endpoint": "https://login.example.com/userinfo",
    "jwks_uri": "https://login.example.com/jwks",
    "client_id": "mlflow",
    "client_secret_arn": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:mlflow-sign-in-AbCdEf",
}
FURTHER = ("client_secret_version_id", "audiences")


def is_on(values: Values) -> bool:
    """Whether people sign in."""
    return values["sign_in.issuer"] is not None


def sign_in_is_whole(values: Values) -> Iterator[Broken]:
    """Who sets one of them wants a log-in, and a log-in needs all."""
    said = [name for name in (*REQUIRED, *FURTHER) if values[f"sign_in.{name}"]]
    for name, example in REQUIRED.items():
        if said and name not in said:
            refusal = Refusal(
                f"sign_in.{said[0]} is set, and this is not: nobody could sign in.",
                f"{', '.join(REQUIRED)} together, or nothing of [sign_in]",
                f'add to [sign_in]: {name} = "{example}", with the value of your own provider.',
            )
            yield Broken(("sign_in", name), refusal)


def sign_in_is_encrypted(values: Values) -> Iterator[Broken]:
    """ALB signs people in by HTTPS only
    (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html)."""
    if is_on(values) and values["domain.name"] is None:
        refusal = Refusal(
            "The load balancer signs people in by HTTPS only, for which the server needs a name.",
            "a domain name together with [sign_in]",
            'add [domain] with name = "mlflow.example.com" and hosted_zone_id = "<the zone of example.com>".',
        )
        yield Broken(("domain", "name"), refusal)


def jobs_cannot_sign_in(values: Values) -> Iterator[Broken]:
    """MLflow's jobs come to the server by HTTP, and have no token."""
    if is_on(values) and values["service.job_execution"]:
        refusal = Refusal(
            "MLflow's jobs cannot sign in: the server would refuse them.",
            "false together with [sign_in]",
            "remove the line; or remove [sign_in].",
        )
        yield Broken(("service", "job_execution"), refusal)


def secret_is_of_the_region(values: Values) -> Iterator[Broken]:
    """CloudFormation resolves a secret where its stack is."""
    arn, region = values["sign_in.client_secret_arn"], values["region"]
    wanted = f"arn:{aws.PARTITION_OF[region]}:secretsmanager:{region}:"
    if arn is not None and not arn.startswith(wanted):
        refusal = Refusal(
            f"The secret is of {arn.split(':')[3]} ({arn.split(':')[1]}), the load balancer of {region}.",
            f"{wanted}…",
            f"replicate it to {region} (`aws secretsmanager replicate-secret-to-regions`), and give that ARN.",
        )
        yield Broken(("sign_in", "client_secret_arn"), refusal)


def keys_are_published(values: Values) -> Iterator[Broken]:
    """The server verifies what the load balancer says of people by keys that AWS publishes."""
    partition = aws.PARTITION_OF[values["region"]]
    if is_on(values) and partition not in openid.LOAD_BALANCER_KEYS:
        refusal = Refusal(
            f"AWS documents no place of load balancers' public keys in the partition {partition}.",
            f"a region of {' or '.join(openid.LOAD_BALANCER_KEYS)} together with [sign_in]",
            "remove [sign_in], and let in only networks you know.",
        )
        yield Broken(("sign_in", "issuer"), refusal)


def tasks_reach_the_provider(values: Values) -> Iterator[Broken]:
    """The provider's keys are on the internet, and for the load balancers' there is no VPC endpoint
    (https://docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html)."""
    given, nat = given_network(values), values["network.nat"]
    endpoints = endpoints_of(
        values["network.endpoints"],
        service_subnets=values["network.service_subnets"],
        nat=nat,
        is_given=bool(given),
    )
    if not is_on(values) or not is_closed(endpoints, nat=nat):
        return
    problem = "The tasks would reach AWS's endpoints alone, and neither the provider's keys nor the load balancers'."
    if given:
        allowed = '"none" or "s3" together with [sign_in], in a VPC whose private subnets are routed out'
        fix = "have its owners route the private subnets out, and remove the line."
        yield Broken(("network", "endpoints"), Refusal(problem, allowed, fix))
    else:
        allowed = '"single" or "per_az" together with [sign_in] where tasks are in private subnets'
        fix = 'add to [network]: nat = "per_az", or nat = "single" for less.'
        yield Broken(("network", "nat"), Refusal(problem, allowed, fix))


def load_balancer_reaches_the_provider(values: Values) -> Iterator[Broken]:
    """An internal load balancer has private addresses
    (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html)."""
    internal = values["load_balancer.internal"] and not given_network(values)
    public_tasks = values["network.service_subnets"] == "public"
    if is_on(values) and internal and public_tasks:
        refusal = Refusal(
            "An internal load balancer has private addresses, and nothing leads from these to the provider.",
            "false together with [sign_in]; or true where the private subnets have NAT",
            'write false; or add to [network]: service_subnets = "private" and nat = "per_az".',
        )
        yield Broken(("load_balancer", "internal"), refusal)


SIGN_IN_RULES: tuple[Rule, ...] = (
    sign_in_is_whole,
    sign_in_is_encrypted,
    jobs_cannot_sign_in,
    secret_is_of_the_region,
    keys_are_published,
    tasks_reach_the_provider,
    load_balancer_reaches_the_provider,
)
