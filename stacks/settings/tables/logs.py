"""The table `logs`: the log groups."""

from __future__ import annotations

from typing import Annotated

from stacks.settings import aws
from stacks.settings.checks import AWS, Section, Setting


class LogsSettings(Section):
    """The server's log group in CloudWatch Logs."""

    retention_days: Annotated[
        int,
        Setting(
            "How long logs are kept, in days",
            aws.LOG_RETENTION_DAYS,
            f"{AWS}/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html",
        ),
    ]
