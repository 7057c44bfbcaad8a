"""What the platform's buckets have in common: private, encrypted, versioned, closed to plain HTTP."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cdktf import ITerraformDependable, TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.s3_bucket import S3Bucket
from cdktf_cdktf_provider_aws.s3_bucket_lifecycle_configuration import (
    S3BucketLifecycleConfiguration,
    S3BucketLifecycleConfigurationRule,
    S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload,
    S3BucketLifecycleConfigurationRuleExpiration,
    S3BucketLifecycleConfigurationRuleFilter,
    S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration,
    S3BucketLifecycleConfigurationRuleTransition,
)
from cdktf_cdktf_provider_aws.s3_bucket_logging import S3BucketLoggingA
from cdktf_cdktf_provider_aws.s3_bucket_ownership_controls import (
    S3BucketOwnershipControls,
    S3BucketOwnershipControlsRule,
)
from cdktf_cdktf_provider_aws.s3_bucket_policy import S3BucketPolicy
from cdktf_cdktf_provider_aws.s3_bucket_public_access_block import S3BucketPublicAccessBlock
from cdktf_cdktf_provider_aws.s3_bucket_server_side_encryption_configuration import (
    S3BucketServerSideEncryptionConfigurationA,
    S3BucketServerSideEncryptionConfigurationRuleA,
    S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA,
)
from cdktf_cdktf_provider_aws.s3_bucket_versioning import (
    S3BucketVersioningA,
    S3BucketVersioningVersioningConfiguration,
)
from constructs import Construct

from modules.common.policies import Statement, policy_document

# A multipart upload that was not finished within a week will not be finished.
ABORT_INCOMPLETE_UPLOAD_DAYS = 7


@dataclass(frozen=True, kw_only=True)
class Transition:
    """Moves objects to a cheaper storage class; S3 leaves those under 128 KB where they are
    (https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html).

    Attributes:
        days: after an object was made.
        storage_class: such as `INTELLIGENT_TIERING`.
    """

    days: int
    storage_class: str


class PrivateBucket(Construct):
    """A private, versioned, encrypted bucket that refuses plain HTTP
    (https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html).

    Args:
        bucket_name: globally unique, 3 to 63 characters.
        force_destroy: True lets `destroy` delete a bucket that is not empty.
        prevent_destroy: True lets Terraform refuse every plan that would delete the bucket.
        noncurrent_version_retention_days: how long an overwritten or deleted object can still be restored.
        expire_delete_markers: whether a delete marker goes when the last version behind it has gone.
        expiration_days: how long an object is kept; None keeps it.
        transition: moves objects to another storage class; None leaves them where they are.

    Attributes:
        bucket_name, bucket_arn: of the bucket.
        bucket, policy, versioning: the resources themselves.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        bucket_name: str,
        force_destroy: bool,
        noncurrent_version_retention_days: int,
        prevent_destroy: bool = False,
        expire_delete_markers: bool = False,
        expiration_days: int | None = None,
        transition: Transition | None = None,
    ) -> None:
        super().__init__(scope, id)
        self.bucket = S3Bucket(
            self,
            "resource",
            bucket=bucket_name,
            force_destroy=force_destroy,
            lifecycle=TerraformResourceLifecycle(prevent_destroy=True) if prevent_destroy else None,
        )
        self.bucket_name: str = self.bucket.bucket
        self.bucket_arn: str = self.bucket.arn
        self._protect()
        self.versioning = S3BucketVersioningA(
            self,
            "versioning",
            bucket=self.bucket.id,
            versioning_configuration=S3BucketVersioningVersioningConfiguration(status="Enabled"),
        )
        self._expire(
            noncurrent_version_retention_days,
            expire_delete_markers=expire_delete_markers,
            expiration_days=expiration_days,
            transition=transition,
        )

    def _encrypt(self, kms_key_id: str | None) -> None:
        """Encrypts new objects with S3's own keys, or with a KMS key by id, ARN or alias
        (https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-encryption.html)."""
        S3BucketServerSideEncryptionConfigurationA(
            self,
            "server_side_encryption_configuration",
            bucket=self.bucket.id,
            rule=[
                S3BucketServerSideEncryptionConfigurationRuleA(
                    apply_server_side_encryption_by_default=(
                        S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA(
                            sse_algorithm="aws:kms" if kms_key_id else "AES256",
                            kms_master_key_id=kms_key_id,
                        )
                    ),
                    # One request to KMS for many objects.
                    bucket_key_enabled=True if kms_key_id else None,
                )
            ],
        )

    def _protect(self) -> None:
        block = S3BucketPublicAccessBlock(
            self,
            "public_access_block",
            bucket=self.bucket.id,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
        )
        S3BucketOwnershipControls(
            self,
            "ownership_controls",
            bucket=self.bucket.id,
            rule=S3BucketOwnershipControlsRule(object_ownership="BucketOwnerEnforced"),
        )
        self._statements = [
            Statement(
                sid="RefusePlainHttp",
                effect="Deny",
                principals="*",
                actions=["s3:*"],
                resources=[self.bucket_arn, f"{self.bucket_arn}/*"],
                conditions={"Bool": {"aws:SecureTransport": "false"}},
            )
        ]
        self.policy = S3BucketPolicy(
            self,
            "policy",
            bucket=self.bucket.id,
            policy=policy_document(*self._statements),
            # S3 answers 409 when both are changed at once.
            depends_on=[block],
        )

    def log_requests_to(
        self, bucket_name: str, *, prefix: str, after: Sequence[ITerraformDependable] = ()
    ) -> None:
        """Has S3 write a line for each request to another bucket, which has to let `logging.s3.amazonaws.com` write
        (https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerLogs.html).

        Args:
            bucket_name: of the bucket that gets the logs.
            prefix: what their names begin with.
            after: what has to be there first, such as that bucket's policy.
        """
        S3BucketLoggingA(
            self,
            "logging",
            bucket=self.bucket.id,
            target_bucket=bucket_name,
            target_prefix=prefix,
            depends_on=list(after) or None,
        )

    def _add_to_policy(self, *statements: Statement) -> None:
        """Adds statements to the bucket's one policy."""
        self._statements.extend(statements)
        self.policy.policy = policy_document(*self._statements)

    def _expire(
        self,
        noncurrent_version_retention_days: int,
        *,
        expire_delete_markers: bool,
        expiration_days: int | None,
        transition: Transition | None,
    ) -> None:
        S3BucketLifecycleConfiguration(
            self,
            "lifecycle_configuration",
            bucket=self.bucket.id,
            rule=[
                S3BucketLifecycleConfigurationRule(
                    id="expire-leftovers",
                    status="Enabled",
                    filter=[S3BucketLifecycleConfigurationRuleFilter(prefix="")],
                    noncurrent_version_expiration=[
                        S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration(
                            noncurrent_days=noncurrent_version_retention_days
                        )
                    ],
                    expiration=_expiration(expire_delete_markers, expiration_days),
                    transition=[
                        S3BucketLifecycleConfigurationRuleTransition(
                            days=transition.days, storage_class=transition.storage_class
                        )
                    ]
                    if transition
                    else None,
                    abort_incomplete_multipart_upload=[
                        S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload(
                            days_after_initiation=ABORT_INCOMPLETE_UPLOAD_DAYS
                        )
                    ],
                )
            ],
            # Rules about non-current versions are refused before there can be any.
            depends_on=[self.versioning],
        )


def _expiration(
    expire_delete_markers: bool, expiration_days: int | None
) -> list[S3BucketLifecycleConfigurationRuleExpiration] | None:
    """With days, delete markers go by themselves
    (https://docs.aws.amazon.com/AmazonS3/latest/API/API_LifecycleExpiration.html)."""
    if expiration_days:
        return [S3BucketLifecycleConfigurationRuleExpiration(days=expiration_days)]
    if expire_delete_markers:
        return [S3BucketLifecycleConfigurationRuleExpiration(expired_object_delete_marker=True)]
    return None
