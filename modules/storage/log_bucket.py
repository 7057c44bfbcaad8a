"""The bucket that load balancer and S3 write their access logs to."""

from __future__ import annotations

from constructs import Construct

from modules.common.account import Account
from modules.common.policies import Statement
from modules.common.private_bucket import PrivateBucket

# A log that was overwritten or deleted can be brought back for as long.
NONCURRENT_VERSION_RETENTION_DAYS = 30
LOAD_BALANCER_PREFIX = "load-balancer"


class LogBucket(PrivateBucket):
    """A private bucket (see `PrivateBucket`) whose objects expire. Only the services allowed here write to it.

    S3's own keys encrypt it: the load balancer writes to no bucket with another default
    (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html#access-log-create-bucket).

    Args:
        bucket_name: globally unique, 3 to 63 characters.
        account: whose load balancers and buckets may write.
        retention_days: how long a log is kept.
        force_destroy: True lets `destroy` delete a bucket that still holds logs.
        prevent_destroy: True lets Terraform refuse every plan that would delete the bucket.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        bucket_name: str,
        account: Account,
        retention_days: int,
        force_destroy: bool,
        prevent_destroy: bool = False,
    ) -> None:
        super().__init__(
            scope,
            id,
            bucket_name=bucket_name,
            force_destroy=force_destroy,
            prevent_destroy=prevent_destroy,
            noncurrent_version_retention_days=NONCURRENT_VERSION_RETENTION_DAYS,
            expiration_days=retention_days,
        )
        self._account = account
        self._encrypt(None)

    def allow_load_balancer_logs(self) -> str:
        """Lets this account's load balancers write; returns the prefix that they have to use.

        The account's number is in the path, which the service fills in: another account's load balancer cannot write
        here. Conditions on the source are not among what AWS documents for this service, and one that it does not fill
        in would refuse all
        (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html#attach-bucket-policy).
        """
        self._add_to_policy(
            Statement(
                sid="WriteLoadBalancerLogs",
                actions=["s3:PutObject"],
                principals={"Service": "logdelivery.elasticloadbalancing.amazonaws.com"},
                resources=[f"{self.bucket_arn}/{LOAD_BALANCER_PREFIX}/AWSLogs/{self._account.account_id}/*"],
            )
        )
        return LOAD_BALANCER_PREFIX

    def allow_access_logs_of(self, bucket_name: str) -> str:
        """Lets S3 write the server access logs of one bucket of this account; returns the prefix it has to use.

        Args:
            bucket_name: the bucket whose requests are logged, in the same region
                (https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html#grant-log-delivery-permissions-general).
        """
        prefix = f"{bucket_name}/"
        self._add_to_policy(
            Statement(
                # One statement for each bucket: the sid has to differ.
                sid=f"WriteAccessLogs{len(self._statements)}",
                actions=["s3:PutObject"],
                principals={"Service": "logging.s3.amazonaws.com"},
                resources=[f"{self.bucket_arn}/{prefix}*"],
                conditions={
                    "ArnLike": {"aws:SourceArn": f"arn:{self._account.partition}:s3:::{bucket_name}"},
                    "StringEquals": {"aws:SourceAccount": self._account.account_id},
                },
            )
        )
        return prefix
