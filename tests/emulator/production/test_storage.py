"""What is kept, and what it is encrypted with: artifacts, images, logs, and the key of them all."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pytest
import requests
from botocore.exceptions import ClientError

from local.aws.account import ACCOUNT_ID
from tests.emulator.environments import REGION, Platform
from tests.emulator.production.conftest import Client

ALIAS = "alias/mlflow-production"
COPIES = "arn:aws:s3:::example-artifact-copies"
THEIR_KEY = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-4cd3-96ef-1234567890ab"


@pytest.fixture
def bucket(production: Platform) -> str:
    return str(production.outputs()["artifact_bucket_name"])


@pytest.fixture
def key(production: Platform, client: Client) -> dict[str, Any]:
    """The environment's, found by its alias."""
    metadata: dict[str, Any] = client("kms").describe_key(KeyId=ALIAS)["KeyMetadata"]
    return metadata


def test_the_key_rotates_and_is_named(key: dict[str, Any], client: Client) -> None:
    rotation = client("kms").get_key_rotation_status(KeyId=key["KeyId"])

    assert (key["KeyManager"], key["KeyState"]) == ("CUSTOMER", "Enabled")
    assert (rotation["KeyRotationEnabled"], rotation["RotationPeriodInDays"]) == (True, 180)


def test_key_policy_names_account_and_log_groups(key: dict[str, Any], client: Client) -> None:
    policy = json.loads(client("kms").get_key_policy(KeyId=key["KeyId"], PolicyName="default")["Policy"])
    statements = {statement["Sid"]: statement for statement in policy["Statement"]}
    names = [group["logGroupName"] for group in client("logs").describe_log_groups()["logGroups"]]

    root = {"AWS": f"arn:aws:iam::{ACCOUNT_ID}:root"}
    assert statements["AdministerByIamPolicies"]["Principal"] == root
    assert statements["UseThroughServicesByIamPolicies"]["Principal"] == root
    through = statements["UseThroughServicesByIamPolicies"]["Condition"]
    assert through["StringEquals"] == {"kms:CallerAccount": ACCOUNT_ID}
    assert f"rds.{REGION}.*" in through["StringLike"]["kms:ViaService"]
    logs = statements["EncryptLogs"]
    assert logs["Principal"] == {"Service": f"logs.{REGION}.amazonaws.com"}
    groups = f"arn:aws:logs:{REGION}:{ACCOUNT_ID}:log-group:"
    assert sorted(logs["Condition"]["ArnLike"]["kms:EncryptionContext:aws:logs:arn"]) == sorted(
        groups + name for name in names
    )


def test_every_log_group_has_an_end_and_the_key(key: dict[str, Any], client: Client) -> None:
    groups = client("logs").describe_log_groups()["logGroups"]

    assert "/ecs/mlflow-production" in [group["logGroupName"] for group in groups]
    assert {group["kmsKeyId"] for group in groups} == {key["Arn"]}
    assert {group["retentionInDays"] for group in groups} == {365}


def test_artifacts_are_encrypted_with_the_key_by_a_bucket_key(
    bucket: str, key: dict[str, Any], client: Client
) -> None:
    s3 = client("s3")
    (rule,) = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]

    assert rule == {
        "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key["Arn"]},
        "BucketKeyEnabled": True,
        # S3 blocks keys of the customer's by itself.
        "BlockedEncryptionTypes": {"EncryptionType": ["SSE-C"]},
    }
    uploaded = s3.put_object(Bucket=bucket, Key="1/run/artifacts/model.pkl", Body=b"model")
    assert (uploaded["ServerSideEncryption"], uploaded["SSEKMSKeyId"]) == ("aws:kms", key["Arn"])


