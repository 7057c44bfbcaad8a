"""Alarms on the requests, the tasks and the database; all of them notify one SNS topic."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from typing import Any

from cdktf import ITerraformDependable
from cdktf_cdktf_provider_aws.cloudwatch_metric_alarm import (
    CloudwatchMetricAlarm,
    CloudwatchMetricAlarmMetricQuery,
    CloudwatchMetricAlarmMetricQueryMetric,
)
from constructs import Construct

from modules.common.alarms import MetricAlarm
from modules.edge.load_balancer import LoadBalancer
from modules.observability.settings import AlarmsSettings
from modules.service.service import Service

MINUTE_SECONDS = 60
# Fewer requests in a minute are counted as this many: one failure in a quiet night is no rate.
LEAST_REQUESTS = 20
# How far back the alarm on failed requests looks.
ERROR_MINUTES = 5
# An alarm looks back a day at most.
MOST_MINUTES = 1440
# Of what the tasks have, for a quarter of an hour (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/available-metrics.html).
# Autoscaling acts long before; memory does not fall again after a peak.
CPU_PERCENT, MEMORY_PERCENT = 90, 95
BALANCER_METRICS, SERVICE_METRICS = "AWS/ApplicationELB", "AWS/ECS"


class Alarms(Construct):
    """CloudWatch alarms
    (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html).

    Two of them roll a deployment back: the errors that clients see, and a task that stays unhealthy
    (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-alarm-failure.html).

    Args:
        settings: the table `alarms`.
        name: the prefix of their names.
        topic_arn: receives a message when an alarm goes off, and when it ends.
        load_balancer, service: watched.
        others: alarms that other concerns declare for their own resources.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        settings: AlarmsSettings,
        name: str,
        topic_arn: str,
        load_balancer: LoadBalancer,
        service: Service,
        others: Iterable[MetricAlarm] = (),
    ) -> None:
        super().__init__(scope, id)
        self._settings = settings
        self._name = name
        self._topic_arn = topic_arn
        self._watch_deployments(load_balancer, service)
        self._watch_service(load_balancer, service)
        for alarm in others:
            options = dataclasses.asdict(alarm)
            self._alarm(options.pop("id"), **options)

    def _watch_deployments(self, load_balancer: LoadBalancer, service: Service) -> None:
        # A new task may be upgrading the schema for that long.
        grace_minutes = -(-service.health_check_grace_period_seconds // MINUTE_SECONDS)
        unhealthy_minutes = min(grace_minutes + 5, MOST_MINUTES)
        service.roll_back_on(
            self._error_rate(load_balancer, self._settings.error_percent),
            self._alarm(
                "unhealthy_hosts",
                description="The load balancer finds a task unhealthy for longer than a start may take",
                namespace=BALANCER_METRICS,
                metric_name="UnHealthyHostCount",
                dimensions=_of_target_group(load_balancer),
                statistic="Maximum",
                threshold=0,
                minutes=unhealthy_minutes,
            ),
            bake_minutes=max(ERROR_MINUTES, unhealthy_minutes),
        )

    def _watch_service(self, load_balancer: LoadBalancer, service: Service) -> None:
        self._alarm(
            "no_healthy_host",
            description="No task answers: the server is away",
            namespace=BALANCER_METRICS,
            metric_name="HealthyHostCount",
            dimensions=_of_target_group(load_balancer),
            statistic="Maximum",
            comparison_operator="LessThanThreshold",
            threshold=1,
            minutes=2,
            # Without a task there is nothing to count.
            treat_missing_data="breaching",
            depends_on=[service.service],
        )
        of_service = {"ClusterName": service.cluster_name, "ServiceName": service.service_name}
        for id, metric, percent in (
            ("cpu", "CPUUtilization", CPU_PERCENT),
            ("memory", "MemoryUtilization", MEMORY_PERCENT),
        ):
            self._alarm(
                id,
                description=f"The tasks use more than {percent} % of their {id}: more or larger ones are needed",
                namespace=SERVICE_METRICS,
                metric_name=metric,
                dimensions=of_service,
                threshold=percent,
                minutes=15,
            )

    def _error_rate(self, load_balancer: LoadBalancer, percent: int) -> CloudwatchMetricAlarm:
        errors = "FILL(by_server, 0) + FILL(by_balancer, 0)"
        requests = f"IF(requests > {LEAST_REQUESTS}, requests, {LEAST_REQUESTS})"
        of_balancer = {"LoadBalancer": load_balancer.arn_suffix}
        return self._alarm(
            "errors",
            description=f"More than {percent} % of the requests fail (5xx)",
            comparison_operator="GreaterThanThreshold",
            threshold=percent,
            evaluation_periods=ERROR_MINUTES,
            datapoints_to_alarm=3,
            metric_query=[
                CloudwatchMetricAlarmMetricQuery(
                    id="rate",
                    label="Failed requests (%)",
                    expression=f"100 * ({errors}) / {requests}",
                    return_data=True,
                ),
                _sum("requests", "RequestCount", of_balancer),
                _sum("by_server", "HTTPCode_Target_5XX_Count", of_balancer),
                _sum("by_balancer", "HTTPCode_ELB_5XX_Count", of_balancer),
            ],
        )

    def _alarm(
        self,
        id: str,
        *,
        minutes: int | None = None,
        statistic: str = "Average",
        comparison_operator: str = "GreaterThanThreshold",
        treat_missing_data: str = "notBreaching",
        depends_on: Sequence[ITerraformDependable] | None = None,
        **options: Any,
    ) -> CloudwatchMetricAlarm:
        """An alarm that goes off when each of the last `minutes` was bad."""
        if minutes is not None:
            options |= {"period": MINUTE_SECONDS, "evaluation_periods": minutes, "statistic": statistic}
        return CloudwatchMetricAlarm(
            self,
            id,
            alarm_name=f"{self._name}-{id.replace('_', '-')}",
            alarm_description=options.pop("description"),
            comparison_operator=comparison_operator,
            treat_missing_data=treat_missing_data,
            alarm_actions=[self._topic_arn],
            ok_actions=[self._topic_arn],
            depends_on=depends_on,
            **options,
        )


def _of_target_group(load_balancer: LoadBalancer) -> dict[str, str]:
    return {
        "LoadBalancer": load_balancer.arn_suffix,
        "TargetGroup": load_balancer.target_group_arn_suffix,
    }


def _sum(id: str, metric_name: str, dimensions: dict[str, str]) -> CloudwatchMetricAlarmMetricQuery:
    """A load balancer's count of a minute."""
    return CloudwatchMetricAlarmMetricQuery(
        id=id,
        metric=CloudwatchMetricAlarmMetricQueryMetric(
            namespace=BALANCER_METRICS,
            metric_name=metric_name,
            dimensions=dimensions,
            period=MINUTE_SECONDS,
            stat="Sum",
        ),
    )
