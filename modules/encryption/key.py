"""The KMS key that everything of an environment is encrypted with: made here, or another team's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cdktf import TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.kms_alias import KmsAlias
from cdktf_cdktf_provider_aws.kms_key import KmsKey
from constructs import Construct

from modules.common.account import Account
from modules.common.policies import Statement, policy_document
from modules.encryption.settings import EncryptionSettings

# The services that encrypt with the key on behalf of their callers.
VIA_SERVICES = ("s3", "rds", "secretsmanager", "ecr")
# All that keeps a key up, and nothing that encrypts, decrypts or lets others: `kms:Create*`, as the console writes it,
# has CreateGrant in it (https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html).
ADMINISTRATION = (
    "kms:CancelKeyDeletion",
    "kms:CreateAlias",
    "kms:DeleteAlias",
    "kms:DescribeKey",
    "kms:DisableKey",
    "kms:DisableKeyRotation",
    "kms:EnableKey",
    "kms:EnableKeyRotation",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
    "kms:List*",
    "kms:PutKeyPolicy",
    "kms:RevokeGrant",
    "kms:RotateKeyOnDemand",
    "kms:ScheduleKeyDeletion",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:UpdateAlias",
    "kms:UpdateKeyDescription",
)
USE = ("kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey")
# AWS services continue without a caller, by a grant that they request on behalf of the creator of the resource.
GRANTS = ("kms:CreateGrant", "kms:ListGrants", "kms:RetireGrant")

# The longest that AWS offers: until then the deletion can be cancelled
# (https://docs.aws.amazon.com/kms/latest/developerguide/deleting-keys.html).
DELETION_WINDOW_DAYS = 30


class EncryptionKey(Construct):
    """A symmetric KMS key with an alias and rotation, whose policy allows only those who need it
    (https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html):

    - the account's administrators, by their IAM policies: to manage the key, not to use it. AWS's default statement
      grants the account `kms:*`, so that every policy with `kms:Decrypt` on `*` could use the key. Nobody is locked
      out: an administrator can still change this policy;
    - principals of the account whose IAM policy names the key (see `use`), through S3, RDS, Secrets Manager and ECR
      only. The task role is one of them. It is not named here: a policy that names a role depends on it, and keeps
      the id of a deleted role after the role is created again;
    - CloudWatch Logs, for the log groups named by `allow_log_group`.

    Args:
        settings: the table `encryption`.
        alias: begins with `alias/`.
        description: what the key is for.
        account: whose account and region this is.
        prevent_destroy: Terraform then refuses any plan that deletes the key.

    Attributes:
        arn, key_id: of the key.
        key: the resource itself.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        settings: EncryptionSettings,
        alias: str,
        description: str,
        account: Account,
        prevent_destroy: bool = False,
    ) -> None:
        super().__init__(scope, id)
        self._account = account
        self._log_groups: list[str] = []
        self._more: list[Statement] = []
        self.key = KmsKey(
            self,
            "resource",
            description=description,
            enable_key_rotation=True,
            rotation_period_in_days=settings.rotation_period_days,
            deletion_window_in_days=DELETION_WINDOW_DAYS,
            policy=self._policy(),
            lifecycle=TerraformResourceLifecycle(prevent_destroy=True) if prevent_destroy else None,
        )
        KmsAlias(self, "alias", name=alias, target_key_id=self.key.key_id)
        self.arn: str = self.key.arn
        self.key_id: str = self.key.key_id

    def allow_log_group(self, name: str) -> None:
        """Lets CloudWatch Logs encrypt the log group of that name."""
        if name not in self._log_groups:
            self._log_groups.append(name)
            self.key.policy = self._policy()

    def allow(self, *statements: Statement) -> None:
        """Adds to the key's policy, for a service of AWS that comes with its own principal; the resource is `*`."""
        self._more.extend(statements)
        self.key.policy = self._policy()

    def use(
        self, sid: str, *, actions: Sequence[str], via: str, context: Mapping[str, str | Sequence[str]]
    ) -> Statement:
        """What an IAM policy has to say so that its role may use the key; see `use_of`."""
        return use_of(self.arn, sid, actions=actions, via=via, context=context, region=self._account.region)

    def _policy(self) -> str:
        return key_policy(account=self._account, log_groups=self._log_groups, more=self._more)


class GivenKey:
    """Another team's key. Its policy is theirs: docs/bring-your-own.md says what that has to allow.

    Args:
        arn: of the key, not of an alias.
        region: where the key is.
    """

    def __init__(self, *, arn: str, region: str) -> None:
        self.arn = arn
        self._region = region

    def allow_log_group(self, name: str) -> None:
        """Nothing to do: their policy allows it, or the log group is refused when it is made."""

    def allow(self, *statements: Statement) -> None:
        """Nothing to do: their policy allows it."""

    def use(
        self, sid: str, *, actions: Sequence[str], via: str, context: Mapping[str, str | Sequence[str]]
    ) -> Statement:
        """What an IAM policy has to say so that its role may use the key; see `use_of`."""
        return use_of(self.arn, sid, actions=actions, via=via, context=context, region=self._region)


AnyKey = EncryptionKey | GivenKey


def use_of(
    arn: str,
    sid: str,
    *,
    actions: Sequence[str],
    via: str,
    context: Mapping[str, str | Sequence[str]],
    region: str,
) -> Statement:
    """The use of a key through one service, for what that service encrypts with it and names in its encryption context
    (https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html).

    Args:
        actions: such as `kms:Decrypt`.
        via: the service, such as `s3`.
        context: key → values with `*` and `?`, such as `aws:s3:arn` → the bucket's ARN.
        region: where the service is called.
    """
    conditions: dict[str, Any] = {"kms:ViaService": f"{via}.{region}.*"}
    conditions.update({f"kms:EncryptionContext:{name}": values for name, values in context.items()})
    return Statement(sid=sid, actions=actions, resources=[arn], conditions={"StringLike": conditions})


def key_policy(*, account: Account, log_groups: Sequence[str], more: Sequence[Statement] = ()) -> str:
    """The policy of a key, as `EncryptionKey` describes it."""
    administrators = {"AWS": f"arn:{account.partition}:iam::{account.account_id}:root"}
    through_services: dict[str, dict[str, Any]] = {
        "StringEquals": {"kms:CallerAccount": account.account_id},
        "StringLike": {"kms:ViaService": [f"{service}.{account.region}.*" for service in VIA_SERVICES]},
    }
    statements = [
        Statement(
            sid="AdministerByIamPolicies", principals=administrators, actions=ADMINISTRATION, resources=["*"]
        ),
        Statement(
            sid="UseThroughServicesByIamPolicies",
            principals=administrators,
            actions=[*USE, *GRANTS],
            resources=["*"],
            conditions=through_services,
        ),
    ]
    if log_groups:
        statements.append(_encrypt_logs(account, log_groups))
    return policy_document(*statements, *more)


def _encrypt_logs(account: Account, log_groups: Sequence[str]) -> Statement:
    """https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html"""
    groups = f"arn:{account.partition}:logs:{account.region}:{account.account_id}:log-group:"
    return Statement(
        sid="EncryptLogs",
        principals={"Service": f"logs.{account.region}.{account.dns_suffix}"},
        actions=USE,
        resources=["*"],
        conditions={
            "ArnLike": {"kms:EncryptionContext:aws:logs:arn": [groups + name for name in log_groups]}
        },
    )
