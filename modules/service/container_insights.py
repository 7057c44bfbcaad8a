"""The log group of a cluster's Container Insights: what its metrics are made of."""

from __future__ import annotations

from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from constructs import Construct

from modules.common.log_group import LogGroup
from modules.encryption.key import AnyKey

DISABLED = "disabled"


def insights_log_groups(
    scope: Construct, container_insights: str, *, cluster_name: str, retention_days: int, key: AnyKey | None
) -> list[CloudwatchLogGroup]:
    """What the cluster has to be made after. A log group that Container Insights makes by itself never expires, is not
    encrypted with the key, and stays when the cluster has gone
    (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Container-Insights-reference-performance-logs-ECS.html).

    Args:
        container_insights: the cluster's setting: `disabled`, for which there is no log group, `enabled` or `enhanced`.
        cluster_name: the log group is found by it.
        retention_days: a value CloudWatch Logs accepts.
        key: encrypts the events; None leaves that to CloudWatch Logs.
    """
    if container_insights == DISABLED:
        return []
    name = f"/aws/ecs/containerinsights/{cluster_name}/performance"
    return [LogGroup(scope, "container_insights", name=name, retention_days=retention_days, key=key).group]
