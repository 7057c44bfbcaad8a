"""Where access logs go."""

from __future__ import annotations

from constructs import Construct

from modules.common.account import Account
from modules.storage.log_bucket import LogBucket
from stacks.settings import EnvironmentSettings


def log_bucket_of(scope: Construct, *, settings: EnvironmentSettings, account: Account) -> LogBucket | None:
    """The bucket of the access logs; None where there are none."""
    if not settings.logs.access_logs:
        return None
    return LogBucket(
        scope,
        "log_bucket",
        # As the bucket of the artifacts.
        bucket_name=f"{settings.full_name}-logs-{account.account_id}-{settings.region}",
        account=account,
        retention_days=settings.logs.access_log_retention_days,
        force_destroy=not settings.protected,
        prevent_destroy=settings.protected,
    )
