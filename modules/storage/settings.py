"""The table `artifact_store`: the bucket of the artifacts."""

from __future__ import annotations

from typing import Annotated, Literal

from modules.common import aws
from modules.common.deletion import ON_PURPOSE
from settings.language.errors import Refusal
from settings.language.setting import (
    AWS,
    BOOLEAN,
    Allowed,
    Defaults,
    Section,
    Setting,
    Unsafe,
    between,
    is_set,
)

S3 = f"{AWS}/AmazonS3/latest/userguide"


class ObjectLockSettings(Section):
    """S3 Object Lock: versions of artifacts cannot be deleted before their retention ends."""

    mode: Annotated[
        Literal["GOVERNANCE", "COMPLIANCE"],
        Setting(
            "GOVERNANCE lets principals with a special permission delete versions, COMPLIANCE lets nobody",
            Allowed('"GOVERNANCE" or "COMPLIANCE"'),
            f"{S3}/object-lock.html",
            example='"GOVERNANCE"',
        ),
    ]
    days: Annotated[
        int,
        Setting(
            "Retention of versions, in days from the upload",
            between(1, 36500, "days"),
            f"{S3}/object-lock.html",
            example="90",
        ),
    ]


class ReplicaSettings(Section):
    """Copies of all artifacts in an existing bucket, in another Region or account."""

    bucket_arn: Annotated[
        str,
        Setting(
            "Bucket that receives the copies",
            aws.BUCKET_ARN,
            f"{S3}/replication.html",
            example='"arn:aws:s3:::example-artifact-copies"',
        ),
    ]
    account_id: Annotated[
        str | None,
        Setting(
            "Account of that bucket if it is another one; it then owns the copies",
            aws.ACCOUNT_ID,
            f"{S3}/replication-change-owner.html",
        ),
    ] = None
    kms_key_arn: Annotated[
        str | None,
        Setting(
            "KMS key that encrypts the copies, in that bucket's Region",
            aws.KMS_KEY_ARN,
            f"{S3}/replication-config-for-kms-objects.html",
        ),
    ] = None


class ArtifactStoreSettings(Section):
    """The bucket of the artifacts."""

    force_destroy: Annotated[
        bool,
        Setting(
            "`destroy` also deletes the artifacts; false makes it stop at a bucket that is not empty",
            BOOLEAN,
            "https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/s3_bucket#force_destroy",
            defaults=Defaults(demo=True, production=False),
        ),
        Unsafe(
            is_set,
            Refusal(
                "`destroy` would delete every artifact.",
                "false in production",
                f"remove the line. {ON_PURPOSE}",
            ),
        ),
    ]
    noncurrent_version_retention_days: Annotated[
        int,
        Setting(
            "Retention of overwritten and deleted artifacts, in days",
            between(1, 36500, "days"),
            f"{S3}/intro-lifecycle-rules.html",
            defaults=Defaults(demo=7, production=90),
        ),
    ]
    transition_days: Annotated[
        int | None,
        Setting(
            "Age at which artifacts move to another storage class, in days. Default: they stay in STANDARD",
            between(0, 36500, "days"),
            f"{S3}/lifecycle-transition-general-considerations.html",
            defaults=Defaults(demo=None, production=30),
        ),
    ]
    transition_storage_class: Annotated[
        Literal["INTELLIGENT_TIERING", "STANDARD_IA"],
        Setting(
            "That storage class: INTELLIGENT_TIERING follows how often each artifact is read, STANDARD_IA"
            " charges for each read",
            Allowed('"INTELLIGENT_TIERING" or "STANDARD_IA"'),
            f"{S3}/storage-class-intro.html",
        ),
    ] = "INTELLIGENT_TIERING"
    access_log_bucket: Annotated[
        str | None,
        Setting(
            "Existing bucket for the access logs; its policy must allow S3 to write. Default: the bucket "
            "of `logs.access_logs`",
            aws.BUCKET_NAME,
            f"{S3}/ServerLogs.html",
        ),
    ] = None
    object_lock: ObjectLockSettings | None = None
    replica: ReplicaSettings | None = None
