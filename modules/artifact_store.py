"""The artifact store: the bucket that holds models, files and traces."""

from __future__ import annotations

from constructs import Construct

from modules.policies import Statement
from modules.private_bucket import PrivateBucket
from modules.tracking_service import TrackingService
from modules.user_roles import UserRole


class ArtifactStore(PrivateBucket):
    """A private bucket (see `PrivateBucket`), encrypted with S3's own keys.

    Args:
        bucket_name: globally unique, 3 to 63 characters.
        force_destroy: True lets `destroy` delete a bucket that still holds artifacts.
        prevent_destroy: Terraform then refuses any plan that deletes the bucket.
        noncurrent_version_retention_days: how long an overwritten or deleted artifact can still be restored.
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
    ) -> None:
        super().__init__(
            scope,
            id,
            bucket_name=bucket_name,
            force_destroy=force_destroy,
            prevent_destroy=prevent_destroy,
            noncurrent_version_retention_days=noncurrent_version_retention_days,
        )
        self._encrypt(None)

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

    def grant_read(self, role: UserRole) -> None:
        """Lets people list the bucket and read its objects, without the server."""
        role.grant(
            "read_artifacts",
            Statement(sid="ListArtifacts", actions=["s3:ListBucket"], resources=[self.bucket_arn]),
            Statement(sid="ReadArtifacts", actions=["s3:GetObject"], resources=[f"{self.bucket_arn}/*"]),
        )

    def grant_write(self, role: UserRole) -> None:
        """Lets people write objects, in parts too; what they overwrite stays as a version, and nothing is deleted."""
        role.grant(
            "write_artifacts",
            Statement(
                sid="WriteArtifacts",
                actions=["s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"],
                resources=[f"{self.bucket_arn}/*"],
            ),
        )
