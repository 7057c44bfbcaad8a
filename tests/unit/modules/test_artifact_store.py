"""The artifact bucket: private, encrypted, versioned, and what the service may do with it."""

from __future__ import annotations

from modules.artifact_store import ArtifactStore
from stacks.base import AppStack
from tests.synthesis import Json, resource, run, service_in, statements, synthesize


def store(*, force_destroy: bool = False, noncurrent_version_retention_days: int = 7) -> Json:
    def build(stack: AppStack) -> None:
        service = service_in(stack)
        ArtifactStore(
            stack,
            "artifact_store",
            bucket_name="mlflow-test-artifacts",
            force_destroy=force_destroy,
            noncurrent_version_retention_days=noncurrent_version_retention_days,
        ).grant_read_write(service)
        run(service)

    return synthesize(build)


def test_nothing_in_it_can_be_made_public() -> None:
    block = resource(store(), "aws_s3_bucket_public_access_block.artifact_store")
    switches = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
    assert all(block[switch] is True for switch in switches)
    ownership = resource(store(), "aws_s3_bucket_ownership_controls.artifact_store")
    assert ownership["rule"] == {"object_ownership": "BucketOwnerEnforced"}


def test_plain_http_is_refused_to_everybody() -> None:
    policy = resource(store(), "aws_s3_bucket_policy.artifact_store")
    assert statements(policy["policy"])["RefusePlainHttp"] == {
        "Sid": "RefusePlainHttp",
        "Effect": "Deny",
        "Principal": "*",
        "Action": ["s3:*"],
        "Resource": ["${aws_s3_bucket.artifact_store.arn}", "${aws_s3_bucket.artifact_store.arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def test_it_is_encrypted_and_versioned_and_leftovers_expire() -> None:
    synthesized = store(noncurrent_version_retention_days=90)
    encryption = resource(synthesized, "aws_s3_bucket_server_side_encryption_configuration.artifact_store")
    assert encryption["rule"] == [{"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}]
    versioning = resource(synthesized, "aws_s3_bucket_versioning.artifact_store")
    assert versioning["versioning_configuration"] == {"status": "Enabled"}
    (rule,) = resource(synthesized, "aws_s3_bucket_lifecycle_configuration.artifact_store")["rule"]
    assert rule["noncurrent_version_expiration"] == [{"noncurrent_days": 90}]
    assert rule["abort_incomplete_multipart_upload"] == [{"days_after_initiation": 7}]


def test_a_full_bucket_is_deleted_only_when_told_so() -> None:
    assert resource(store(), "aws_s3_bucket.artifact_store")["force_destroy"] is False
    assert resource(store(force_destroy=True), "aws_s3_bucket.artifact_store")["force_destroy"] is True


def test_the_service_may_use_this_bucket_and_no_other() -> None:
    policy = resource(store(), "aws_iam_role_policy.service_task_artifact_store")
    granted = statements(policy["policy"])
    assert granted["ListArtifacts"]["Resource"] == ["${aws_s3_bucket.artifact_store.arn}"]
    assert granted["ReadAndWriteArtifacts"]["Resource"] == ["${aws_s3_bucket.artifact_store.arn}/*"]
    actions = {action for statement in granted.values() for action in statement["Action"]}
    assert not [action for action in actions if "*" in action or "Policy" in action or "Acl" in action]
