"""Overrides of moto's S3: bucket owners, replication and object lock."""

from __future__ import annotations

import copy
import json
from typing import Any

from moto.core.common_types import TYPE_RESPONSE
from moto.core.responses import ActionResult
from moto.s3.exceptions import InvalidBucketState
from moto.s3.models import FakeBucket, S3Backend
from moto.s3.responses import S3Response
from moto.s3.utils import _VersionedKeyStore

EXPECTED_OWNER = "x-amz-expected-bucket-owner"


def apply() -> None:
    """Patches moto."""
    _know_whose_a_bucket_is()
    _give_replication_back_as_it_was_put()
    _lock_buckets_that_are_in_use()
    _keep_versions_where_there_are_some()
    _read_lists_in_policies_of_log_buckets()


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


def _keep_versions_where_there_are_some() -> None:
    """`PutBucketVersioning`. moto: suspends versioning under an object lock. AWS: refuses that
    (https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-managing.html).

    `DeleteObject` of one version, where versioning is suspended. moto: deletes all of them, or dies of a delete marker.
    AWS: deletes that one
    (https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeletingObjectsfromVersioningSuspendedBuckets.html)."""
    versioning, delete = S3Backend.put_bucket_versioning, S3Backend.delete_object

    def put_bucket_versioning(self: S3Backend, bucket_name: str, status: str) -> None:
        if status == "Suspended" and self.get_bucket(bucket_name).object_lock_enabled:
            raise InvalidBucketState(
                "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed."
            )
        versioning(self, bucket_name, status)

    def delete_object(
        self: S3Backend, bucket_name: str, key_name: str, version_id: str | None = None, bypass: bool = False
    ) -> tuple[bool, dict[str, Any]]:
        bucket = self.get_bucket(bucket_name)
        status = bucket.versioning_status
        bucket.versioning_status = "Enabled" if status and version_id else status
        try:
            return delete(self, bucket_name, key_name, version_id, bypass)
        finally:
            bucket.versioning_status = status

    S3Backend.put_bucket_versioning = put_bucket_versioning  # type: ignore[method-assign]
    S3Backend.delete_object = delete_object  # type: ignore[method-assign]


def _read_lists_in_policies_of_log_buckets() -> None:
    """`PutBucketLogging`. moto: looks for the right to write in statements with a single resource, and takes one with a
    list of them for none. AWS: reads both
    (https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html)."""
    original = FakeBucket._log_permissions_enabled_policy

    def enabled(target_bucket: FakeBucket, target_prefix: str | None) -> bool:
        policy = json.loads(target_bucket.policy or b'{"Statement": []}')
        singles = [
            {**statement, "Resource": resource}
            for statement in policy["Statement"]
            for resource in _list(statement.get("Resource", []))
            if isinstance(statement.get("Principal"), dict)
        ]
        seen = copy.copy(target_bucket)
        seen.policy = json.dumps({"Statement": singles}).encode()
        return original(seen, target_prefix)

    FakeBucket._log_permissions_enabled_policy = staticmethod(enabled)  # type: ignore[method-assign]


def _list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value
