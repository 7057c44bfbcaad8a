"""Overrides of moto's S3: a bucket is whose it is."""

from __future__ import annotations

from moto.core.common_types import TYPE_RESPONSE
from moto.s3.responses import S3Response

EXPECTED_OWNER = "x-amz-expected-bucket-owner"


def apply() -> None:
    """Patches moto.

    `HeadBucket` with an expected owner. moto: answers 200, whoever's the bucket is. AWS: 403 for another account's
    (https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html)."""
    original = S3Response.head_bucket

    def head_bucket(self: S3Response) -> TYPE_RESPONSE:
        answer = original(self)
        expected = self.headers.get(EXPECTED_OWNER)
        if answer[0] != 200 or expected in (None, self.backend.head_bucket(self.bucket_name).account_id):
            return answer
        return 403, {}, ""

    S3Response.head_bucket = head_bucket  # type: ignore[method-assign]
