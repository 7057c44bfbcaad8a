"""Overrides of moto's S3: a bucket is whose it is, and replicates and locks what it was told to."""

from __future__ import annotations

from moto.core.common_types import TYPE_RESPONSE
from moto.core.responses import ActionResult
from moto.s3.models import S3Backend
from moto.s3.responses import S3Response
from moto.s3.utils import _VersionedKeyStore

EXPECTED_OWNER = "x-amz-expected-bucket-owner"


def apply() -> None:
    """Patches moto."""
    _know_whose_a_bucket_is()
    _give_replication_back_as_it_was_put()
    _lock_buckets_that_are_in_use()


def _know_whose_a_bucket_is() -> None:
    """`HeadBucket` with an expected owner. moto: answers 200, whoever's the bucket is. AWS: 403 for another account's
    (https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html)."""
    original = S3Response.head_bucket

    def head_bucket(self: S3Response) -> TYPE_RESPONSE:
        answer = original(self)
        expected = self.headers.get(EXPECTED_OWNER)
        if answer[0] != 200 or expected in (None, self.backend.head_bucket(self.bucket_name).account_id):
            return answer
        return 403, {}, ""

    S3Response.head_bucket = head_bucket  # type: ignore[method-assign]


def _give_replication_back_as_it_was_put() -> None:
    """`GetBucketReplication`. moto: forgets which encrypted objects are replicated (`SourceSelectionCriteria`), so that
    each plan wants to set it again. AWS: gives the rule back
    (https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketReplication.html)."""
    original = S3Response.get_bucket_replication

    def get_bucket_replication(self: S3Response) -> str | TYPE_RESPONSE:
        replication = self.backend.get_bucket_replication(self.bucket_name)
        if not replication:
            return original(self)
        self.data["Action"] = "GetBucketReplication"
        rules = [{**rule, "Filter": {"Prefix": ""}} for rule in replication["Rule"]]
        configuration = {"Role": replication["Role"], "Rules": rules}
        return self.serialized(ActionResult({"ReplicationConfiguration": configuration}))

    S3Response.get_bucket_replication = get_bucket_replication  # type: ignore[method-assign]


def _lock_buckets_that_are_in_use() -> None:
    """`PutObjectLockConfiguration`. moto: refuses it for a bucket with objects, so that a lock cannot be taken off
    either. AWS: takes it at any time, since November 2023
    (https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-configure.html)."""
    original = S3Backend.put_object_lock_configuration

    def put_object_lock_configuration(
        self: S3Backend,
        bucket_name: str,
        lock_enabled: bool,
        mode: str | None = None,
        days: int | None = None,
        years: int | None = None,
    ) -> None:
        bucket = self.get_bucket(bucket_name)
        keys, bucket.keys = bucket.keys, _VersionedKeyStore()
        try:
            original(self, bucket_name, lock_enabled, mode, days, years)
        finally:
            bucket.keys = keys

    S3Backend.put_object_lock_configuration = put_object_lock_configuration  # type: ignore[method-assign]
