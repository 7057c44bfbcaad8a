"""The role that RDS writes enhanced monitoring with."""

from __future__ import annotations

from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.iam_role_policy_attachment import IamRolePolicyAttachment
from constructs import Construct

from modules.common.account import Account
from modules.common.policies import service_trust_policy


class MonitoringRole(Construct):
    """The role that RDS writes an instance's enhanced monitoring with
    (https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Monitoring.OS.html).

    RDS writes to the log group `RDSOSMetrics`, which all instances of the account share, and which stays.

    Args:
        name: of the role.
        account: whose instances may have it.

    Attributes:
        arn: of the role.
        role: the resource itself.
        permission: the policy's attachment, without which the role cannot write.
    """

    def __init__(self, scope: Construct, id: str, *, name: str, account: Account) -> None:
        super().__init__(scope, id)
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
