"""The roles of GitHub Actions: who assumes them, and what each may do.

What an apply changes, beyond what it reads, is the environment's own resources, known by whole names, by tags or by
ids: each concern's `rights.py` says how. IAM offers no resource to narrow a few actions by;
`stacks.validations.rules_iam` says which.

Left out on purpose, for a person to do: deleting the VPC, the cluster and what holds data (database, buckets, keys,
repository); making the database, keys, certificates, hosted zones and scalable targets, because who may make one of
these could reach others' too; saying who may assume a role; ending subscriptions; and whatever would make or change the
roles of CI themselves.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from constructs import Construct

from modules.access.ci.packing import packed
from modules.access.ci.refresh import refresh_statements
from modules.access.ci.roles import APPLY_SESSION_SECONDS, CiRole, GithubProvider
from modules.access.rights import RIGHTS as ACCESS
from modules.access.settings import GithubSettings
from modules.common.account import Account
from modules.common.aws import PARTITION_OF
from modules.common.names import Names
from modules.common.policies import Statement
from modules.common.rights import Domain, Rights, Scope
from modules.database.rights import RIGHTS as DATABASE
from modules.edge.rights import RIGHTS as EDGE
from modules.encryption.rights import RIGHTS as ENCRYPTION
from modules.image.rights import RIGHTS as IMAGE
from modules.network.rights import RIGHTS as NETWORK
from modules.observability.rights import RIGHTS as OBSERVABILITY
from modules.service.rights import RIGHTS as SERVICE
from modules.sign_in.rights import RIGHTS as SIGN_IN
from modules.storage.rights import RIGHTS as STORAGE
from stacks.environment import EnvironmentSettings
from stacks.identity import look_for_namesakes
from stacks.rights import RIGHTS as PLATFORM
from stacks.sharing import read_state, write_state

# Each topic of what an apply changes has one policy at least, and a role can have ten.
TOPICS: Mapping[str, tuple[Rights, ...]] = {
    "network": (NETWORK,),
    "edge": (EDGE, SIGN_IN),
    "data": (DATABASE, STORAGE, ENCRYPTION),
    "service": (IMAGE, SERVICE, PLATFORM),
    "observability": (OBSERVABILITY,),
    "roles": (ACCESS,),
}
WITH_THE_STATE = "data"
RIGHTS = tuple(rights for concerns in TOPICS.values() for rights in concerns)
# Another team's state may name a boundary: the longest ARN of a policy, with a path
# (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html).
LONGEST_POLICY_ARN = 700


@dataclass(frozen=True, kw_only=True)
class CiRoles:
    """The two roles.

    Attributes:
        plan, apply: what the one and the other may do is in `TOPICS`.
    """

    plan: CiRole
    apply: CiRole


def _scope_of(
    *,
    settings: EnvironmentSettings,
    account: Account,
    vpc_id: str,
    hosted_zone_id: str | None,
    permissions_boundary_arn: str | None,
) -> Scope:
    """How the roles recognize the environment's own resources."""
    domain, provider = settings.domain, settings.sign_in.openid
    return Scope(
        partition=account.partition,
        region=settings.region,
        account_id=account.account_id,
        names=Names(
            name=settings.full_name,
            account_id=account.account_id,
            region=settings.region,
            adopted=settings.adopt.names,
        ),
        parameter_prefix=settings.parameter_prefix,
        tags=settings.identifying_tags,
        iam_path=settings.access.iam_path,
        vpc_id=vpc_id,
        vpc_is_given=settings.network_is_given,
        domain=Domain(names=domain.names_in_zone, hosted_zone_id=hosted_zone_id)
        if domain and hosted_zone_id
        else None,
        client_secret_arn=provider.client_secret_arn if provider else None,
        permissions_boundary_arn=permissions_boundary_arn,
    )


