"""Flow logs: who talked to whom in the VPC, and what was turned away."""

from __future__ import annotations

from cdktf_cdktf_provider_aws.flow_log import FlowLog
from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.iam_role_policy import IamRolePolicy
from constructs import Construct

from modules.common.account import Account
from modules.common.log_group import LogGroup
from modules.common.policies import Statement, policy_document, service_trust_policy
from modules.encryption.key import AnyKey


class FlowLogs(Construct):
    """Every connection of a VPC, accepted or rejected, in CloudWatch Logs
    (https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-cwl.html).

    Args:
        name: of the log group, `/vpc/<name>`, and with a suffix of the role.
        account: whose account and region this is.
        vpc_id: the VPC.
        log_retention_days: a value CloudWatch Logs accepts.
        key: encrypts the log; None for none of the environment's own.

    Attributes:
        log_group, role: what depends on nothing else here.
        log_group_name: where the records are.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        account: Account,
        vpc_id: str,
        log_retention_days: int,
        key: AnyKey | None = None,
    ) -> None:
        super().__init__(scope, id)
        self.log_group = LogGroup(
            self, "log_group", name=f"/vpc/{name}", retention_days=log_retention_days, key=key
        )
        self.role = IamRole(
            self,
            "role",
            name=f"{name}-flow-logs",
            description="Writes the VPC's flow logs",
            assume_role_policy=service_trust_policy(
                "vpc-flow-logs.amazonaws.com", account_id=account.account_id
            ),
        )
        may_write = IamRolePolicy(
            self,
            "write",
            role=self.role.id,
            name="write",
            policy=policy_document(
                Statement(
                    sid="WriteFlowLogs",
                    actions=["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
                    resources=[f"{self.log_group.arn}:*"],
                ),
                Statement(
                    sid="FindLogGroup",
                    actions=["logs:DescribeLogGroups"],
                    # The list has no narrower resource than the groups of a region.
                    resources=[
                        f"arn:{account.partition}:logs:{account.region}:{account.account_id}:log-group:*"
                    ],
                ),
            ),
        )
        FlowLog(
            self,
            "resource",
            vpc_id=vpc_id,
            traffic_type="ALL",
            log_destination_type="cloud-watch-logs",
            log_destination=self.log_group.arn,
            iam_role_arn=self.role.arn,
            tags={"Name": name},
            depends_on=[may_write],
        )
        self.log_group_name: str = self.log_group.name
