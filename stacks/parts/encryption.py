"""What everything is encrypted with: the environment's KMS key, or another team's."""

from __future__ import annotations

from constructs import Construct

from modules.common.account import Account
from modules.encryption.key import AnyKey, EncryptionKey, GivenKey
from stacks.parts.given import GivenValues
from stacks.settings import EnvironmentSettings


def key_of(
    scope: Construct, *, settings: EnvironmentSettings, account: Account, given: GivenValues
) -> AnyKey | None:
    """Another team's key where one is given, else an own one; None leaves the encryption to AWS's keys."""
    if arn := given.text("kms_key_arn"):
        return GivenKey(arn=arn, region=settings.region)
    encryption = settings.encryption
    if not encryption.own_key:
        return None
    return EncryptionKey(
        scope,
        "key",
        alias=f"alias/{settings.full_name}",
        description=f"{settings.full_name}: database, artifacts, images, secrets and logs",
        account=account,
        rotation_period_days=encryption.rotation_period_days,
        deletion_window_days=encryption.deletion_window_days,
        prevent_destroy=settings.protected,
    )
