"""What is recorded of the database: its logs, its machine's metrics, and what its load comes from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.iam_role_policy_attachment import IamRolePolicyAttachment
from constructs import Construct

from modules.common.account import Account
from modules.common.log_group import LogGroup
from modules.common.policies import service_trust_policy
from modules.encryption.key import AnyKey


@dataclass(frozen=True, kw_only=True)
class LogExports:
    """Logs that RDS publishes to CloudWatch Logs
    (https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_LogAccess.Concepts.PostgreSQL.PublishtoCloudWatchLogs.html).

    Attributes:
        kinds: `postgresql`, `upgrade`, `iam-db-auth-error`.
        retention_days: a value CloudWatch Logs accepts.
        key: encrypts them; None leaves them to CloudWatch Logs' own keys.
    """

    kinds: Sequence[str]
    retention_days: int
    key: AnyKey | None = None


@dataclass(frozen=True, kw_only=True)
class EnhancedMonitoring:
    """Metrics of the instance's operating system, process by process
    (https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Monitoring.OS.html).

    RDS writes them to the log group `RDSOSMetrics`, which all instances of the account share, and which stays.

    Attributes:
        interval_seconds: 1, 5, 10, 15, 30 or 60.
        account: whose instances may have the role.
    """

    interval_seconds: int
    account: Account


@dataclass(frozen=True, kw_only=True)
class DatabaseInsights:
    """CloudWatch Database Insights, which took the place of Performance Insights
    (https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_DatabaseInsights.html).

    Attributes:
        mode: `standard`, or `advanced`, which costs by vCPU and keeps 465 days or more.
        retention_days: 7, which is free; 31 times the number of months up to 713; or 731.
    """

    mode: str
    retention_days: int


def log_groups_of(scope: Construct, exports: LogExports, *, identifier: str) -> list[CloudwatchLogGroup]:
    """The groups that RDS writes the instance's logs to. Made before the instance: those that RDS makes never expire,
    and stay when it has gone."""
    return [
        LogGroup(
            scope,
            kind,
            name=f"/aws/rds/instance/{identifier}/{kind}",
            retention_days=exports.retention_days,
            key=exports.key,
        ).group
        for kind in exports.kinds
    ]


class MonitoringRole(Construct):
    """The role that RDS writes an instance's enhanced monitoring with.

    Args:
        name: of the role.
        monitoring: whose role it is.

    Attributes:
        arn: of the role.
        role: the resource itself.
        permission: the policy's attachment, without which the role cannot write.
    """

    def __init__(self, scope: Construct, id: str, *, name: str, monitoring: EnhancedMonitoring) -> None:
        super().__init__(scope, id)
        account = monitoring.account
        self.role = IamRole(
            self,
            "resource",
            name=name,
            description="RDS writes the MLflow database's enhanced monitoring",
            assume_role_policy=service_trust_policy(
                "monitoring.rds.amazonaws.com", account_id=account.account_id
            ),
        )
        # The one that RDS asks for: it may write to log groups whose names begin with RDS.
        self.permission = IamRolePolicyAttachment(
            self,
            "policy",
            role=self.role.name,
            policy_arn=(
                f"arn:{account.partition}:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"
            ),
        )
        self.arn: str = self.role.arn
