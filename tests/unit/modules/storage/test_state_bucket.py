"""The bucket of the state: private, versioned, encrypted, kept from destroy; a key of its own and logs as options."""

from __future__ import annotations

from typing import Any

import pytest

from modules.storage.state_bucket import StateBucket
from tests.synthesis import Json, resource, statements, synthesize


def bucket(**changes: Any) -> Json:
    values: dict[str, Any] = {"bucket_name": "states", **changes}
    return synthesize(lambda stack: StateBucket(stack, "state", **values))


def default_encryption(synthesized: Json) -> Any:
    (rule,) = resource(synthesized, "aws_s3_bucket_server_side_encryption_configuration.state")["rule"]
    return rule


def test_nothing_in_it_can_be_made_public() -> None:
    block = resource(bucket(), "aws_s3_bucket_public_access_block.state")
    switches = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
    assert all(block[switch] is True for switch in switches)
    ownership = resource(bucket(), "aws_s3_bucket_ownership_controls.state")
    assert ownership["rule"] == {"object_ownership": "BucketOwnerEnforced"}


def test_plain_http_is_refused_to_everybody() -> None:
    refusal = statements(resource(bucket(), "aws_s3_bucket_policy.state")["policy"])["RefusePlainHttp"]
    assert (refusal["Effect"], refusal["Principal"], refusal["Action"]) == ("Deny", "*", ["s3:*"])
    assert refusal["Resource"] == ["${aws_s3_bucket.state.arn}", "${aws_s3_bucket.state.arn}/*"]
    assert refusal["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_old_versions_and_lock_leftovers_expire() -> None:
    synthesized = bucket()
    versioning = resource(synthesized, "aws_s3_bucket_versioning.state")
    (rule,) = resource(synthesized, "aws_s3_bucket_lifecycle_configuration.state")["rule"]
    assert versioning["versioning_configuration"] == {"status": "Enabled"}
    assert rule["filter"] == [{"prefix": ""}]
    assert rule["noncurrent_version_expiration"] == [{"noncurrent_days": 90}]
    assert rule["expiration"] == [{"expired_object_delete_marker": True}]
    assert rule["abort_incomplete_multipart_upload"] == [{"days_after_initiation": 7}]


def test_terraform_does_not_destroy_it() -> None:
    made = resource(bucket(), "aws_s3_bucket.state")
    assert made["lifecycle"] == {"prevent_destroy": True}
    assert made["force_destroy"] is False


def test_by_default_there_is_no_key_and_no_log() -> None:
    synthesized = bucket()
    assert default_encryption(synthesized) == {
        "apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}
    }
    assert not {"aws_kms_key", "aws_kms_alias", "aws_s3_bucket_logging"} & synthesized["resource"].keys()


def test_a_key_of_its_own_rotates_and_is_kept_from_destroy() -> None:
    synthesized = bucket(key_alias="alias/states")
    key = resource(synthesized, "aws_kms_key.state")
    assert (key["enable_key_rotation"], key["deletion_window_in_days"]) == (True, 30)
    assert key["lifecycle"] == {"prevent_destroy": True}
    assert resource(synthesized, "aws_kms_alias.state") == {
        "name": "alias/states",
        "target_key_id": "${aws_kms_key.state.key_id}",
    }
    assert default_encryption(synthesized) == {
        "apply_server_side_encryption_by_default": {
            "sse_algorithm": "aws:kms",
            "kms_master_key_id": "${aws_kms_key.state.arn}",
        },
        "bucket_key_enabled": True,
    }


def test_a_given_key_is_used_and_none_is_made() -> None:
    synthesized = bucket(kms_key_id="alias/company")
    default = default_encryption(synthesized)["apply_server_side_encryption_by_default"]
    assert default == {"sse_algorithm": "aws:kms", "kms_master_key_id": "alias/company"}
    assert "aws_kms_key" not in synthesized["resource"]


def test_a_given_key_and_one_of_its_own_are_too_many() -> None:
    with pytest.raises(ValueError, match=r"alias/states.*alias/company"):
        bucket(key_alias="alias/states", kms_key_id="alias/company")


def test_access_logs_go_to_the_given_bucket() -> None:
    logging = resource(bucket(access_log_bucket="logs"), "aws_s3_bucket_logging.state")
    assert (logging["target_bucket"], logging["target_prefix"]) == ("logs", "states/")
