"""The log bucket: closed to all but the services that write logs, and what they write expires."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from modules.common.account import Account
from modules.storage.log_bucket import LogBucket
from stacks.base import AppStack
from tests.synthesis import Json, resource, statements, synthesize

ACCOUNT = "${data.aws_caller_identity.account.account_id}"
ARN = "${aws_s3_bucket.log_bucket.arn}"


def log_bucket(use: Callable[[LogBucket], object] = lambda bucket: None, **changes: Any) -> Json:
    def build(stack: AppStack) -> None:
        values: dict[str, Any] = {"bucket_name": "logs", "retention_days": 365, "force_destroy": False}
        account = Account(stack, "account", region="eu-west-1")
        use(LogBucket(stack, "log_bucket", account=account, **{**values, **changes}))

    return synthesize(build)


def policy(synthesized: Json) -> dict[str, Json]:
    return statements(resource(synthesized, "aws_s3_bucket_policy.log_bucket")["policy"])


def test_bucket_policy_denies_plain_http_and_allows_no_writer() -> None:
    (told,) = policy(log_bucket()).values()

    assert (told["Effect"], told["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})


def test_load_balancers_of_this_account_write_below_its_number() -> None:
    prefixes: list[str] = []
    found = policy(log_bucket(lambda bucket: prefixes.append(bucket.allow_load_balancer_logs())))

    assert prefixes == ["load-balancer"]
    assert set(found) == {"RefusePlainHttp", "WriteLoadBalancerLogs"}
    assert found["WriteLoadBalancerLogs"] == {
        "Sid": "WriteLoadBalancerLogs",
        "Effect": "Allow",
        "Principal": {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"},
        "Action": ["s3:PutObject"],
        "Resource": [f"{ARN}/load-balancer/AWSLogs/{ACCOUNT}/*"],
    }


def test_s3_writes_access_logs_below_the_bucket_name() -> None:
    prefixes: list[str] = []

    def use(bucket: LogBucket) -> None:
        prefixes.extend(map(bucket.allow_access_logs_of, ("artifacts", "state")))

    found = policy(log_bucket(use))

    assert prefixes == ["artifacts/", "state/"]
    allowed = [statement for statement in found.values() if statement["Effect"] == "Allow"]
    assert [statement["Resource"] for statement in allowed] == [[f"{ARN}/artifacts/*"], [f"{ARN}/state/*"]]
    for statement, name in zip(allowed, ("artifacts", "state"), strict=True):
        assert statement["Principal"] == {"Service": "logging.s3.amazonaws.com"}
        assert statement["Action"] == ["s3:PutObject"]
        assert statement["Condition"] == {
            "ArnLike": {"aws:SourceArn": f"arn:${{data.aws_partition.account.partition}}:s3:::{name}"},
            "StringEquals": {"aws:SourceAccount": ACCOUNT},
        }


def test_logs_expire_and_can_be_brought_back_for_a_while() -> None:
    synthesized = log_bucket(retention_days=90)

    (rule,) = resource(synthesized, "aws_s3_bucket_lifecycle_configuration.log_bucket")["rule"]
    assert rule["expiration"] == [{"days": 90}]
    assert rule["noncurrent_version_expiration"] == [{"noncurrent_days": 30}]
    versioning = resource(synthesized, "aws_s3_bucket_versioning.log_bucket")
    assert versioning["versioning_configuration"]["status"] == "Enabled"


def test_log_bucket_is_private_and_encrypted_with_s3_keys() -> None:
    synthesized = log_bucket()

    block = resource(synthesized, "aws_s3_bucket_public_access_block.log_bucket")
    assert {value for key, value in block.items() if key != "bucket"} == {True}
    (rule,) = resource(synthesized, "aws_s3_bucket_server_side_encryption_configuration.log_bucket")["rule"]
    assert rule["apply_server_side_encryption_by_default"] == {"sse_algorithm": "AES256"}


def test_prevent_destroy_follows_allow_destroy() -> None:
    kept = resource(log_bucket(prevent_destroy=True), "aws_s3_bucket.log_bucket")
    released = resource(log_bucket(force_destroy=True), "aws_s3_bucket.log_bucket")

    assert kept["lifecycle"] == {"prevent_destroy": True}
    assert released["force_destroy"] is True and "lifecycle" not in released
