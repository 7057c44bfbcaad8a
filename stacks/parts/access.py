"""Who else gets in: roles for people, where any are named, and for GitHub Actions, where it has a repository."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cdktf import TerraformResource
from constructs import Construct

from modules.account import Account
from modules.artifact_store import ArtifactStore
from modules.ci.delegation import delegation
from modules.ci.reads import refresh_statements
from modules.ci.roles import APPLY_SESSION_SECONDS, CiRole, GithubProvider
from modules.ci.scope import Scope
from modules.ci.writes_data import data
from modules.ci.writes_edge import edge
from modules.ci.writes_network import network
from modules.ci.writes_service import service
from modules.operating import grant_operate
from modules.policies import Statement
from modules.tracking_service import TrackingService
from modules.user_roles import UserRole
from stacks.identity import look_for_namesakes
from stacks.settings import EnvironmentSettings
from stacks.sharing import read_parameters, read_state, write_state

TAGS = ("Application", "Environment")


class Access(Construct):
    """The roles of people and of GitHub Actions; None for each that nobody has.

    Args:
        settings: the environment's.
        account: where.
        permissions_boundary_arn: on each role; None for none.

    Attributes:
        reader_role_arn, contributor_role_arn, admin_role_arn: of the roles that people assume.
        ci_plan_role_arn, ci_apply_role_arn: of those that GitHub Actions assumes.
        first: what Terraform could make before anything else.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        settings: EnvironmentSettings,
        account: Account,
        permissions_boundary_arn: str | None,
    ) -> None:
        super().__init__(scope, id)
        self._settings = settings
        self._account = account
        self._boundary = permissions_boundary_arn
        access = settings.access
        self._readers = self._group("readers", access.readers, "Reads MLflow's artifacts in the bucket")
        self._contributors = self._group(
            "contributors", access.contributors, "Reads and writes MLflow's artifacts in the bucket"
        )
        self._admins = self._group(
            "admins", access.admins, "Operates the MLflow server: logs, shells, number of tasks"
        )
        self.reader_role_arn = _arn_of(self._readers)
        self.contributor_role_arn = _arn_of(self._contributors)
        self.admin_role_arn = _arn_of(self._admins)
        self.ci_plan_role_arn: str | None = None
        self.ci_apply_role_arn: str | None = None
        groups = (self._readers, self._contributors, self._admins)
        self.first: list[TerraformResource] = [role.role for role in groups if role]

    def grant_artifacts(self, store: ArtifactStore) -> None:
        """What the people's groups may do with artifacts."""
        for role in (self._readers, self._contributors):
            if role:
                store.grant_read(role)
        if self._contributors:
            store.grant_write(self._contributors)

    def grant_operation(self, service: TrackingService) -> None:
        """What the people's groups may do to the service, which runs."""
        if self._admins:
            grant_operate(
                self._admins,
                service=service,
                account=self._account,
                enable_execute_command=self._settings.service.enable_execute_command,
            )

    def let_github_deploy(self, *, tags: Mapping[str, str], vpc_id: str | None) -> None:
        """Makes the roles of GitHub Actions, where the settings name a repository.

        Args:
            tags: those of every resource of the environment.
            vpc_id: another team's, where the environment stands in it.
        """
        repository = self._settings.access.github_repository
        if repository is None:
            return
        ours = Scope(
            partition=self._account.partition,
            region=self._settings.region,
            account_id=self._account.account_id,
            name=self._settings.full_name,
            parameter_prefix=self._settings.parameter_prefix,
            tags={key: tags[key] for key in TAGS},
            vpc_id=vpc_id,
            permissions_boundary_arn=self._boundary,
        )
        audience = f"sts.{self._account.dns_suffix}"
        provider_arn = self._settings.access.github_oidc_provider_arn
        if provider_arn is None:
            github = GithubProvider(self, "github", audience=audience)
            provider_arn = github.arn
            self.first.append(github.provider)
        plan = CiRole(
            self,
            "ci_plan",
            name=f"{ours.name}-ci-plan",
            description=f"GitHub Actions of {repository}: terraform plan",
            provider_arn=provider_arn,
            audience=audience,
            subjects=[f"repo:{repository}:pull_request", f"repo:{repository}:ref:refs/heads/*"],
            permissions_boundary_arn=self._boundary,
        )
        apply = CiRole(
            self,
            "ci_apply",
            name=f"{ours.name}-ci-apply",
            description=f"GitHub Actions of {repository}: terraform apply",
            provider_arn=provider_arn,
            audience=audience,
            subjects=[f"repo:{repository}:{self._applies()}"],
            max_session_duration_seconds=APPLY_SESSION_SECONDS,
            permissions_boundary_arn=self._boundary,
        )
        reads = [
            *read_states_of(self._settings, self._account),
            *look_for_namesakes(self._settings, ours.arn("ssm", "parameter")),
        ]
        for role in (plan, apply):
            role.grant("refresh", *refresh_statements(ours))
            if reads:
                role.grant("read_state", *reads)
        if writes := write_state_of(self._settings, self._account):
            apply.grant("write_state", *writes)
        for id, statements in (
            ("network", network(ours)),
            ("edge", edge(ours)),
            ("data", data(ours)),
            ("service", service(ours)),
            ("roles", delegation(ours, ci_name=f"{ours.name}-ci")),
        ):
            apply.grant(id, *statements)
        self.ci_plan_role_arn, self.ci_apply_role_arn = plan.role_arn, apply.role_arn
        self.first += [*plan.first, *apply.first]

    def _applies(self) -> str:
        """What a run that applies runs for: a job of an environment is not told by its branch."""
        access = self._settings.access
        if access.github_environment is not None:
            return f"environment:{access.github_environment}"
        return f"ref:refs/heads/{access.github_branch}"

    def _group(self, group: str, principals: Sequence[str], description: str) -> UserRole | None:
        if not principals:
            return None
        settings = self._settings
        role = UserRole(
            self,
            group,
            name=f"{settings.full_name}-{group}",
            description=description,
            principals=principals,
            require_mfa=settings.access.require_mfa,
            external_id=settings.access.external_id,
            max_session_duration_seconds=settings.access.max_session_duration_seconds,
            permissions_boundary_arn=self._boundary,
        )
        account = self._account
        parameters = f"parameter{settings.parameter_prefix}*"
        # The bucket's, the cluster's and the log group's names are there.
        role.grant(
            "read_parameters",
            read_parameters(
                f"arn:{account.partition}:ssm:{settings.region}:{account.account_id}:{parameters}"
            ),
        )
        return role


def _arn_of(role: UserRole | None) -> str | None:
    return role.role_arn if role else None


def read_states_of(settings: EnvironmentSettings, account: Account) -> list[Statement]:
    """Reads the environment's state, and the one that it takes values from."""
    theirs = settings.remote_state
    statements = [*_state(settings, account, read_state)]
    if theirs.role_arn:
        statements.append(_assume(theirs.role_arn, sid="ReadTheirState"))
    elif theirs.bucket and theirs.key:
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
