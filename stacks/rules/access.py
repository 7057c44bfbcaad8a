"""Rules on who may assume the roles: named principals can, and nobody gets more than was granted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from modules.access.settings import AccessSettings
from modules.common import aws
from settings.language.errors import Refusal
from settings.language.rules import Rule, Violation

GROUPS = ("readers", "contributors", "admins")
OF_GROUPS = ("require_mfa", "external_id")

if TYPE_CHECKING:
    from stacks.environment import EnvironmentSettings


def principals_are_different(settings: EnvironmentSettings) -> Iterator[Violation]:
    """A role's trust policy names each once."""
    for group in GROUPS:
        seen: dict[str, int] = {}
        for position, arn in enumerate(getattr(settings.access, group)):
            if (first := seen.setdefault(arn, position)) != position:
                refusal = Refusal(
                    f"It is access.{group}[{first}] too.", "each principal once", "remove this one."
                )
                yield Violation(("access", group, position), refusal)


def principals_are_of_the_partition(settings: EnvironmentSettings) -> Iterator[Violation]:
    """No role is assumed across partitions (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html)."""
    wanted = aws.PARTITION_OF[settings.region]
    for group in GROUPS:
        for position, arn in enumerate(getattr(settings.access, group)):
            given = arn.split(":")[1]
            if given != wanted:
                problem = f'The ARN is of the partition "{given}", and {settings.region} is in "{wanted}".'
                fix = f'write "{arn.replace(given, wanted, 1)}", if that exists.'
                yield Violation(("access", group, position), Refusal(problem, f"arn:{wanted}:…", fix))


def mfa_can_be_shown(settings: EnvironmentSettings) -> Iterator[Violation]:
    """The credentials of a role carry no sign of MFA
    (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html)."""
    if not settings.access.require_mfa:
        return
    for group in GROUPS:
        for position, arn in enumerate(getattr(settings.access, group)):
            if ":role/" in arn:
                problem = (
                    "A role's session carries no sign of MFA: with access.require_mfa it could never come in."
                )
                fix = "ask for MFA where that role is assumed, and remove require_mfa; or name users."
                yield Violation(
                    ("access", group, position), Refusal(problem, "users and roots, with require_mfa", fix)
                )


def options_are_of_somebody(settings: EnvironmentSettings) -> Iterator[Violation]:
    """What limits the groups' roles has no effect without one."""
    if any(getattr(settings.access, group) for group in GROUPS):
        return
    for name in OF_GROUPS:
        if getattr(settings.access, name) != AccessSettings.model_fields[name].default:
            problem = f"access.{name} has no effect: nobody may assume a role."
            fix = f"list principals in access.{', access.'.join(GROUPS)}; or remove access.{name}."
            allowed = f"only together with {', '.join(GROUPS[:-1])} or {GROUPS[-1]}"
            yield Violation(("access", name), Refusal(problem, allowed, fix))


def github_has_one_provider(settings: EnvironmentSettings) -> Iterator[Violation]:
    """An account has one OIDC provider for a URL
    (https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html)."""
    if settings.access.github is None:
        return
    arn, made = settings.access.github.oidc_provider_arn, settings.access.github.create_oidc_provider
    if arn is None and not made:
        refusal = Refusal(
            "The roles of GitHub Actions trust an OIDC provider of the account, and none is named.",
            "the provider's ARN, or create_oidc_provider = true",
            "`aws iam list-open-id-connect-providers` shows it; where there is none, add to [access.github]: "
            "create_oidc_provider = true",
        )
        yield Violation(("access", "github", "oidc_provider_arn"), refusal)
    if arn is not None and made:
        refusal = Refusal(
            "access.github.oidc_provider_arn names one that exists, and an account can have one only.",
            "true only without access.github.oidc_provider_arn",
            "remove one of the two.",
        )
        yield Violation(("access", "github", "create_oidc_provider"), refusal)


def provider_is_of_the_partition(settings: EnvironmentSettings) -> Iterator[Violation]:
    """As an ARN names it."""
    if settings.access.github is None:
        return
    arn, region = settings.access.github.oidc_provider_arn, settings.region
    wanted = aws.PARTITION_OF[region]
    if arn is not None and arn.split(":")[1] != wanted:
        given = arn.split(":")[1]
        problem = f'The ARN is of the partition "{given}", and {region} is in "{wanted}".'
        fix = f'write "{arn.replace(given, wanted, 1)}", if that exists.'
        yield Violation(("access", "github", "oidc_provider_arn"), Refusal(problem, f"arn:{wanted}:…", fix))


def ci_reads_no_token(settings: EnvironmentSettings) -> Iterator[Violation]:
    """Who plans reads the state, and with `registry_credentials = "token"` that holds a token with the rights of who
    applied (https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry_auth.html)."""
    if settings.access.github is None or settings.image.uri is not None:
        return
    if settings.image.registry_credentials == "token":
        refusal = Refusal(
            "The state would hold a token for ECR, with the rights of who applied and good for twelve hours, and runs "
            "on any branch may read the state.",
            '"docker_config" with [access.github]; "token" where image.uri names a finished image',
            'add to [image]: registry_credentials = "docker_config"; and before terraform, in each job: '
            f"aws ecr get-login-password --region {settings.region} | "
            "docker login --username AWS --password-stdin <the host of the output repository_url>",
        )
        yield Violation(("image", "registry_credentials"), refusal)


def ci_knows_its_own_by_tags(settings: EnvironmentSettings) -> Iterator[Violation]:
    """Resources without a name are matched by tags: with tags shared by two environments, CI would reach both."""
    if settings.access.github is None:
        return
    for name, key in (
        ("application", settings.tag_keys.application),
        ("environment", settings.tag_keys.environment),
    ):
        if not key:
            refusal = Refusal(
                "The roles of GitHub Actions know the environment's own by this tag.",
                "a key together with [access.github]",
                "remove the line, or write the key that your organization has for it.",
            )
            yield Violation(("tag_keys", name), refusal)
    given = settings.identifying_tags
    for key, value in settings.tags.items():
        if key in given and value != given[key]:
            refusal = Refusal(
                f"The roles of GitHub Actions know the environment's own by the tags {' and '.join(given)}.",
                f'"{given[key]}", which it is without a line, with [access.github]',
                "remove it, or give the value another key.",
            )
            yield Violation(("tags", key), refusal)


ACCESS_RULES: tuple[Rule, ...] = (
    principals_are_different,
    principals_are_of_the_partition,
    mfa_can_be_shown,
    options_are_of_somebody,
    github_has_one_provider,
    provider_is_of_the_partition,
    ci_reads_no_token,
    ci_knows_its_own_by_tags,
)
