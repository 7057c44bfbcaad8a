"""A log group in CloudWatch Logs: it has an end, and a key where the environment has one."""

from __future__ import annotations

from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from constructs import Construct

from modules.encryption.key import AnyKey


class LogGroup(Construct):
    """A log group whose events expire
    (https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/Working-with-log-groups-and-streams.html).

    Args:
        name: of the group; it has the environment's full name in it, by which a given key's policy knows it.
        retention_days: a value CloudWatch Logs accepts.
        key: encrypts the events, and lets CloudWatch Logs do so; None leaves them to CloudWatch Logs' own keys
            (https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html).

    Attributes:
        name, arn: of the group; the ARN is without the `:*` of its streams.
        group: the resource itself.
    """

    def __init__(
        self, scope: Construct, id: str, *, name: str, retention_days: int, key: AnyKey | None
    ) -> None:
        super().__init__(scope, id)
        if key:
            key.allow_log_group(name)
        self.group = CloudwatchLogGroup(
            self,
            "resource",
            name=name,
            retention_in_days=retention_days,
            kms_key_id=key.arn if key else None,
        )
        self.name: str = self.group.name
        self.arn: str = self.group.arn
