"""The IAM roles that people assume: nobody needs one to use the server, only what lies behind it."""

from __future__ import annotations

from collections.abc import Sequence

from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.iam_role_policy import IamRolePolicy
from constructs import Construct

from modules.access.settings import AccessSettings
from modules.common.policies import Statement, people_trust_policy, policy_document

# IAM's own default (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_manage-assume.html).
SESSION_SECONDS = 3600


class UserRole(Construct):
    """A role for a group of people, which may do nothing until others grant it.

    Args:
        settings: the table `access`: multi-factor authentication and external id. Multi-factor
            authentication is for users, and for the users of an account
            (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html); an
            external id has to be given when the role is assumed
            (https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html).
        name: the role's, unique in the account.
        description: what the role is for.
        principals: the ARNs of the roles, users and accounts that may assume it; at least one. Another account's
            principals also need the right to from their own account
            (https://docs.aws.amazon.com/IAM/latest/UserGuide/tutorial_cross-account-with-roles.html).

    Attributes:
        role_arn: of the role.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        settings: AccessSettings,
        name: str,
        description: str,
        principals: Sequence[str],
    ) -> None:
        if not principals:
            raise ValueError(f"{name}: a role that nobody may assume")
        super().__init__(scope, id)
        self.role = IamRole(
            self,
            "resource",
            name=name,
            description=description,
            assume_role_policy=people_trust_policy(
                principals, require_mfa=settings.require_mfa, external_id=settings.external_id
            ),
            max_session_duration=SESSION_SECONDS,
        )
        self.role_arn: str = self.role.arn

    def grant(self, id: str, *statements: Statement) -> None:
        """Grants `statements` to the role."""
        IamRolePolicy(self, id, role=self.role.id, name=id, policy=policy_document(*statements))
