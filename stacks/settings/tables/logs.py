"""The table `logs`: the log groups, and the bucket of the access logs."""

from __future__ import annotations

from typing import Annotated

from stacks.settings import aws
from stacks.settings.checks import AWS, BOOLEAN, Section, Setting, between


class LogsSettings(Section):
    """The log groups in CloudWatch Logs, and the bucket of the access logs."""

    retention_days: Annotated[
        int,
        Setting(
            "How long logs are kept, in days",
            aws.LOG_RETENTION_DAYS,
            f"{AWS}/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html",
        ),
    ]
    access_logs: Annotated[
        bool,
        Setting(
            "Each request and each connection to the load balancer, in a bucket of its own",
            BOOLEAN,
            f"{AWS}/elasticloadbalancing/latest/application/load-balancer-access-logs.html",
        ),
    ]
    access_log_retention_days: Annotated[
        int,
        Setting(
            "How long the access logs are kept, in days",
            between(1, 3650, "days"),
            f"{AWS}/AmazonS3/latest/userguide/object-lifecycle-mgmt.html",
        ),
    ] = 365
