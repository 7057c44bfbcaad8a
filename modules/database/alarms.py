"""The alarms of an RDS instance (https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-metrics.html)."""

from __future__ import annotations

from modules.common.alarms import MetricAlarm

METRICS = "AWS/RDS"
CPU_PERCENT = 90
FREE_STORAGE_PERCENT = 10
BYTES_PER_GIB = 1024**3


def instance_alarms(
    identifier: str,
    *,
    allocated_storage_gib: int,
    connections: int,
) -> tuple[MetricAlarm, ...]:
    """The alarms of one instance.

    Args:
        identifier: the instance's.
        allocated_storage_gib: the storage it was made with.
        connections: open at once.
    """
    dimensions = {"DBInstanceIdentifier": identifier}
    return (
        MetricAlarm(
            id="database_cpu",
            description=f"The database uses more than {CPU_PERCENT} % of its CPU",
            namespace=METRICS,
            metric_name="CPUUtilization",
            dimensions=dimensions,
            threshold=CPU_PERCENT,
            minutes=15,
        ),
        MetricAlarm(
            id="database_storage",
            description=f"The database has less than {FREE_STORAGE_PERCENT} % of its storage left",
            namespace=METRICS,
            metric_name="FreeStorageSpace",
            dimensions=dimensions,
            statistic="Minimum",
            comparison_operator="LessThanThreshold",
            threshold=allocated_storage_gib * BYTES_PER_GIB * FREE_STORAGE_PERCENT // 100,
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
