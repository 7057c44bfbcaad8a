"""What an alarm looks at, as each concern says it of its own resources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class MetricAlarm:
    """An alarm on one metric, which goes off when each of the last minutes was bad
    (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html).

    Attributes:
        id: what its name ends with, with underscores.
        description: what is wrong, for people.
        namespace, metric_name, dimensions: the metric.
        threshold: compared with each minute's statistic.
        minutes: how many.
    """

    id: str
    description: str
    namespace: str
    metric_name: str
    dimensions: Mapping[str, str]
    threshold: int
    minutes: int
    statistic: str = "Average"
    comparison_operator: str = "GreaterThanThreshold"
