"""The IAM roles of continuous integration: GitHub Actions plans with one and applies with the other.

No key of AWS is kept in GitHub: each run shows a token that says what it runs for, and IAM compares it with the role's
trust policy (https://docs.github.com/en/actions/how-tos/secure-your-work/security-harden-deployments/oidc-in-aws).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cdktf_cdktf_provider_aws.iam_openid_connect_provider import IamOpenidConnectProvider
from cdktf_cdktf_provider_aws.iam_policy import IamPolicy
from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.iam_role_policy_attachment import IamRolePolicyAttachment
from constructs import Construct

from modules.common.policies import Statement, policy_document

ISSUER = "token.actions.githubusercontent.com"
# An apply waits for a database: it may take longer than an hour, and a role's session does not.
APPLY_SESSION_SECONDS = 2 * 3600


class GithubProvider(Construct):
    """The account's trust in the tokens of GitHub Actions: one in an account, whatever the number of repositories.

    IAM knows GitHub's certificates itself: no thumbprint is pinned
    (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html).

    Args:
        audience: what the tokens are made for, `sts.amazonaws.com` in most partitions.

    Attributes:
        arn: of the provider.
        provider: the resource itself.
    """

    def __init__(self, scope: Construct, id: str, *, audience: str) -> None:
        super().__init__(scope, id)
        self.provider = IamOpenidConnectProvider(
            self, "resource", url=f"https://{ISSUER}", client_id_list=[audience]
        )
        self.arn: str = self.provider.arn


class CiRole(Construct):
    """A role that runs of GitHub Actions assume, and that may do nothing until it is granted.

    Args:
        name: the role's, unique in the account; its policies' names begin with it.
        description: what the role is for.
        provider_arn: the account's OIDC provider for GitHub Actions.
        audience: what the tokens are made for.
        subjects: what a run has to run for, such as `repo:example/mlflow:ref:refs/heads/main`, one of them
            (https://docs.github.com/en/actions/reference/security/oidc#example-subject-claims). `*` is anything.
        max_session_duration_seconds: 3,600 to 43,200.

    Attributes:
        role_arn: of the role.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        description: str,
        provider_arn: str,
        audience: str,
        subjects: Sequence[str],
        max_session_duration_seconds: int = 3600,
    ) -> None:
        super().__init__(scope, id)
        self._name = name
        audiences, claims = {f"{ISSUER}:aud": audience}, {f"{ISSUER}:sub": list(subjects)}
        conditions: dict[str, dict[str, Any]] = {"StringEquals": {**audiences, **claims}}
        if any("*" in subject for subject in subjects):
            conditions = {"StringEquals": audiences, "StringLike": claims}
        self.role = IamRole(
            self,
            "resource",
            name=name,
            description=description,
            assume_role_policy=policy_document(
                Statement(
                    sid="Assume",
                    actions=["sts:AssumeRoleWithWebIdentity"],
                    principals={"Federated": provider_arn},
                    conditions=conditions,
                )
            ),
            max_session_duration=max_session_duration_seconds,
        )
        self.role_arn: str = self.role.arn

    def grant(self, policies: Mapping[str, Sequence[Statement]], *, path: str) -> None:
        """Lets the role do what `policies` say: as managed policies, as inline ones are too short together
        (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html).

        Args:
            policies: id → statements, as `packing.packed` has them.
            path: of the policies, such as `/mlflow-production/`.
        """
        for id, statements in policies.items():
            scope = Construct(self, id)
            name = f"{self._name}-{id.replace('_', '-')}"
            policy = IamPolicy(scope, "policy", name=name, path=path, policy=policy_document(*statements))
            IamRolePolicyAttachment(scope, "attachment", role=self.role.name, policy_arn=policy.arn)
