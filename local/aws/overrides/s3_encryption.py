"""Overrides of moto's S3: what a bucket's encryption is where nobody said it all."""

from __future__ import annotations

from typing import Any

from moto.core.common_types import TYPE_RESPONSE
from moto.core.responses import ActionResult
from moto.core.utils import ensure_boolean
from moto.s3.models import FakeBucket, S3Backend
from moto.s3.responses import S3Response

BLOCKED = "BlockedEncryptionTypes"
DEFAULT_RULE = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}


def apply() -> None:
    """Patches moto.

    `GetBucketEncryption`. moto: answers what was put, and an error where nothing was. AWS: encrypts every bucket with
    its own keys where nothing else was put
    (https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-bucket-encryption.html), and since April 2026 blocks
    keys of the customer's in every new bucket, which is then in the answer, whether or not the request had it
    (https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-s3-c-encryption-setting-faq.html,
    https://github.com/turnerlabs/terraform-remote-state/pull/19)."""
    put: Any = S3Backend.put_bucket_encryption

    def put_bucket_encryption(self: S3Backend, bucket_name: str, encryption: dict[str, Any]) -> None:
        blocked = blocked_types(self.get_bucket(bucket_name))
        rule = encryption["Rule"]
        put(self, bucket_name, {**encryption, "Rule": {BLOCKED: {"EncryptionType": blocked}, **rule}})

    def get_bucket_encryption(self: S3Response) -> str | TYPE_RESPONSE:
        bucket = self.backend.get_bucket(self.bucket_name)
        rule = (bucket.encryption or {}).get("Rule", DEFAULT_RULE)
        answered = {
            "ApplyServerSideEncryptionByDefault": rule["ApplyServerSideEncryptionByDefault"],
            "BucketKeyEnabled": ensure_boolean(rule.get("BucketKeyEnabled")),
            BLOCKED: {"EncryptionType": blocked_types(bucket)},
        }
        self.data["Action"] = "GetBucketEncryption"
        return self.serialized(ActionResult({"ServerSideEncryptionConfiguration": {"Rules": [answered]}}))

    S3Backend.put_bucket_encryption = put_bucket_encryption  # type: ignore[method-assign]
    S3Response.get_bucket_encryption = get_bucket_encryption  # type: ignore[method-assign]


def blocked_types(bucket: FakeBucket) -> list[str]:
    """What may not encrypt the bucket's new objects: `SSE-C`, or `NONE`, which stands for nothing."""
    types = (bucket.encryption or {}).get("Rule", {}).get(BLOCKED, {}).get("EncryptionType", "SSE-C")
    return [types] if isinstance(types, str) else list(types)
