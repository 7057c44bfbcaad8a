"""The bucket itself, as S3 tells it: whether it is there, whose it is, and making it."""

from __future__ import annotations

from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from stacks.tables.state import STATE_STACK_KEY
from tools.state.errors import StateError

NAMES = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html"
# The one region that is not named when a bucket is made
# (https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html).
UNNAMED_REGION = "us-east-1"


class Bucket:
    """A bucket of an account, there or not yet.

    Raises:
        StateError: in each method, when S3 refuses: says what, and what to do.
    """

    def __init__(self, session: boto3.Session, *, name: str, region: str, account_id: str) -> None:
        self._s3: Any = session.client("s3", region_name=region)
        self.name = name
        self.region = region
        self.account_id = account_id

    def exists(self) -> bool:
        """Whether it is there, in its region, and the account's own."""
        try:
            head = self._s3.head_bucket(Bucket=self.name, ExpectedBucketOwner=self.account_id)
        except ClientError as error:
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            if status == 404:
                return False
            if status == 403:
                raise StateError(
                    f"The bucket {self.name} is another account's, or account {self.account_id} may not look at it "
                    "(s3:ListBucket). Set state.bucket to another name; or, where it is your team's, state.bucket to "
                    "this one without state.managed, and state.role_arn to the role that reaches it."
                ) from None
            raise self._refused(error) from None
        except BotoCoreError as error:
            raise StateError(f"S3 cannot be reached: {error}") from None
        found = head.get("BucketRegion") or self.region
        if found != self.region:
            raise StateError(
                f"The bucket {self.name} is in {found}, and the settings have it in {self.region}. "
                f'Set state.region = "{found}", or state.bucket to another name.'
            )
        return True

    def create(self) -> None:
        """Makes it, private as S3 makes every new bucket; one that the account has made meanwhile is as good."""
        where: dict[str, Any] = (
            {}
            if self.region == UNNAMED_REGION
            else {"CreateBucketConfiguration": {"LocationConstraint": self.region}}
        )
        try:
            self._s3.create_bucket(Bucket=self.name, **where)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code == "BucketAlreadyOwnedByYou":
                return
            if code == "BucketAlreadyExists":
                raise StateError(
                    f"The name {self.name} is taken by another account: bucket names are shared by all of AWS "
                    f"({NAMES}). Set state.bucket to another name."
                ) from None
            raise self._refused(error) from None
        self._s3.get_waiter("bucket_exists").wait(Bucket=self.name)

    def has_state(self) -> bool:
        """Whether the stack that makes the bucket has its state in it."""
        return STATE_STACK_KEY in self._keys(STATE_STACK_KEY)

    def has_objects(self) -> bool:
        """Whether there is anything in it, but for what the stack `state` itself leaves before it has a state."""
        return any(not key.startswith(STATE_STACK_KEY) for key in self._keys(""))

    def _keys(self, prefix: str) -> list[str]:
        try:
            listed = self._s3.list_objects_v2(Bucket=self.name, Prefix=prefix, MaxKeys=10)
        except ClientError as error:
            raise self._refused(error) from None
        return [item["Key"] for item in listed.get("Contents", [])]

    def _refused(self, error: ClientError) -> StateError:
        told = error.response["Error"]
        if told["Code"] == "OperationAborted":
            return StateError(f"S3 is still creating or deleting {self.name}. Run it again in a minute.")
        return StateError(
            f"S3 refused {error.operation_name} on {self.name}: {told['Code']}: {told['Message']}"
        )


def key_id_of(session: boto3.Session, alias: str, region: str) -> str | None:
    """The KMS key with that alias, if there is one."""
    kms: Any = session.client("kms", region_name=region)
    try:
        key_id: str = kms.describe_key(KeyId=alias)["KeyMetadata"]["KeyId"]
    except ClientError as error:
        told = error.response["Error"]
        if told["Code"] == "NotFoundException":
            return None
        raise StateError(f"KMS refused DescribeKey on {alias}: {told['Code']}: {told['Message']}") from None
    return key_id
