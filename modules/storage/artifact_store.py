"""The artifact store: the bucket that holds models, files and traces."""

from __future__ import annotations

from cdktf_cdktf_provider_aws.s3_bucket_object_lock_configuration import (
    S3BucketObjectLockConfigurationA,
    S3BucketObjectLockConfigurationRuleA,
    S3BucketObjectLockConfigurationRuleDefaultRetentionA,
)
from constructs import Construct

from modules.common.grants import Grantee
from modules.common.policies import Statement
from modules.common.private_bucket import PrivateBucket, Transition
from modules.encryption.key import AnyKey
from modules.service.service import Service
from modules.storage.log_bucket import LogBucket
from modules.storage.settings import ArtifactStoreSettings


class ArtifactStore(PrivateBucket):
    """A private bucket (see `PrivateBucket`), encrypted with the environment's key, or with S3's own keys.

    Args:
        settings: the table `artifact_store`.
        bucket_name: globally unique, 3 to 63 characters.
        prevent_destroy: Terraform then refuses any plan that deletes the bucket.
        key: encrypts what is uploaded, with a bucket key of S3's, one call to KMS for many objects
            (https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html); None leaves it to S3's own keys.
        log_bucket: gets the log of its requests, unless the settings name another bucket for it.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        settings: ArtifactStoreSettings,
        bucket_name: str,
        prevent_destroy: bool = False,
        key: AnyKey | None = None,
        log_bucket: LogBucket | None = None,
    ) -> None:
        super().__init__(
            scope,
            id,
            bucket_name=bucket_name,
            force_destroy=settings.force_destroy,
            prevent_destroy=prevent_destroy,
            noncurrent_version_retention_days=settings.noncurrent_version_retention_days,
            transition=Transition(
                days=settings.transition_days, storage_class=settings.transition_storage_class
            )
            if settings.transition_days is not None
            else None,
        )
        self.key = key
        self._encrypt(key.arn if key else None)
        if key:
            self._add_to_policy(*_refuse_other_keys(self.bucket_arn, key.arn))
        if settings.object_lock:
            self._lock(settings.object_lock.mode, days=settings.object_lock.days)
        if settings.access_log_bucket:
            self.log_requests_to(settings.access_log_bucket, prefix=f"{bucket_name}/")
        elif log_bucket:
            prefix = log_bucket.allow_access_logs_of(bucket_name)
            self.log_requests_to(log_bucket.bucket_name, prefix=prefix, after=[log_bucket.policy])

    def _lock(self, mode: str, *, days: int) -> None:
        """No version can be deleted or overwritten for so long
        (https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html). A delete without a version, such as
        MLflow's, still works: it hides the object, and keeps its versions."""
        S3BucketObjectLockConfigurationA(
            self,
            "object_lock_configuration",
            bucket=self.bucket.id,
            rule=S3BucketObjectLockConfigurationRuleA(
                default_retention=S3BucketObjectLockConfigurationRuleDefaultRetentionA(mode=mode, days=days)
            ),
            # It is refused before there are versions.
            depends_on=[self.versioning],
        )

    @property
    def encryption_context(self) -> dict[str, list[str]]:
        """What S3 names when it calls KMS: the bucket where it uses a bucket key, else the object."""
        return {"aws:s3:arn": [self.bucket_arn, f"{self.bucket_arn}/*"]}

    def read_statements(self) -> list[Statement]:
        """What an IAM policy says so that its role may list and read artifacts."""
        statements = [
            Statement(sid="ListArtifacts", actions=["s3:ListBucket"], resources=[self.bucket_arn]),
            Statement(sid="ReadArtifacts", actions=["s3:GetObject"], resources=[f"{self.bucket_arn}/*"]),
        ]
        return [*statements, *self._use_key("DecryptArtifacts", "kms:Decrypt")]

    def read_write_statements(self) -> list[Statement]:
        """The same for reading, writing and deleting."""
        objects = Statement(
            sid="ReadAndWriteArtifacts",
            actions=[
                "s3:GetObject",
                "s3:PutObject",
                "s3:DeleteObject",
                "s3:AbortMultipartUpload",
                "s3:ListMultipartUploadParts",
            ],
            resources=[f"{self.bucket_arn}/*"],
        )
        listing = Statement(sid="ListArtifacts", actions=["s3:ListBucket"], resources=[self.bucket_arn])
        # The parts of an upload are decrypted when they are put together.
        return [
            listing,
            objects,
            *self._use_key("EncryptArtifacts", "kms:Decrypt", "kms:GenerateDataKey"),
        ]

    def _use_key(self, sid: str, *actions: str) -> list[Statement]:
        if not self.key:
            return []
        return [self.key.use(sid, actions=actions, via="s3", context=self.encryption_context)]

    def grant_read_write(self, service: Service) -> None:
        """Lets the service's tasks list the bucket, and read, write and delete objects in it."""
        service.grant_task("artifact_store", *self.read_write_statements())

    def grant_read(self, role: Grantee) -> None:
        """Lets people list the bucket and read its objects, without the server."""
        role.grant("read_artifacts", *self.read_statements())

    def grant_write(self, role: Grantee) -> None:
        """Lets people write objects, in parts too; what they overwrite stays as a version, and nothing is deleted."""
        objects = Statement(
            sid="WriteArtifacts",
            actions=["s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"],
            resources=[f"{self.bucket_arn}/*"],
        )
        key_use = self._use_key("EncryptArtifacts", "kms:Decrypt", "kms:GenerateDataKey")
        role.grant("write_artifacts", objects, *key_use)


def _refuse_other_keys(bucket_arn: str, key_arn: str) -> list[Statement]:
    """Refuses uploads that ask for another encryption than the bucket's; those that ask for none get it anyway.

    A refusal of uploads without an encryption header, as older guides have it, would encrypt nothing more, and refuse
    MLflow's clients: the presigned addresses they upload by have no such header. A header that asks for KMS and names
    no key means AWS's own one (https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html).
    """
    encryption, key = "s3:x-amz-server-side-encryption", "s3:x-amz-server-side-encryption-aws-kms-key-id"
    refusals: dict[str, dict[str, dict[str, str]]] = {
        # A "Not" of IAM's holds where there is no header, too.
        "RefuseOtherEncryption": {"StringNotEquals": {encryption: "aws:kms"}, "Null": {encryption: "false"}},
        "RefuseOtherKeys": {"StringNotEquals": {key: key_arn}, "Null": {key: "false"}},
        "RefuseUnnamedKeys": {"StringEquals": {encryption: "aws:kms"}, "Null": {key: "true"}},
    }
    return [
        Statement(
            sid=sid,
            effect="Deny",
            principals="*",
            actions=["s3:PutObject"],
            resources=[f"{bucket_arn}/*"],
            conditions=conditions,
        )
        for sid, conditions in refusals.items()
    ]
