"""Rules on who may assume the roles: whoever is let in can come in, and nobody can take more than was given."""

from __future__ import annotations

from collections.abc import Iterator

from modules.access.settings import AccessSettings
from modules.common import aws
from settings.language.errors import Refusal
from settings.language.rules import Broken, Rule, Values
from stacks.rules.given import is_given
from stacks.rules.production import UNBOUNDED

GROUPS = ("readers", "contributors", "admins")
OF_GROUPS = ("require_mfa", "external_id", "max_session_duration_seconds")
OF_GITHUB = (
    "github_branch",
    "github_environment",
    "github_oidc_provider_arn",
    "create_github_oidc_provider",
)


def principals_are_different(values: Values) -> Iterator[Broken]:
    """A role's trust policy names each once."""
    for group in GROUPS:
        seen: dict[str, int] = {}
        for position, arn in enumerate(values[f"access.{group}"]):
            if (first := seen.setdefault(arn, position)) != position:
                refusal = Refusal(
                    f"It is access.{group}[{first}] too.", "each principal once", "remove this one."
                )
                yield Broken(("access", group, position), refusal)


def principals_are_of_the_partition(values: Values) -> Iterator[Broken]:
    """No role is assumed across partitions (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html)."""
    wanted = aws.PARTITION_OF[values["region"]]
    for group in GROUPS:
        for position, arn in enumerate(values[f"access.{group}"]):
            given = arn.split(":")[1]
            if given != wanted:
                problem = f'The ARN is of the partition "{given}", and {values["region"]} is in "{wanted}".'
                fix = f'write "{arn.replace(given, wanted, 1)}", if that exists.'
                yield Broken(("access", group, position), Refusal(problem, f"arn:{wanted}:…", fix))


def mfa_can_be_shown(values: Values) -> Iterator[Broken]:
    """The credentials of a role carry no sign of MFA
    (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html)."""
    if not values["access.require_mfa"]:
        return
    for group in GROUPS:
        for position, arn in enumerate(values[f"access.{group}"]):
            if ":role/" in arn:
                problem = (
                    "A role's session carries no sign of MFA: with access.require_mfa it could never come in."
                )
                fix = "ask for MFA where that role is assumed, and remove require_mfa; or name users."
                yield Broken(
                    ("access", group, position), Refusal(problem, "users and roots, with require_mfa", fix)
                )


def options_are_of_somebody(values: Values) -> Iterator[Broken]:
    """What limits the groups' roles has no effect without one."""
    if any(values[f"access.{group}"] for group in GROUPS):
        return
    for name in OF_GROUPS:
        if values[f"access.{name}"] != AccessSettings.model_fields[name].default:
            problem = f"access.{name} has no effect: nobody may assume a role."
            fix = f"list principals in access.{', access.'.join(GROUPS)}; or remove access.{name}."
            allowed = f"only together with {', '.join(GROUPS[:-1])} or {GROUPS[-1]}"
            yield Broken(("access", name), Refusal(problem, allowed, fix))


def github_has_a_repository(values: Values) -> Iterator[Broken]:
    """What limits the roles of GitHub Actions has no effect without them."""
    if values["access.github_repository"] is not None:
        return
    for name in OF_GITHUB:
        if values[f"access.{name}"] != AccessSettings.model_fields[name].default:
            problem = f"access.{name} has no effect: there are no roles for GitHub Actions."
            fix = f'add to [access]: github_repository = "<owner>/<name>"; or remove access.{name}.'
            yield Broken(
                ("access", name), Refusal(problem, "only together with access.github_repository", fix)
            )


def github_has_one_provider(values: Values) -> Iterator[Broken]:
    """An account has one OIDC provider for a URL
    (https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateOpenIDConnectProvider.html)."""
    if values["access.github_repository"] is None:
        return
    arn, made = values["access.github_oidc_provider_arn"], values["access.create_github_oidc_provider"]
    if arn is None and not made:
        refusal = Refusal(
            "The roles of GitHub Actions trust an OIDC provider of the account, and none is named.",
            "the provider's ARN, or create_github_oidc_provider = true",
            "`aws iam list-open-id-connect-providers` shows it; where there is none, add to [access]: "
            "create_github_oidc_provider = true",
        )
        yield Broken(("access", "github_oidc_provider_arn"), refusal)
    if arn is not None and made:
        refusal = Refusal(
            "access.github_oidc_provider_arn names one that exists, and an account can have one only.",
            "true only without access.github_oidc_provider_arn",
            "remove one of the two.",
        )
        yield Broken(("access", "create_github_oidc_provider"), refusal)


def provider_is_of_the_partition(values: Values) -> Iterator[Broken]:
    """As an ARN names it."""
    arn, region = values["access.github_oidc_provider_arn"], values["region"]
    wanted = aws.PARTITION_OF[region]
    if arn is not None and arn.split(":")[1] != wanted:
        given = arn.split(":")[1]
        problem = f'The ARN is of the partition "{given}", and {region} is in "{wanted}".'
        fix = f'write "{arn.replace(given, wanted, 1)}", if that exists.'
        yield Broken(("access", "github_oidc_provider_arn"), Refusal(problem, f"arn:{wanted}:…", fix))


def who_applies_is_bounded(values: Values) -> Iterator[Broken]:
    """A role that makes roles could make one that may do anything, but for a boundary
    (https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html#access_policies_boundaries-delegate)."""
    applies = values["profile"] == "production" and values["access.github_repository"] is not None
    if applies and not is_given(values, "permissions_boundary_arn"):
        refusal = Refusal(UNBOUNDED.problem, UNBOUNDED.allowed, UNBOUNDED.fix)
        yield Broken(("access", "permissions_boundary_arn"), refusal)


def ci_reads_no_token(values: Values) -> Iterator[Broken]:
    """Who plans reads the state, and with `registry_credentials = "token"` that holds a token with the rights of who
    applied (https://docs.aws.amazon.com/AmazonECR/latest/userguide/registry_auth.html)."""
    if values["access.github_repository"] is None or values["image.uri"] is not None:
        return
    if values["image.registry_credentials"] == "token":
        refusal = Refusal(
            "The state would hold a token for ECR, with the rights of who applied and good for twelve hours, and runs "
            "on any branch may read the state.",
            '"docker_config" with access.github_repository; "token" where image.uri names a finished image',
            'add to [image]: registry_credentials = "docker_config"; and before terraform, in each job: '
            f"aws ecr get-login-password --region {values['region']} | "
            "docker login --username AWS --password-stdin <the host of the output repository_url>",
        )
        yield Broken(("image", "registry_credentials"), refusal)


def ci_knows_its_own_by_tags(values: Values) -> Iterator[Broken]:
    """What has no name is told by its tags: with tags that another environment may have, CI would reach that one's."""
    if values["access.github_repository"] is None:
        return
    given = {"Application": values["name"], "Environment": values["environment"]}
    for key, value in values["tags"].items():
        if key in given and value != given[key]:
            refusal = Refusal(
                f"The roles of GitHub Actions know the environment's own by the tags {' and '.join(given)}.",
                f'"{given[key]}", which it is without a line, with access.github_repository',
                "remove it, or give the value another key.",
            )
            yield Broken(("tags", key), refusal)


ACCESS_RULES: tuple[Rule, ...] = (
    principals_are_different,
    principals_are_of_the_partition,
    mfa_can_be_shown,
    options_are_of_somebody,
    github_has_a_repository,
    github_has_one_provider,
    provider_is_of_the_partition,
    who_applies_is_bounded,
    ci_reads_no_token,
    ci_knows_its_own_by_tags,
)
