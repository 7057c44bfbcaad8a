"""Who else gets in: roles for people, where any are named, and for GitHub Actions, where it has a repository."""

from __future__ import annotations

from collections.abc import Sequence

from constructs import Construct

from modules.access.operating import grant_operate
from modules.access.user_roles import UserRole
from modules.common.account import Account
from modules.common.rights import Scope
from modules.service.service import Service
from modules.storage.artifact_store import ArtifactStore
from stacks.parts.ci import ci_roles_of
from stacks.settings import EnvironmentSettings
from stacks.sharing import read_parameters


class Access(Construct):
    """The roles of people and of GitHub Actions; None for each that nobody has.

    Args:
        settings: the environment's.
        account: where.

    Attributes:
        reader_role_arn, contributor_role_arn, admin_role_arn: of the roles that people assume.
        ci_plan_role_arn, ci_apply_role_arn: of those that GitHub Actions assumes.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        settings: EnvironmentSettings,
        account: Account,
    ) -> None:
        super().__init__(scope, id)
        self._settings = settings
        self._account = account
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

    def grant_artifacts(self, store: ArtifactStore) -> None:
        """What the people's groups may do with artifacts."""
        for role in (self._readers, self._contributors):
            if role:
                store.grant_read(role)
        if self._contributors:
            store.grant_write(self._contributors)

    def grant_operation(self, service: Service) -> None:
        """What the people's groups may do to the service, which runs."""
        if self._admins:
            grant_operate(
                self._admins,
                service=service,
                account=self._account,
                enable_execute_command=self._settings.service.enable_execute_command,
            )

    def create_ci_roles(self, scope: Scope | None) -> None:
        """Makes the roles of GitHub Actions, where the settings name a repository.

        Args:
            scope: what is the environment's; None where they do not.
        """
        github = self._settings.access.github
        if scope is None or github is None:
            return
        roles = ci_roles_of(
            self, settings=self._settings, github=github, account=self._account, environment=scope
        )
        self.ci_plan_role_arn, self.ci_apply_role_arn = roles.plan.role_arn, roles.apply.role_arn

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
