"""Each gap of moto's S3 that the emulated AWS closes, seen through boto3."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.emulator.conftest import Client


def test_a_bucket_of_another_account_is_not_the_one_expected(own: Client) -> None:
    s3 = own("s3")
    s3.create_bucket(Bucket="whose")

    assert s3.head_bucket(Bucket="whose", ExpectedBucketOwner="123456789012")
    with pytest.raises(ClientError, match="403"):
        s3.head_bucket(Bucket="whose", ExpectedBucketOwner="111122223333")


def test_a_tls_only_bucket_can_be_read_and_written(own: Client) -> None:
    s3 = own("s3")
    s3.create_bucket(Bucket="tls-only")
    refusal = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::tls-only/*"}
    condition = {"Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    s3.put_bucket_policy(Bucket="tls-only", Policy=json.dumps({"Statement": [{**refusal, **condition}]}))

    s3.put_object(Bucket="tls-only", Key="key", Body=b"text")

    assert s3.get_object(Bucket="tls-only", Key="key")["Body"].read() == b"text"


def test_a_refusal_holds_where_its_condition_does(own: Client) -> None:
    s3 = own("s3")
    s3.create_bucket(Bucket="one-key")
    header = "s3:x-amz-server-side-encryption"
    refusal = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:PutObject",
        "Resource": "arn:aws:s3:::one-key/*",
    }
    conditions: list[dict[str, Any]] = [
        {"StringNotEquals": {header: "aws:kms"}, "Null": {header: "false"}},
        {"StringEquals": {header: "aws:kms"}, "Null": {f"{header}-aws-kms-key-id": "true"}},
        {"StringEquals": {"s3:x-amz-acl": ["public-read", "public-read-write"]}},
    ]
    statements = [{**refusal, "Condition": condition} for condition in conditions]
    s3.put_bucket_policy(Bucket="one-key", Policy=json.dumps({"Statement": statements}))

    def takes(**options: str) -> bool:
        try:
            s3.put_object(Bucket="one-key", Key="key", Body=b"text", **options)
        except ClientError as error:
            assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 403
            return False
        return True

    assert takes() and takes(ServerSideEncryption="aws:kms", SSEKMSKeyId="alias/any") and takes(ACL="private")
    assert not takes(ServerSideEncryption="AES256")
    assert not takes(ServerSideEncryption="aws:kms")
    assert not takes(ACL="public-read")


def test_replication_is_given_back_as_it_was_put(own: Client) -> None:
    s3 = own("s3")
    s3.create_bucket(Bucket="replicated")
    s3.put_bucket_versioning(Bucket="replicated", VersioningConfiguration={"Status": "Enabled"})
    rule = {
        "ID": "everything",
        "Priority": 1,
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "DeleteMarkerReplication": {"Status": "Enabled"},
        "SourceSelectionCriteria": {"SseKmsEncryptedObjects": {"Status": "Enabled"}},
        "Destination": {"Bucket": "arn:aws:s3:::copies"},
    }
    configuration = {"Role": "arn:aws:iam::123456789012:role/replication", "Rules": [rule]}
    s3.put_bucket_replication(Bucket="replicated", ReplicationConfiguration=configuration)

    assert s3.get_bucket_replication(Bucket="replicated")["ReplicationConfiguration"] == configuration
    with pytest.raises(ClientError, match="ReplicationConfigurationNotFoundError"):
        s3.create_bucket(Bucket="alone")
        s3.get_bucket_replication(Bucket="alone")


def test_a_bucket_in_use_can_be_locked_and_the_lock_taken_off(own: Client) -> None:
    s3 = own("s3")
    s3.create_bucket(Bucket="locked")
    s3.put_bucket_versioning(Bucket="locked", VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket="locked", Key="before", Body=b"text")
    rule = {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}

    s3.put_object_lock_configuration(
        Bucket="locked", ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": rule}
    )
    version = s3.put_object(Bucket="locked", Key="after", Body=b"text")["VersionId"]
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.delete_object(Bucket="locked", Key="after", VersionId=version)
    with pytest.raises(ClientError, match="versioning state cannot be changed"):
        s3.put_bucket_versioning(Bucket="locked", VersioningConfiguration={"Status": "Suspended"})
    s3.put_object_lock_configuration(
        Bucket="locked", ObjectLockConfiguration={"ObjectLockEnabled": "Enabled"}
    )

    assert s3.get_object(Bucket="locked", Key="before")["Body"].read() == b"text"
    assert "ObjectLockMode" not in s3.put_object(Bucket="locked", Key="later", Body=b"text")


def test_one_version_is_deleted_where_versioning_is_suspended(own: Client) -> None:
    s3 = own("s3")
    s3.create_bucket(Bucket="suspended")
    s3.put_bucket_versioning(Bucket="suspended", VersioningConfiguration={"Status": "Enabled"})
    first, second = (s3.put_object(Bucket="suspended", Key="key", Body=b"x")["VersionId"] for _ in range(2))
    marker = s3.delete_object(Bucket="suspended", Key="key")["VersionId"]
    s3.put_bucket_versioning(Bucket="suspended", VersioningConfiguration={"Status": "Suspended"})

    for version in (marker, first):
        s3.delete_object(Bucket="suspended", Key="key", VersionId=version)

    versions = s3.list_object_versions(Bucket="suspended")
    assert [version["VersionId"] for version in versions["Versions"]] == [second]
    assert "DeleteMarkers" not in versions


def test_a_bucket_that_lets_s3_write_gets_access_logs(own: Client) -> None:
    s3 = own("s3")
    for name in ("logged", "logs", "no-logs"):
        s3.create_bucket(Bucket=name)
    write = {"Effect": "Allow", "Action": ["s3:PutObject"], "Resource": ["arn:aws:s3:::logs/logged/*"]}
    refuse = {"Effect": "Deny", "Principal": "*", "Action": ["s3:DeleteBucket"], "Resource": ["*"]}
    statements = [refuse, {**write, "Principal": {"Service": "logging.s3.amazonaws.com"}}]
    s3.put_bucket_policy(Bucket="logs", Policy=json.dumps({"Statement": statements}))

    def log_to(bucket: str) -> None:
        target = {"TargetBucket": bucket, "TargetPrefix": "logged/"}
        s3.put_bucket_logging(Bucket="logged", BucketLoggingStatus={"LoggingEnabled": target})

    log_to("logs")

    assert s3.get_bucket_logging(Bucket="logged")["LoggingEnabled"]["TargetBucket"] == "logs"
    with pytest.raises(ClientError, match="InvalidTargetBucketForLogging"):
        log_to("no-logs")


def test_any_other_refusal_of_a_bucket_policy_still_refuses(own: Client) -> None:
    s3 = own("s3")
    s3.create_bucket(Bucket="closed")
    s3.put_object(Bucket="closed", Key="key", Body=b"text")
    refusal = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::closed/*",
    }
    s3.put_bucket_policy(Bucket="closed", Policy=json.dumps({"Statement": [refusal]}))

    with pytest.raises(ClientError, match=r"AccessDenied|Forbidden|403"):
        s3.get_object(Bucket="closed", Key="key")
