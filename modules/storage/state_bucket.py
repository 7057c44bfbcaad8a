"""The bucket that Terraform's state lives in: a private bucket that keeps every version, and that nobody deletes."""

from __future__ import annotations

from cdktf import TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.kms_alias import KmsAlias
from cdktf_cdktf_provider_aws.kms_key import KmsKey
from constructs import Construct

from modules.common.private_bucket import PrivateBucket

# What can still be undone is longer than any holiday.
KEY_DELETION_DAYS = 30

# How long an earlier state can be brought back.
NONCURRENT_VERSION_RETENTION_DAYS = 90


class StateBucket(PrivateBucket):
    """A private bucket (see `PrivateBucket`) for the S3 backend with its native lock
    (https://developer.hashicorp.com/terraform/language/backend/s3).

    Each lock leaves a version and a delete marker: both expire. Terraform refuses to delete the bucket, and its key.

    Args:
        bucket_name: globally unique, 3 to 63 characters.
        key_alias: makes a KMS key that rotates every year, under this alias; None makes none.
        kms_key_id: encrypts with this existing key instead; with neither, S3's own keys do.
        access_log_bucket: the bucket that gets the server access logs, under `<bucket_name>/`; see `log_requests_to`.
            None logs nothing.

    Raises:
        ValueError: both `key_alias` and `kms_key_id` are given.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        bucket_name: str,
        key_alias: str | None = None,
        kms_key_id: str | None = None,
        access_log_bucket: str | None = None,
    ) -> None:
        if key_alias and kms_key_id:
            raise ValueError(f"a key of its own ({key_alias}) or a given one ({kms_key_id}), not both")
        super().__init__(
            scope,
            id,
            bucket_name=bucket_name,
            force_destroy=False,
            prevent_destroy=True,
            noncurrent_version_retention_days=NONCURRENT_VERSION_RETENTION_DAYS,
            expire_delete_markers=True,
        )
        if access_log_bucket:
            self.log_requests_to(access_log_bucket, prefix=f"{bucket_name}/")
        self._encrypt(self._kms_key(key_alias, bucket_name) if key_alias else kms_key_id)

    def _kms_key(self, alias: str, bucket_name: str) -> str:
        # Without a policy of its own a key gets AWS's: the account's IAM policies decide
        # (https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html).
        key = KmsKey(
            self,
            "kms_key",
            description=f"Terraform state in {bucket_name}",
            enable_key_rotation=True,
            deletion_window_in_days=KEY_DELETION_DAYS,
            lifecycle=TerraformResourceLifecycle(prevent_destroy=True),
        )
        KmsAlias(self, "kms_alias", name=alias, target_key_id=key.key_id)
        arn: str = key.arn
        return arn
