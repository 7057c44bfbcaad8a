"""What is typed and shown in a shell that ECS Exec opens: a log of its own."""

from __future__ import annotations

from cdktf_cdktf_provider_aws.ecs_cluster import (
    EcsClusterConfigurationExecuteCommandConfiguration,
    EcsClusterConfigurationExecuteCommandConfigurationLogConfiguration,
)
from constructs import Construct

from modules.common.log_group import LogGroup
from modules.common.policies import Statement
from modules.encryption.key import AnyKey

# For a cluster without an audit.
NOT_RECORDED = EcsClusterConfigurationExecuteCommandConfiguration(logging="NONE")


class ExecAudit(Construct):
    """The log group of a cluster's ECS Exec sessions
    (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html#ecs-exec-logging).

    The image has to have `script` and `cat`, by which the session is recorded; Debian's have.

    Args:
        name: of the log group.
        log_retention_days: a value CloudWatch Logs accepts.
        key: encrypts the log group; None leaves that to CloudWatch Logs. On its way the session is encrypted by TLS.

    Attributes:
        log_group: the log group.
        configuration: for the cluster's `execute_command_configuration`.
        statements: what the task role needs for it.
    """

    def __init__(
        self, scope: Construct, id: str, *, name: str, log_retention_days: int, key: AnyKey | None
    ) -> None:
        super().__init__(scope, id)
        self.log_group = LogGroup(self, "resource", name=name, retention_days=log_retention_days, key=key)
        self.configuration = EcsClusterConfigurationExecuteCommandConfiguration(
            logging="OVERRIDE",
            log_configuration=EcsClusterConfigurationExecuteCommandConfigurationLogConfiguration(
                cloud_watch_log_group_name=self.log_group.name,
                # Refuses the session where the log group has no key of its own.
                cloud_watch_encryption_enabled=key is not None,
            ),
        )
        self.statements = [
            # The API has no resources to narrow it by.
            Statement(sid="FindAuditLog", actions=["logs:DescribeLogGroups"], resources=["*"]),
            Statement(
                sid="WriteAuditLog",
                actions=["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
                resources=[f"{self.log_group.arn}:*"],
            ),
        ]
