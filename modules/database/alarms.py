"""What is watched of an RDS instance (https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-metrics.html)."""

from __future__ import annotations

from modules.common.alarms import MetricAlarm

METRICS = "AWS/RDS"
BYTES_PER_GIB = 1024**3


def instance_alarms(
    identifier: str,
    *,
    allocated_storage_gib: int,
    cpu_percent: int,
    free_storage_percent: int,
    connections: int,
) -> tuple[MetricAlarm, ...]:
    """The alarms of one instance.

    Args:
        identifier: the instance's.
        allocated_storage_gib: the storage it was made with.
        cpu_percent: of all its processors.
        free_storage_percent: of that storage.
        connections: open at once.
    """
    dimensions = {"DBInstanceIdentifier": identifier}
    return (
        MetricAlarm(
            id="database_cpu",
            description=f"The database uses more than {cpu_percent} % of its CPU",
            namespace=METRICS,
            metric_name="CPUUtilization",
            dimensions=dimensions,
            threshold=cpu_percent,
            minutes=15,
        ),
        MetricAlarm(
            id="database_storage",
            description=f"The database has less than {free_storage_percent} % of its storage left",
            namespace=METRICS,
            metric_name="FreeStorageSpace",
            dimensions=dimensions,
            statistic="Minimum",
            comparison_operator="LessThanThreshold",
            threshold=allocated_storage_gib * BYTES_PER_GIB * free_storage_percent // 100,
            minutes=15,
        ),
        MetricAlarm(
            id="database_connections",
            description=f"More than {connections} connections to the database are open",
            namespace=METRICS,
            metric_name="DatabaseConnections",
            dimensions=dimensions,
            statistic="Maximum",
            threshold=connections,
            minutes=5,
        ),
    )
