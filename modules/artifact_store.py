"""The artifact store: the bucket that holds models, files and traces."""

from __future__ import annotations

from cdktf_cdktf_provider_aws.s3_bucket import S3Bucket
from cdktf_cdktf_provider_aws.s3_bucket_lifecycle_configuration import (
    S3BucketLifecycleConfiguration,
    S3BucketLifecycleConfigurationRule,
    S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload,
    S3BucketLifecycleConfigurationRuleFilter,
    S3BucketLifecycleConfigurationRuleNoncurrentVersionExpiration,
)
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

from modules.policies import Statement, policy_document
from modules.tracking_service import TrackingService

# A multipart upload that MLflow did not finish within a week will not be finished.
ABORT_INCOMPLETE_UPLOAD_DAYS = 7


class ArtifactStore(Construct):
    """A private, versioned, encrypted bucket that refuses plain HTTP
    (https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html).

    Args:
        bucket_name: globally unique, 3 to 63 characters.
        force_destroy: True lets `destroy` delete a bucket that still holds artifacts.
        noncurrent_version_retention_days: how long an overwritten or deleted artifact can still be restored.

    Attributes:
        bucket_name, bucket_arn: of the bucket.
        bucket: the resource itself.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        bucket_name: str,
        force_destroy: bool,
        noncurrent_version_retention_days: int,
    ) -> None:
        super().__init__(scope, id)
        self.bucket = S3Bucket(self, "resource", bucket=bucket_name, force_destroy=force_destroy)
        self.bucket_name: str = self.bucket.bucket
        self.bucket_arn: str = self.bucket.arn
        self._protect()
        self._version(noncurrent_version_retention_days)

    def grant_read_write(self, service: TrackingService) -> None:
        """Lets the service's tasks list the bucket, and read, write and delete objects in it."""
        service.grant_task(
            "artifact_store",
            Statement(
                sid="ListArtifacts",
                actions=["s3:ListBucket"],
                resources=[self.bucket_arn],
            ),
            Statement(
                sid="ReadAndWriteArtifacts",
                actions=[
                    "s3:GetObject",
                    "s3:PutObject",
                    "s3:DeleteObject",
                    "s3:AbortMultipartUpload",
                    "s3:ListMultipartUploadParts",
                ],
                resources=[f"{self.bucket_arn}/*"],
            ),
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
        S3BucketServerSideEncryptionConfigurationA(
            self,
            "server_side_encryption_configuration",
            bucket=self.bucket.id,
            rule=[
                S3BucketServerSideEncryptionConfigurationRuleA(
                    apply_server_side_encryption_by_default=(
                        S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA(
                            sse_algorithm="AES256"
                        )
                    ),
                )
            ],
        )
        S3BucketPolicy(
            self,
            "policy",
            bucket=self.bucket.id,
            policy=policy_document(
                Statement(
                    sid="RefusePlainHttp",
                    effect="Deny",
                    principals="*",
                    actions=["s3:*"],
                    resources=[self.bucket_arn, f"{self.bucket_arn}/*"],
                    conditions={"Bool": {"aws:SecureTransport": "false"}},
                )
            ),
            # S3 answers 409 when both are changed at once.
            depends_on=[block],
        )

    def _version(self, noncurrent_version_retention_days: int) -> None:
        versioning = S3BucketVersioningA(
            self,
            "versioning",
            bucket=self.bucket.id,
            versioning_configuration=S3BucketVersioningVersioningConfiguration(status="Enabled"),
        )
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
                    abort_incomplete_multipart_upload=[
                        S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload(
                            days_after_initiation=ABORT_INCOMPLETE_UPLOAD_DAYS
                        )
                    ],
                )
            ],
            # Rules about non-current versions are refused before there can be any.
            depends_on=[versioning],
        )
