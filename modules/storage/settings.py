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
    """S3 Object Lock: no version of an artifact can be deleted before its time."""

    mode: Annotated[
        Literal["GOVERNANCE", "COMPLIANCE"],
        Setting(
            "Who may delete a version all the same: principals with a special permission, or nobody at all",
            Allowed('"GOVERNANCE" or "COMPLIANCE"'),
            f"{S3}/object-lock.html",
            example='"GOVERNANCE"',
        ),
    ]
    days: Annotated[
        int,
        Setting(
            "How long versions are kept, in days from the upload",
            between(1, 36500, "days"),
            f"{S3}/object-lock.html",
            example="90",
        ),
    ]


class ReplicaSettings(Section):
    """A copy of every artifact in an existing bucket, of another region or account."""

    bucket_arn: Annotated[
        str,
        Setting(
            "The bucket that gets the copies",
            aws.BUCKET_ARN,
            f"{S3}/replication.html",
            example='"arn:aws:s3:::example-artifact-copies"',
        ),
    ]
    account_id: Annotated[
        str | None,
        Setting(
            "The account of that bucket, where it is another one: it then owns the copies",
            aws.ACCOUNT_ID,
            f"{S3}/replication-change-owner.html",
        ),
    ] = None
    kms_key_arn: Annotated[
        str | None,
        Setting(
            "The key that the copies are encrypted with, in that bucket's region",
            aws.KMS_KEY_ARN,
            f"{S3}/replication-config-for-kms-objects.html",
        ),
    ] = None


class ArtifactStoreSettings(Section):
    """The bucket of the artifacts."""

    force_destroy: Annotated[
        bool,
        Setting(
            "`destroy` deletes the artifacts too, rather than stopping at a bucket that is not empty",
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
            "How long overwritten and deleted artifacts can be brought back, in days",
            between(1, 36500, "days"),
            f"{S3}/intro-lifecycle-rules.html",
            defaults=Defaults(demo=7, production=90),
        ),
    ]
    transition_days: Annotated[
        int | None,
        Setting(
            "How old an artifact is, in days, when it moves to another storage class; left out, it stays in STANDARD",
            between(0, 36500, "days"),
            f"{S3}/lifecycle-transition-general-considerations.html",
            defaults=Defaults(demo=None, production=30),
        ),
    ]
    transition_storage_class: Annotated[
        Literal["INTELLIGENT_TIERING", "STANDARD_IA"],
        Setting(
            "That storage class: one that follows how often each artifact is read, or one that asks for each reading",
            Allowed('"INTELLIGENT_TIERING" or "STANDARD_IA"'),
            f"{S3}/storage-class-intro.html",
        ),
    ] = "INTELLIGENT_TIERING"
    access_log_bucket: Annotated[
        str | None,
        Setting(
            "Another bucket for the access logs, which has to let S3 write them; left out, the bucket of "
            "`logs.access_logs`",
            aws.BUCKET_NAME,
            f"{S3}/ServerLogs.html",
        ),
    ] = None
    object_lock: ObjectLockSettings | None = None
    replica: ReplicaSettings | None = None
