"""The roles that people assume: readers, contributors and admins."""

from __future__ import annotations

from collections.abc import Sequence

from constructs import Construct

from modules.access.operating import grant_operate
from modules.access.settings import AccessSettings
from modules.access.user_roles import UserRole
from modules.common.account import Account
from modules.common.policies import read_parameters
from modules.service.service import Service
from modules.storage.artifact_store import ArtifactStore


class People(Construct):
    """A role for each group that the settings name principals for. Every role reads the environment's SSM parameters,
    which hold the names of the bucket, the cluster and the log group.

    Args:
        settings: the table `access`.
        name: what the roles' names begin with.
        account: where.
        parameter_prefix: what the names of the environment's SSM parameters begin with.
        artifact_store: read by readers, read and written by contributors.
        service: operated by admins.

    Attributes:
        reader_role_arn, contributor_role_arn, admin_role_arn: of each role; None without principals.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        settings: AccessSettings,
        name: str,
        account: Account,
        parameter_prefix: str,
        artifact_store: ArtifactStore,
        service: Service,
    ) -> None:
        super().__init__(scope, id)
        self._settings = settings
        self._name = name
        self._parameters_arn = (
            f"arn:{account.partition}:ssm:{account.region}:{account.account_id}:parameter{parameter_prefix}*"
        )
        readers = self._role("readers", settings.readers, "Reads MLflow's artifacts in the bucket")
        contributors = self._role(
            "contributors", settings.contributors, "Reads and writes MLflow's artifacts in the bucket"
        )
        admins = self._role(
            "admins", settings.admins, "Operates the MLflow server: logs, shells, number of tasks"
        )
        for role in (readers, contributors):
            if role:
                artifact_store.grant_read(role)
        if contributors:
            artifact_store.grant_write(contributors)
        if admins:
            grant_operate(admins, service=service, account=account)
        self.reader_role_arn = _arn_of(readers)
        self.contributor_role_arn = _arn_of(contributors)
        self.admin_role_arn = _arn_of(admins)

    def _role(self, group: str, principals: Sequence[str], description: str) -> UserRole | None:
        if not principals:
            return None
        role = UserRole(
            self,
            group,
            settings=self._settings,
            name=f"{self._name}-{group}",
            description=description,
            principals=principals,
        )
        role.grant("read_parameters", read_parameters(self._parameters_arn))
        return role


def _arn_of(role: UserRole | None) -> str | None:
    return role.role_arn if role else None
