"""The tables `alarms` and `logs`: which alarms exist, whom they notify, and how long logs are kept."""

from __future__ import annotations

from typing import Annotated

from modules.common import aws
from settings.language.errors import Refusal
from settings.language.setting import AWS, BOOLEAN, Defaults, Section, Setting, Unsafe, between, is_not_set

ALARMS = f"{AWS}/AmazonCloudWatch/latest/monitoring"
NOTIFY = f"{ALARMS}/Notify_Users_Alarm_Changes.html"
PERCENT = between(1, 100, "percent")


class AlarmsSettings(Section):
    """Alarms on requests, tasks and database; a deployment that raises an alarm on requests is rolled back."""

    enabled: Annotated[
        bool,
        Setting(
            "Create CloudWatch alarms",
            BOOLEAN,
            f"{AWS}/AmazonECS/latest/developerguide/deployment-alarm-failure.html",
            defaults=Defaults(demo=False, production=True),
        ),
        Unsafe(
            is_not_set,
            Refusal(
                "Without alarms, a failing deployment is not rolled back, and nobody is notified of an outage.",
                "true in production",
                "remove the line; alarms.topic_arn or alarms.email names who is notified.",
            ),
        ),
    ]
    topic_arn: Annotated[
        str | None,
        Setting("SNS topic that receives notifications. Default: a new topic", aws.TOPIC_ARN, NOTIFY),
    ] = None
    email: Annotated[
        str | None,
        Setting(
            "Address that receives messages of the new topic, after it has confirmed the subscription",
            aws.EMAIL,
            f"{AWS}/sns/latest/dg/sns-email-notifications.html",
        ),
    ] = None
    error_percent: Annotated[
        int,
        Setting(
            "Accepted share of requests that are answered with 5xx",
            PERCENT,
            f"{AWS}/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html",
        ),
    ] = 5


class LogsSettings(Section):
    """The log groups in CloudWatch Logs, and the bucket of the access logs."""

    retention_days: Annotated[
        int,
        Setting(
            "Retention of logs and access logs, in days",
            aws.LOG_RETENTION_DAYS,
            f"{AWS}/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html",
            defaults=Defaults(demo=14, production=365),
        ),
    ]
    access_logs: Annotated[
        bool,
        Setting(
            "Log each request and connection to the load balancer in a separate bucket",
            BOOLEAN,
            f"{AWS}/elasticloadbalancing/latest/application/load-balancer-access-logs.html",
            defaults=Defaults(demo=False, production=True),
        ),
        Unsafe(
            is_not_set,
            Refusal(
                "Without access logs, requests cannot be traced later.",
                "true in production",
                "remove the line.",
            ),
        ),
    ]
