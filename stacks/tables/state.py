"""The table `state`: where Terraform keeps what it knows."""

from __future__ import annotations

from typing import Annotated

from modules.common import aws
from settings.language.errors import Refusal
from settings.language.setting import AWS, BOOLEAN, Section, Setting, Unsafe, is_not_set

BACKEND = "https://developer.hashicorp.com/terraform/language/backend/s3"
S3_GUIDE = f"{AWS}/AmazonS3/latest/userguide"
# Where, in the bucket that it makes, the stack `state` keeps its own state.
STATE_STACK_KEY = "mlflow/state/terraform.tfstate"


class StateSettings(Section):
    """Where Terraform keeps its state. Without a bucket, in a local file."""

    bucket: Annotated[
        str | None,
        Setting("S3 bucket of the state", aws.BUCKET_NAME, f"{BACKEND}#s3-state-storage"),
        Unsafe(
            is_not_set,
            Refusal(
                "State in a local file is on one machine only, without a lock.",
                "the name of an S3 bucket",
                'add to [state]: bucket = "<your state bucket>".',
            ),
        ),
    ] = None
    key: Annotated[
        str | None,
        Setting(
            "Key of the state in the bucket. Default: <key_prefix>/<environment>/terraform.tfstate",
            aws.STATE_KEY,
            f"{BACKEND}#s3-state-storage",
        ),
    ] = None
    key_prefix: Annotated[
        str | None,
        Setting(
            "Prefix of the key. Default: the name",
            aws.KEY_PREFIX,
            f"{BACKEND}#s3-state-storage",
        ),
    ] = None
    region: Annotated[
        str | None, Setting("Region of the bucket. Default: that of the environment", aws.REGION, BACKEND)
    ] = None
    kms_key_id: Annotated[
        str | None,
        Setting(
            "KMS key that encrypts the state. Default: S3's own keys, also if the bucket has another default",
            aws.KMS_KEY_ID,
            BACKEND,
        ),
    ] = None
    role_arn: Annotated[
        str | None,
        Setting(
            "IAM role to assume for the state, for example in another account",
            aws.ROLE_ARN,
            f"{BACKEND}#assume-role-configuration",
        ),
    ] = None
    account_id: Annotated[
        str | None,
        Setting(
            "Account that the credentials must belong to; otherwise Terraform stops",
            aws.ACCOUNT_ID,
            f"{BACKEND}#allowed_account_ids",
        ),
    ] = None
    managed: Annotated[
        bool,
        Setting("`make state` creates and maintains the bucket, as the stack `state`", BOOLEAN),
    ] = False
    create_kms_key: Annotated[
        bool,
        Setting(
            "Create a KMS key for a managed bucket; it rotates every year",
            BOOLEAN,
            f"{S3_GUIDE}/UsingKMSEncryption.html",
        ),
    ] = False
    access_log_bucket: Annotated[
        str | None,
        Setting(
            "Existing bucket for the access logs of a managed bucket; its policy must allow S3 to write",
            aws.BUCKET_NAME,
            f"{S3_GUIDE}/ServerLogs.html",
        ),
    ] = None

    @property
    def kms_key_alias(self) -> str | None:
        """The alias of a managed bucket's own key, if it has one."""
        return key_alias_of(self.bucket) if self.bucket and self.create_kms_key else None

    @property
    def encryption_key(self) -> str | None:
        """The KMS key that the state is written with; None leaves it to S3's own."""
        return self.kms_key_id or self.kms_key_alias


def key_alias_of(bucket: str) -> str:
    """What the own key of a managed bucket is found by (an alias has no dots)."""
    return f"alias/{bucket.replace('.', '-')}"