def ci_roles_of(
    scope: Construct,
    *,
    settings: EnvironmentSettings,
    account: Account,
    vpc_id: str,
    hosted_zone_id: str | None,
    permissions_boundary_arn: str | None,
) -> CiRoles | None:
    """The roles, within `scope`, and the account's trust in GitHub if the settings ask for it; None if they name no
    repository.

    Args:
        vpc_id: of the network, which may be another team's.
        hosted_zone_id: of the zone with the server's names.
        permissions_boundary_arn: what every role of the environment has.
    """
    github = settings.access.github
    if github is None:
        return None
    environment = _scope_of(
        settings=settings,
        account=account,
        vpc_id=vpc_id,
        hosted_zone_id=hosted_zone_id,
        permissions_boundary_arn=permissions_boundary_arn,
    )
    repository = github.repository
    audience = f"sts.{account.dns_suffix}"
    provider_arn = github.oidc_provider_arn or GithubProvider(scope, "github", audience=audience).arn
    plan = CiRole(
        scope,
        "ci_plan",
        name=f"{environment.name}-ci-plan",
        description=f"GitHub Actions of {repository}: terraform plan",
        provider_arn=provider_arn,
        audience=audience,
        subjects=[f"repo:{repository}:pull_request", f"repo:{repository}:ref:refs/heads/*"],
    )
    apply = CiRole(
        scope,
        "ci_apply",
        name=f"{environment.name}-ci-apply",
        description=f"GitHub Actions of {repository}: terraform apply",
        provider_arn=provider_arn,
        audience=audience,
        subjects=[f"repo:{repository}:{_applies(github)}"],
        max_session_duration_seconds=APPLY_SESSION_SECONDS,
    )
    values = _values(settings, account, environment.permissions_boundary_arn)
    for role, topics in (
        (plan, plan_topics(environment, settings, account)),
        (apply, apply_topics(environment, settings, account)),
    ):
        for topic, statements in topics:
            role.grant(packed(topic, statements, values=values), path=environment.policy_path)
    return CiRoles(plan=plan, apply=apply)


def _applies(github: GithubSettings) -> str:
    """The subject of a run that applies: a job with an environment has no branch in its subject."""
    if github.environment is not None:
        return f"environment:{github.environment}"
    return f"ref:refs/heads/{github.branch}"


Topics = Iterator[tuple[str, list[Statement]]]


def plan_topics(environment: Scope, settings: EnvironmentSettings, account: Account) -> Topics:
    """What the plan role may do, by topics, each of which has policies of its own."""
    yield "refresh", refresh_statements(environment, RIGHTS)
    yield "state", read_states_of(settings, account)


def apply_topics(environment: Scope, settings: EnvironmentSettings, account: Account) -> Topics:
    """The same of the apply role."""
    yield "refresh", refresh_statements(environment, RIGHTS)
    for topic, concerns in TOPICS.items():
        statements = [statement for one in concerns for statement in one.changes(environment)]
        if topic == WITH_THE_STATE:
            statements += [*read_states_of(settings, account), *write_state_of(settings, account)]
        yield topic, statements


def _values(settings: EnvironmentSettings, account: Account, boundary: str | None) -> dict[str, str]:
    """What stands for values that Terraform fills in → as long a value."""
    values = {account.partition: PARTITION_OF[settings.region], account.account_id: "0" * 12}
    if boundary is not None and not boundary.startswith("arn:"):
        values[boundary] = "x" * LONGEST_POLICY_ARN
    return values


def read_states_of(settings: EnvironmentSettings, account: Account) -> list[Statement]:
    """Reads the environment's state, the one that it takes values from, and whether another deployment has its name."""
    theirs = settings.remote_state
    parameters = f"arn:{account.partition}:ssm:{settings.region}:{account.account_id}:parameter"
    statements = [*_state(settings, account, read_state), *look_for_namesakes(settings, parameters)]
    if theirs is None:
        return statements
    if theirs.role_arn:
        statements.append(_assume(theirs.role_arn, sid="ReadTheirState"))
    else:
        arn = f"arn:{account.partition}:s3:::{theirs.bucket}/{theirs.key}"
        statements.append(Statement(sid="ReadTheirState", actions=["s3:GetObject"], resources=[arn]))
    return statements


def write_state_of(settings: EnvironmentSettings, account: Account) -> list[Statement]:
    """Writes the environment's state, and takes its lock; a role for the state has that right itself."""
    return [] if settings.state.role_arn else _state(settings, account, write_state)


def _state(settings: EnvironmentSettings, account: Account, rights: Any) -> list[Statement]:
    state = settings.state
    if state.bucket is None:
        return []
    if state.role_arn:
        return [_assume(state.role_arn, sid="TakeTheRoleForTheState")]
    statements: list[Statement] = rights(
        partition=account.partition,
        region=settings.state_region,
        account_id=account.account_id,
        bucket=state.bucket,
        key=settings.state_key,
        kms_key_id=state.encryption_key,
    )
    return statements


def _assume(role_arn: str, *, sid: str) -> Statement:
    return Statement(sid=sid, actions=["sts:AssumeRole"], resources=[role_arn])
