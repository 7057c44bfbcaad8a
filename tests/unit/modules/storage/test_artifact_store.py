"""The artifact bucket: private, encrypted, versioned, and what the service may do with it."""

from __future__ import annotations

from typing import Any

import pytest

from stacks.base import AppStack
from tests.given.stores import store_in
from tests.policy_evaluation import Request, denied
from tests.synthesis import Json, resource, service_in, statements, synthesize

KEY = "${aws_kms_key.key.arn}"
ENCRYPTION, KEY_ID = "s3:x-amz-server-side-encryption", "s3:x-amz-server-side-encryption-aws-kms-key-id"


def store(*, with_key: bool = False, **changes: Any) -> Json:
    def build(stack: AppStack) -> None:
        store_in(stack, with_key=with_key, **changes).grant_read_write(service_in(stack))

    return synthesize(build)


def test_nothing_in_it_can_be_made_public() -> None:
    block = resource(store(), "aws_s3_bucket_public_access_block.artifact_store")
    switches = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
    assert all(block[switch] is True for switch in switches)
    ownership = resource(store(), "aws_s3_bucket_ownership_controls.artifact_store")
    assert ownership["rule"] == {"object_ownership": "BucketOwnerEnforced"}


def test_plain_http_is_refused_to_everybody() -> None:
    policy = resource(store(), "aws_s3_bucket_policy.artifact_store")
    assert statements(policy["policy"]) == {
        "RefusePlainHttp": {
            "Sid": "RefusePlainHttp",
            "Effect": "Deny",
            "Principal": "*",
            "Action": ["s3:*"],
            "Resource": ["${aws_s3_bucket.artifact_store.arn}", "${aws_s3_bucket.artifact_store.arn}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    }


def test_bucket_is_encrypted_versioned_and_expires_leftovers() -> None:
    synthesized = store(noncurrent_version_retention_days=90)
    encryption = resource(synthesized, "aws_s3_bucket_server_side_encryption_configuration.artifact_store")
    assert encryption["rule"] == [{"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}]
    versioning = resource(synthesized, "aws_s3_bucket_versioning.artifact_store")
    assert versioning["versioning_configuration"] == {"status": "Enabled"}
    (rule,) = resource(synthesized, "aws_s3_bucket_lifecycle_configuration.artifact_store")["rule"]
    assert rule["noncurrent_version_expiration"] == [{"noncurrent_days": 90}]
    assert rule["abort_incomplete_multipart_upload"] == [{"days_after_initiation": 7}]
    assert "transition" not in rule


def test_bucket_is_encrypted_with_the_key_and_a_bucket_key() -> None:
    encryption = resource(
        store(with_key=True), "aws_s3_bucket_server_side_encryption_configuration.artifact_store"
    )

    assert encryption["rule"] == [
        {
            "apply_server_side_encryption_by_default": {
                "sse_algorithm": "aws:kms",
                "kms_master_key_id": KEY,
            },
            "bucket_key_enabled": True,
        }
    ]


@pytest.mark.parametrize(
    ("headers", "refused"),
    [
        # What MLflow's server and its clients with a presigned URL send: the bucket's encryption applies.
        ({}, False),
        ({ENCRYPTION: "aws:kms", KEY_ID: KEY}, False),
        ({ENCRYPTION: "AES256"}, True),
        ({ENCRYPTION: "aws:kms:dsse", KEY_ID: KEY}, True),
        ({ENCRYPTION: "aws:kms", KEY_ID: "arn:aws:kms:eu-west-1:111122223333:key/theirs"}, True),
        # It would be AWS's own key.
        ({ENCRYPTION: "aws:kms"}, True),
    ],
)
def test_uploads_with_another_key_are_denied(headers: dict[str, str], refused: bool) -> None:
    policy = resource(store(with_key=True), "aws_s3_bucket_policy.artifact_store")["policy"]
    upload = Request(
        principal="arn:aws:iam::123456789012:role/mlflow-test-task",
        action="s3:PutObject",
        resource="${aws_s3_bucket.artifact_store.arn}/1/a/artifacts/model.pkl",
        context={"aws:SecureTransport": "true", **headers},
    )

    assert denied(upload, resource_policy=policy) is refused


def test_artifacts_transition_to_the_given_storage_class() -> None:
    synthesized = store(transition_days=30)

    (rule,) = resource(synthesized, "aws_s3_bucket_lifecycle_configuration.artifact_store")["rule"]
    assert rule["transition"] == [{"days": 30, "storage_class": "INTELLIGENT_TIERING"}]


def test_object_lock_is_optional() -> None:
    synthesized = store(object_lock={"mode": "GOVERNANCE", "days": 30})

    lock = resource(synthesized, "aws_s3_bucket_object_lock_configuration.artifact_store")
    assert lock["rule"] == {"default_retention": {"mode": "GOVERNANCE", "days": 30}}
    assert lock["depends_on"] == ["aws_s3_bucket_versioning.artifact_store"]
    assert "aws_s3_bucket_object_lock_configuration" not in store()["resource"]


def test_requests_are_logged_where_a_bucket_is_named_for_it() -> None:
    synthesized = store(access_log_bucket="example-access-logs")

    assert resource(synthesized, "aws_s3_bucket_logging.artifact_store") == {
        "bucket": "${aws_s3_bucket.artifact_store.id}",
        "target_bucket": "example-access-logs",
        "target_prefix": "mlflow-test-artifacts/",
    }
    assert "aws_s3_bucket_logging" not in store()["resource"]


def test_force_destroy_is_off_by_default() -> None:
    assert resource(store(), "aws_s3_bucket.artifact_store")["force_destroy"] is False
    assert resource(store(force_destroy=True), "aws_s3_bucket.artifact_store")["force_destroy"] is True


def test_the_service_may_use_this_bucket_and_no_other() -> None:
    policy = resource(store(), "aws_iam_role_policy.service_task_artifact_store")
    granted = statements(policy["policy"])
    assert granted["ListArtifacts"]["Resource"] == ["${aws_s3_bucket.artifact_store.arn}"]
    assert granted["ReadAndWriteArtifacts"]["Resource"] == ["${aws_s3_bucket.artifact_store.arn}/*"]
    assert granted.keys() == {"ListArtifacts", "ReadAndWriteArtifacts"}
    actions = {action for statement in granted.values() for action in statement["Action"]}
    assert not [action for action in actions if "*" in action or "Policy" in action or "Acl" in action]


def test_the_service_may_use_the_key_for_this_bucket_only() -> None:
    policy = resource(store(with_key=True), "aws_iam_role_policy.service_task_artifact_store")

    bucket = "${aws_s3_bucket.artifact_store.arn}"
    assert statements(policy["policy"])["EncryptArtifacts"] == {
        "Sid": "EncryptArtifacts",
        "Effect": "Allow",
        "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
        "Resource": [KEY],
        "Condition": {
            "StringLike": {
                "kms:ViaService": "s3.eu-west-1.*",
                "kms:EncryptionContext:aws:s3:arn": [bucket, f"{bucket}/*"],
            }
        },
    }


@pytest.mark.parametrize("with_key", [True, False])
def test_reader_gets_read_actions_only(with_key: bool) -> None:
    found: list[str] = []

    def build(stack: AppStack) -> None:
        bucket = store_in(stack, with_key=with_key)
        found.extend(action for statement in bucket.read_statements() for action in statement.actions)

    synthesize(build)

    assert found == ["s3:ListBucket", "s3:GetObject", *(["kms:Decrypt"] if with_key else [])]
