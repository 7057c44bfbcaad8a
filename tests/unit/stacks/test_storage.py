"""The platform's artifacts and images: what the settings make of them, in each profile."""

from __future__ import annotations

import pytest

from tests.synthesis import Json, resource, synthesize_platform
from tests.texts import DEMO, PRODUCTION

STORE = "[artifact_store]\n"


@pytest.fixture(scope="module")
def production() -> Json:
    return synthesize_platform(PRODUCTION)


def test_production_uses_intelligent_tiering(production: Json) -> None:
    def transitions(synthesized: Json) -> object:
        (rule,) = resource(synthesized, "aws_s3_bucket_lifecycle_configuration.artifact_store")["rule"]
        return rule.get("transition")

    assert transitions(production) == [{"days": 30, "storage_class": "INTELLIGENT_TIERING"}]
    assert transitions(synthesize_platform()) is None


def test_access_logging_depends_on_the_bucket_policy(production: Json) -> None:
    logging = resource(production, "aws_s3_bucket_logging.artifact_store")

    assert logging["target_bucket"] == "${aws_s3_bucket.log_bucket.bucket}"
    assert logging["depends_on"] == ["aws_s3_bucket_policy.log_bucket"]
    assert (
        f'/{logging["target_prefix"]}*"' in resource(production, "aws_s3_bucket_policy.log_bucket")["policy"]
    )


def test_requests_are_logged_to_a_bucket_that_is_named(production: Json) -> None:
    named = synthesize_platform(f'{PRODUCTION}{STORE}access_log_bucket = "example-access-logs"\n')

    assert resource(named, "aws_s3_bucket_logging.artifact_store")["target_bucket"] == "example-access-logs"
    assert "logging.s3" not in resource(named, "aws_s3_bucket_policy.log_bucket")["policy"]


def test_the_demo_locks_logs_and_copies_nothing() -> None:
    kinds = synthesize_platform()["resource"].keys()

    assert {"aws_s3_bucket_versioning", "aws_s3_bucket_policy"} <= kinds
    assert not kinds & {
        "aws_s3_bucket_logging",
        "aws_s3_bucket_object_lock_configuration",
        "aws_s3_bucket_replication_configuration",
        "aws_kms_key",
    }


def test_a_lock_is_for_every_version() -> None:
    lines = f'{DEMO}{STORE}object_lock.mode = "COMPLIANCE"\nobject_lock.days = 365\n'

    lock = resource(synthesize_platform(lines), "aws_s3_bucket_object_lock_configuration.artifact_store")
    assert lock["rule"] == {"default_retention": {"mode": "COMPLIANCE", "days": 365}}


@pytest.mark.parametrize(("lines", "on_push"), [("", True), ('[image]\nscan = "registry"\n', False)])
def test_images_are_scanned_by_ecr_or_as_the_registry_says(lines: str, on_push: bool) -> None:
    repository = resource(synthesize_platform(DEMO + lines), "aws_ecr_repository.repository")

    assert repository["image_scanning_configuration"] == {"scan_on_push": on_push}
    # The registry's own configuration is the account's, for all of its repositories.
    assert "aws_ecr_registry_scanning_configuration" not in synthesize_platform(DEMO + lines)["resource"]


def test_repository_is_not_replaced_for_another_key(production: Json) -> None:
    repository = resource(production, "aws_ecr_repository.repository")

    assert repository["lifecycle"] == {"ignore_changes": ["encryption_configuration"]}


def test_compliance_locked_bucket_is_a_retained_resource(production: Json) -> None:
    def left(mode: str) -> str:
        lock = f'{STORE}object_lock.mode = "{mode}"\nobject_lock.days = 30\n'
        synthesized = synthesize_platform(f"allow_destroy = true\n{PRODUCTION}{lock}")
        return "\n".join(synthesized["output"]["retained_resources"]["value"])

    assert "bucket ${aws_s3_bucket.artifact_store.bucket}" in left("COMPLIANCE")
    assert "bucket" not in left("GOVERNANCE")


def test_no_element_of_a_list_is_split_in_its_parameter() -> None:
    """SSM separates the elements of a StringList by commas."""
    lock = f'{STORE}object_lock.mode = "COMPLIANCE"\nobject_lock.days = 30\n'

    left = synthesize_platform(f"allow_destroy = true\n{PRODUCTION}{lock}")["output"]["retained_resources"][
        "value"
    ]

    assert len(left) == 4
    assert [element for element in left if "," in element] == []