def test_an_upload_that_names_another_key_is_refused(
    bucket: str, key: dict[str, Any], client: Client
) -> None:
    s3 = client("s3")
    named = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key["Arn"]}

    assert s3.put_object(Bucket=bucket, Key="named", Body=b"x", **named)["SSEKMSKeyId"] == key["Arn"]
    for options in ({**named, "SSEKMSKeyId": THEIR_KEY}, {"ServerSideEncryption": "AES256"}):
        with pytest.raises(ClientError, match="403"):
            s3.put_object(Bucket=bucket, Key="other", Body=b"x", **options)


def test_presigned_upload_without_encryption_headers_succeeds(bucket: str, client: Client) -> None:
    s3, part = client("s3"), {"Bucket": bucket, "Key": "1/run/artifacts/part"}
    checksum = base64.b64encode(hashlib.md5(b"part").digest()).decode()
    url = s3.generate_presigned_url("put_object", Params=part)

    # A locked bucket wants a checksum of each upload, which MLflow's clients do not send.
    assert requests.put(url, data=b"part", timeout=30).status_code == 400
    sent = requests.put(url, data=b"part", headers={"Content-MD5": checksum}, timeout=30)
    head = s3.head_object(**part)

    assert sent.status_code == 200
    assert (head["ServerSideEncryption"], head["BucketKeyEnabled"]) == ("aws:kms", True)


def test_artifacts_move_expire_and_are_locked(bucket: str, client: Client) -> None:
    s3 = client("s3")
    (rule,) = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    lock = s3.get_object_lock_configuration(Bucket=bucket)["ObjectLockConfiguration"]

    assert rule["Transitions"] == [{"Days": 30, "StorageClass": "INTELLIGENT_TIERING"}]
    assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 90}
    assert rule["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 7}
    retention = lock["Rule"]["DefaultRetention"]
    assert (retention["Mode"], retention["Days"]) == ("GOVERNANCE", 30)


def test_locked_version_survives_a_delete_by_mlflow(bucket: str, client: Client) -> None:
    s3 = client("s3")
    version = s3.put_object(Bucket=bucket, Key="2/run/artifacts/model.pkl", Body=b"model")["VersionId"]

    # As `mlflow gc` does.
    s3.delete_object(Bucket=bucket, Key="2/run/artifacts/model.pkl")

    with pytest.raises(ClientError, match="NoSuchKey"):
        s3.get_object(Bucket=bucket, Key="2/run/artifacts/model.pkl")
    kept = s3.get_object(Bucket=bucket, Key="2/run/artifacts/model.pkl", VersionId=version)
    assert kept["Body"].read() == b"model"
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.delete_object(Bucket=bucket, Key="2/run/artifacts/model.pkl", VersionId=version)


def test_artifacts_are_replicated_and_requests_logged(bucket: str, client: Client) -> None:
    s3 = client("s3")
    (rule,) = s3.get_bucket_replication(Bucket=bucket)["ReplicationConfiguration"]["Rules"]
    logging = s3.get_bucket_logging(Bucket=bucket)["LoggingEnabled"]

    assert rule["Destination"] == {
        "Bucket": COPIES,
        "Account": "111122223333",
        "AccessControlTranslation": {"Owner": "Destination"},
        "EncryptionConfiguration": {"ReplicaKmsKeyID": THEIR_KEY},
    }
    assert rule["SourceSelectionCriteria"] == {"SseKmsEncryptedObjects": {"Status": "Enabled"}}
    assert (logging["TargetBucket"], logging["TargetPrefix"]) == (
        f"mlflow-production-logs-{ACCOUNT_ID}-{REGION}",
        f"{bucket}/",
    )


def test_images_are_encrypted_with_the_key_and_scanned(
    key: dict[str, Any], production: Platform, client: Client
) -> None:
    (repository,) = client("ecr").describe_repositories()["repositories"]

    assert repository["encryptionConfiguration"] == {"encryptionType": "KMS", "kmsKey": key["Arn"]}
    assert repository["imageScanningConfiguration"] == {"scanOnPush": False}
    assert repository["imageTagMutability"] == "IMMUTABLE"
