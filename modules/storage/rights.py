"""What CI reads and changes of the buckets."""

from __future__ import annotations

from collections.abc import Mapping

from modules.common.policies import Statement
from modules.common.rights import Narrowed, Rights, Scope

BUCKET = (
    "s3:GetAccelerateConfiguration",
    "s3:GetBucketAcl",
    "s3:GetBucketCORS",
    "s3:GetBucketLogging",
    "s3:GetBucketObjectLockConfiguration",
    "s3:GetBucketOwnershipControls",
    "s3:GetBucketPolicy",
    "s3:GetBucketPublicAccessBlock",
    "s3:GetBucketRequestPayment",
    "s3:GetBucketTagging",
    "s3:GetBucketVersioning",
    "s3:GetBucketWebsite",
    "s3:GetEncryptionConfiguration",
    "s3:GetLifecycleConfiguration",
    "s3:GetReplicationConfiguration",
    "s3:ListBucket",
)
READS: Mapping[str, tuple[str, ...]] = {
    "aws_s3_bucket": BUCKET,
    "aws_s3_bucket_lifecycle_configuration": BUCKET,
    "aws_s3_bucket_logging": BUCKET,
    "aws_s3_bucket_object_lock_configuration": BUCKET,
    "aws_s3_bucket_ownership_controls": BUCKET,
    "aws_s3_bucket_policy": BUCKET,
    "aws_s3_bucket_public_access_block": BUCKET,
    "aws_s3_bucket_replication_configuration": BUCKET,
    "aws_s3_bucket_server_side_encryption_configuration": BUCKET,
    "aws_s3_bucket_versioning": BUCKET,
}
CREATES: Mapping[str, tuple[str, ...]] = {
    "aws_s3_bucket": ("s3:CreateBucket",),
    "aws_s3_bucket_lifecycle_configuration": ("s3:PutLifecycleConfiguration",),
    "aws_s3_bucket_logging": ("s3:PutBucketLogging",),
    "aws_s3_bucket_object_lock_configuration": ("s3:PutBucketObjectLockConfiguration",),
    "aws_s3_bucket_ownership_controls": ("s3:PutBucketOwnershipControls",),
    "aws_s3_bucket_policy": ("s3:PutBucketPolicy",),
    "aws_s3_bucket_public_access_block": ("s3:PutBucketPublicAccessBlock",),
    "aws_s3_bucket_replication_configuration": ("s3:PutReplicationConfiguration", "iam:PassRole"),
    "aws_s3_bucket_server_side_encryption_configuration": ("s3:PutEncryptionConfiguration",),
    "aws_s3_bucket_versioning": ("s3:PutBucketVersioning",),
}


def changes(scope: Scope) -> list[Statement]:
    """The buckets' configuration; none of them is deleted."""
    return [
        Statement(
            sid="ChangeBuckets",
            actions=[
                "s3:CreateBucket",
                "s3:DeleteBucketPolicy",
                "s3:PutBucketLogging",
                "s3:PutBucketObjectLockConfiguration",
                "s3:PutBucketOwnershipControls",
                "s3:PutBucketPolicy",
                "s3:PutBucketPublicAccessBlock",
                "s3:PutBucketTagging",
                "s3:PutBucketVersioning",
                "s3:PutEncryptionConfiguration",
                "s3:PutLifecycleConfiguration",
                "s3:PutReplicationConfiguration",
            ],
            resources=scope.buckets,
        ),
    ]


def narrowed(scope: Scope) -> list[Narrowed]:
    """What the reads are about, where IAM can narrow it."""
    return [Narrowed("s3:", scope.buckets)]


RIGHTS = Rights(reads=READS, creates=CREATES, narrowed=narrowed, changes=changes)
