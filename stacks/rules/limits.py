"""Rules on lists and texts that AWS limits: what would fail in the middle of an apply is refused with the number."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network
from typing import TYPE_CHECKING

from modules.common import limits
from modules.common.policies import people_trust_policy
from modules.service.server_variables import PREFIX_PATTERN, STATIC_PREFIX
from settings.language.errors import Refusal
from settings.language.rules import Rule, Violation
from stacks.rules.given import TIERS, of_our_own
from stacks.tables.quotas import MOST_RULES_PER_SECURITY_GROUP, MOST_TRUST_POLICY_CHARACTERS

if TYPE_CHECKING:
    from stacks.environment import EnvironmentSettings

GROUPS = ("readers", "contributors", "admins")
# What the platform's own part of a task definition may grow to.
OWN_TASK_DEFINITION_BYTES = 8 * 1024
VARIABLES_BYTES = limits.TASK_DEFINITION_BYTES.number - OWN_TASK_DEFINITION_BYTES
# The longest path that follows the prefix in a listener rule.
LONGEST_PATH = "/ajax-api/*"
LONGEST_PREFIX = limits.PATH_PATTERN_CHARACTERS.number - len(LONGEST_PATH)


def _raised(quota: str, setting: str, number: int) -> str:
    return f'have Service Quotas raise "{quota}", and set quotas.{setting} = {number}'


def clients_fit_in_a_security_group(settings: EnvironmentSettings) -> Iterator[Violation]:
    """Each network is one rule for each port, of which IPv4 and IPv6 are counted apart
    (https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html)."""
    most = settings.quotas.rules_per_security_group
    ports = 1 if settings.domain is None else 2
    networks = [ip_network(cidr) for cidr in settings.load_balancer.allowed_cidrs]
    ipv4 = [network for network in networks if isinstance(network, IPv4Network)]
    ipv6 = [network for network in networks if isinstance(network, IPv6Network)]
    for version, count, merged in (
        ("IPv4", len(ipv4), len(list(collapse_addresses(ipv4)))),
        ("IPv6", len(ipv6), len(list(collapse_addresses(ipv6)))),
    ):
        needed = count * ports
        if needed <= most:
            continue
        what = "HTTPS, and HTTP that is redirected to it" if ports == 2 else "HTTP"
        refusal = Refusal(
            f"{count} {version} networks need {needed} inbound rules ({what}); a security group has {most}.",
            f"up to {most // ports} {version} networks with {most} rules for each security group",
            f"{'; or '.join(_fewer_or_raised(count, merged=merged, most=most, ports=ports))}.",
        )
        yield Violation(("load_balancer", "allowed_cidrs"), refusal)


def _fewer_or_raised(count: int, *, merged: int, most: int, ports: int) -> Iterator[str]:
    """Ways to have rules for `count` networks, which are `merged` when neighbours are merged; each is enough alone."""
    quota = "Inbound or outbound rules per security group", "rules_per_security_group"
    merge = f"merge neighbouring networks, which leaves {merged}"
    if merged * ports <= most:
        yield merge
    else:
        yield f"remove {count - most // ports}, or name networks that hold several"
    if count * ports <= MOST_RULES_PER_SECURITY_GROUP:
        yield _raised(*quota, count * ports)
    elif most < merged * ports <= MOST_RULES_PER_SECURITY_GROUP:
        yield f"{merge}, and {_raised(*quota, merged * ports)}"


def gateways_have_addresses(settings: EnvironmentSettings) -> Iterator[Violation]:
    """Each NAT gateway takes an elastic IP address
    (https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html)."""
    most, zones = settings.quotas.elastic_ips, len(settings.network.public_subnet_cidrs)
    needed = {"none": 0, "single": 1, "per_az": zones}[settings.network.nat]
    if needed > most:
        refusal = Refusal(
            f"{needed} NAT gateways take {needed} elastic IP addresses, and the account has {most} in the region.",
            f'NAT in up to {most} zones, or "single"',
            f'set nat = "single" or list fewer subnets; or {_raised("EC2-VPC Elastic IPs", "elastic_ips", needed)}.',
        )
        yield Violation(("network", "nat"), refusal)


def people_fit_in_a_trust_policy(settings: EnvironmentSettings) -> Iterator[Violation]:
    """A role's trust policy lists everyone who may assume it
    (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html)."""
    most = settings.quotas.role_trust_policy_characters
    for group in GROUPS:
        principals: Sequence[str] = getattr(settings.access, group)
        length = _trust_policy_characters(settings, principals)
        if not principals or length <= most:
            continue
        fitting = sum(1 for characters in _growing(settings, principals) if characters <= most)
        ways = ["have them assume one role, and name that one"]
        if fitting == 0:
            ways = ["shorten access.external_id, or a path in the ARNs"]
        if length <= MOST_TRUST_POLICY_CHARACTERS:
            ways.append(_raised("Role trust policy length", "role_trust_policy_characters", length))
        refusal = Refusal(
            f"The role's trust policy would have {length} characters with {_counted(len(principals), 'principal')}; "
            f"IAM takes {most}.",
            f"up to {_counted(fitting, 'principal')} such as these, in a trust policy of {most} characters",
            f"{'; or '.join(ways)}.",
        )
        yield Violation(("access", group), refusal)


def _trust_policy_characters(settings: EnvironmentSettings, principals: Sequence[str]) -> int:
    document = people_trust_policy(
        principals, require_mfa=settings.access.require_mfa, external_id=settings.access.external_id
    )
    return limits.policy_characters(document)


def _growing(settings: EnvironmentSettings, principals: Sequence[str]) -> Iterator[int]:
    """The policy's length with the first principal, with the first two, and so on."""
    length = _trust_policy_characters(settings, ())
    for number, arn in enumerate(principals):
        length += len(json.dumps(arn)) + (1 if number else 0)
        yield length


