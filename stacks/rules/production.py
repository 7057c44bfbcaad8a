"""What production refuses, and what both profiles refuse without sign-in.

Values that production never accepts are declared beside their setting (`Unsafe`). Here is what depends on several
settings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import IPv6Network, ip_network
from typing import TYPE_CHECKING

from settings.language.errors import Refusal, as_written
from settings.language.rules import NotKnownError, Rule, Violation, model_of, value_at
from settings.language.setting import unsafe_fields
from stacks.profiles import WITH_ALLOW_DESTROY
from stacks.rules.given import is_given

if TYPE_CHECKING:
    from stacks.environment import EnvironmentSettings

# Larger than any one organization's network.
SHORTEST_PREFIX = {4: 8, 6: 16}
UNIQUE_LOCAL = IPv6Network("fc00::/7")

# Setting → why production refuses some of its values, depending on other settings.
CONDITIONAL: Mapping[str, Refusal] = {
    "load_balancer.allowed_cidrs": Refusal(
        "The server has no sign-in: anyone who can connect can read and delete everything.",
        "networks you know, /8 or smaller (IPv6: /16); any, where people sign in",
        'list your own, such as ["10.0.0.0/8"], or the addresses of your office and VPN; or remove sign_in.mode, so '
        "that people sign in with passwords.",
    ),
    "encryption.create_kms_key": Refusal(
        "You cannot restrict who uses the keys that AWS owns, or revoke them.",
        "true in production, or a key in encryption.kms_key_arn",
        "remove the line; or name another team's key in encryption.kms_key_arn.",
    ),
    "service.readonly_root_filesystem": Refusal(
        "An attacker who gets into the server could change its programs.",
        "true in production, unless service.enable_execute_command is true",
        "remove the line.",
    ),
    "access.permissions_boundary_arn": Refusal(
        "Anyone who can push to the branch that applies could create a role with every right in the account.",
        "the ARN of a policy, in production with [access.github]",
        'add to [access]: permissions_boundary_arn = "arn:aws:iam::<account>:policy/<name>" '
        "(docs/production/github-actions.md).",
    ),
}


def unsafe_values(settings: EnvironmentSettings) -> Iterator[Violation]:
    """What production never accepts, but for what `allow_destroy` gives up."""
    if settings.profile != "production":
        return
    for path, unsafe in unsafe_fields(model_of(settings)):
        try:
            value = value_at(settings, ".".join(path))
        except NotKnownError:
            continue
        if unsafe.when(value) and not _is_given_up(settings, path):
            yield Violation(path, unsafe.refusal)


def allowed_cidrs_not_too_wide(settings: EnvironmentSettings) -> Iterator[Violation]:
    """Reports each network that is too large, in the demo as well. Where people sign in, the internet may be written
    out: production has no default."""
    if settings.sign_in.is_on:
        return
    why = CONDITIONAL["load_balancer.allowed_cidrs"]
    for position, cidr in enumerate(settings.load_balancer.allowed_cidrs):
        if _is_open(cidr):
            problem = f"{cidr} is the whole internet, or a large part of it. {why.problem}"
            yield Violation(
                ("load_balancer", "allowed_cidrs", position), Refusal(problem, why.allowed, why.fix)
            )


def _is_open(cidr: str) -> bool:
    """Whether a network is the internet, or so large a part of it that nobody can vouch for it."""
    network = ip_network(cidr)
    own = isinstance(network, IPv6Network) and network.subnet_of(UNIQUE_LOCAL)
    return network.prefixlen < SHORTEST_PREFIX[network.version] and not own


def root_is_read_only(settings: EnvironmentSettings) -> Iterator[Violation]:
    """ECS Exec alone is a reason for another."""
    service = settings.service
    if not (service.readonly_root_filesystem or service.enable_execute_command):
        yield from _in_production(settings, "service.readonly_root_filesystem")


def a_key_is_made_or_given(settings: EnvironmentSettings) -> Iterator[Violation]:
    """A key of the environment, or another team's."""
    if not (settings.encryption.create_kms_key or is_given(settings, "kms_key_arn")):
        yield from _in_production(settings, "encryption.create_kms_key")


def who_applies_is_bounded(settings: EnvironmentSettings) -> Iterator[Violation]:
    """A role that makes roles could make one that may do anything, but for a boundary
    (https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html#access_policies_boundaries-delegate)."""
    if settings.access.github is not None and not is_given(settings, "permissions_boundary_arn"):
        yield from _in_production(settings, "access.permissions_boundary_arn")


def _in_production(settings: EnvironmentSettings, path: str) -> Iterator[Violation]:
    if settings.profile == "production":
        yield Violation(tuple(path.split(".")), CONDITIONAL[path])


def allow_destroy_contradicts_protection(settings: EnvironmentSettings) -> Iterator[Violation]:
    """A protection that is written out, and given up by `allow_destroy` at once."""
    if not settings.allow_destroy:
        return
    for table, given_up in WITH_ALLOW_DESTROY.items():
        for name, unprotected in given_up.items():
            if value_at(settings, f"{table}.{name}") != unprotected:
                refusal = Refusal(
                    "allow_destroy = true gives up what this keeps.",
                    f"{as_written(unprotected)} together with allow_destroy = true",
                    "remove this line; or remove allow_destroy = true, to keep it.",
                )
                yield Violation((table, name), refusal)


def _is_given_up(settings: EnvironmentSettings, path: tuple[str, ...]) -> bool:
    """Whether `allow_destroy = true` has given up what this setting protects."""
    return settings.allow_destroy and path[-1] in WITH_ALLOW_DESTROY.get(path[0], {})


PRODUCTION_RULES: tuple[Rule, ...] = (
    unsafe_values,
    allowed_cidrs_not_too_wide,
    root_is_read_only,
    a_key_is_made_or_given,
    who_applies_is_bounded,
    allow_destroy_contradicts_protection,
)