def variables_fit_in_a_task_definition(settings: EnvironmentSettings) -> Iterator[Violation]:
    """ECS takes 64 KiB, the platform's own part included
    (https://docs.aws.amazon.com/general/latest/gr/ecs-service.html)."""
    provider = settings.sign_in.openid
    parts: dict[tuple[str, ...], Mapping[str, str]] = {
        ("service", "environment"): settings.service.environment,
        ("sign_in", "openid", "audiences"): {"": ",".join(provider.audiences if provider else ())},
    }
    sizes = {path: _variables_bytes(variables) for path, variables in parts.items()}
    total = sum(sizes.values())
    if total <= VARIABLES_BYTES:
        return
    largest = max(sizes, key=lambda path: sizes[path])
    refusal = Refusal(
        f"The container's variables have {total} bytes as JSON, and a task definition "
        f"{limits.TASK_DEFINITION_BYTES.number} in all.",
        f"up to {VARIABLES_BYTES} bytes; {OWN_TASK_DEFINITION_BYTES} are left for the platform's own part",
        f"remove {_counted(total - VARIABLES_BYTES, 'byte')} from {'.'.join(largest)}; long texts belong in the image.",
    )
    yield Violation(largest, refusal)


def _variables_bytes(variables: Mapping[str, str]) -> int:
    entries = [{"name": name, "value": value} for name, value in variables.items()]
    return len(json.dumps(entries, ensure_ascii=False, separators=(",", ":")).encode())


def prefix_fits_in_a_listener_rule(settings: EnvironmentSettings) -> Iterator[Violation]:
    """Listener rules compare whole paths, prefix included
    (https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_PathPatternConditionConfig.html)."""
    prefix = settings.service.path_prefix
    if len(prefix) > LONGEST_PREFIX and PREFIX_PATTERN.fullmatch(prefix):
        refusal = Refusal(
            f"It has {len(prefix)} characters; with the path behind it, a listener rule takes "
            f"{limits.PATH_PATTERN_CHARACTERS.number}.",
            f"up to {LONGEST_PREFIX} characters",
            "write a shorter one, such as /mlflow.",
        )
        yield Violation(("service", "environment", STATIC_PREFIX), refusal)


def subnets_fit_in_a_service(settings: EnvironmentSettings) -> Iterator[Violation]:
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_AwsVpcConfiguration.html"""
    most = limits.SUBNETS_PER_SERVICE.number
    for tier in TIERS:
        subnets = getattr(settings.network, tier) or ()
        if len(subnets) > most:
            refusal = Refusal(
                f"They are {len(subnets)} subnets; an ECS service takes {most}.",
                f"up to {most} subnets, one in each zone",
                f"remove {len(subnets) - most}: one in each zone is enough.",
            )
            yield Violation(("network", tier), refusal)


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


LIMIT_RULES: tuple[Rule, ...] = (
    clients_fit_in_a_security_group,
    of_our_own(gateways_have_addresses),
    people_fit_in_a_trust_policy,
    variables_fit_in_a_task_definition,
    prefix_fits_in_a_listener_rule,
    subnets_fit_in_a_service,
)
