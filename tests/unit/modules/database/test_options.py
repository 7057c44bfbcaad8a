"""What a database can have besides: a parameter group, logs, monitoring, Database Insights, a source to begin with."""

from __future__ import annotations

import json

import pytest

from tests.given.databases import database
from tests.synthesis import resource

LATEST = {"restore": {"source_db_instance_identifier": "mlflow-test-before"}}


def test_parameter_group_requires_tls() -> None:
    synthesized = database(create_parameter_group=True, engine_version="16.8")

    group = resource(synthesized, "aws_db_parameter_group.database")
    assert {"rds.force_ssl": "1"}.items() <= {one["name"]: one["value"] for one in group["parameter"]}.items()
    assert "log_statement" not in {parameter["name"] for parameter in group["parameter"]}
    instance = resource(synthesized, "aws_db_instance.database")
    assert instance["parameter_group_name"] == "${aws_db_parameter_group.database.name}"


@pytest.mark.parametrize(
    ("engine_version", "method_of_tls"),
    [
        ("13", "immediate"),
        ("14.12", "immediate"),
        ("15", "pending-reboot"),
        ("16.8", "pending-reboot"),
        ("17", "pending-reboot"),
        ("18", "pending-reboot"),
    ],
)
def test_parameter_at_its_default_keeps_the_default_apply_method(
    engine_version: str, method_of_tls: str
) -> None:
    synthesized = database(create_parameter_group=True, engine_version=engine_version)

    group = resource(synthesized, "aws_db_parameter_group.database")
    assert {one["name"]: one["apply_method"] for one in group["parameter"]} == {
        "log_lock_waits": "immediate",
        "log_min_duration_statement": "immediate",
        "rds.force_ssl": method_of_tls,
    }


def test_two_major_versions_can_have_their_groups_side_by_side() -> None:
    groups = [
        resource(
            database(create_parameter_group=True, engine_version=version), "aws_db_parameter_group.database"
        )
        for version in ("16.8", "17")
    ]

    assert [(group["name"], group["family"]) for group in groups] == [
        ("mlflow-test-postgres16", "postgres16"),
        ("mlflow-test-postgres17", "postgres17"),
    ]
    assert all(group["lifecycle"] == {"create_before_destroy": True} for group in groups)


def test_log_groups_exist_before_rds_creates_them() -> None:
    synthesized = database(log_exports=["postgresql", "upgrade"])

    instance = resource(synthesized, "aws_db_instance.database")
    assert instance["enabled_cloudwatch_logs_exports"] == ["postgresql", "upgrade"]
    for kind in ("postgresql", "upgrade"):
        address = f"aws_cloudwatch_log_group.database_{kind}"
        group = resource(synthesized, address)
        assert group["name"] == f"/aws/rds/instance/mlflow-test/{kind}"
        assert group["retention_in_days"] == 30
        assert address in instance["depends_on"]


def test_only_rds_of_this_account_assumes_the_monitoring_role() -> None:
    synthesized = database(monitoring_interval_seconds=30)

    role = resource(synthesized, "aws_iam_role.database_monitoring")
    (statement,) = json.loads(role["assume_role_policy"])["Statement"]
    assert statement["Principal"] == {"Service": "monitoring.rds.amazonaws.com"}
    assert statement["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "${data.aws_caller_identity.account.account_id}"}
    }
    attachment = resource(synthesized, "aws_iam_role_policy_attachment.database_monitoring")
    assert attachment["role"] == "${aws_iam_role.database_monitoring.name}"
    assert attachment["policy_arn"].endswith(":iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole")
    instance = resource(synthesized, "aws_db_instance.database")
    assert instance["monitoring_interval"] == 30
    assert instance["monitoring_role_arn"] == "${aws_iam_role.database_monitoring.arn}"
    assert "aws_iam_role_policy_attachment.database_monitoring" in instance["depends_on"]


@pytest.mark.parametrize(("mode", "days"), [("standard", 7), ("advanced", 465)])
def test_performance_insights_retention_follows_the_mode(mode: str, days: int) -> None:
    instance = resource(database(database_insights_mode=mode), "aws_db_instance.database")

    assert instance["performance_insights_enabled"] is True
    assert instance["database_insights_mode"] == mode
    assert instance["performance_insights_retention_period"] == days


def test_a_new_instance_can_begin_with_a_snapshot() -> None:
    instance = resource(database(restore={"snapshot_identifier": "kept"}), "aws_db_instance.database")

    assert instance["snapshot_identifier"] == "kept"


def test_new_instance_can_start_from_a_point_in_time() -> None:
    latest = resource(database(**LATEST), "aws_db_instance.database")
    then = resource(
        database(
            restore={
                "source_db_instance_identifier": "db-ABC123",
                "restore_time": "2026-11-24T18:00:00Z",
            }
        ),
        "aws_db_instance.database",
    )

    assert latest["restore_to_point_in_time"] == {
        "source_db_instance_identifier": "mlflow-test-before",
        "use_latest_restorable_time": True,
    }
    assert then["restore_to_point_in_time"] == {
        "source_dbi_resource_id": "db-ABC123",
        "restore_time": "2026-11-24T18:00:00Z",
    }


def test_restore_source_never_replaces_an_instance() -> None:
    for synthesized in (database(), database(**LATEST)):
        ignored = resource(synthesized, "aws_db_instance.database")["lifecycle"]["ignore_changes"]
        assert ignored == [
            "snapshot_identifier",
            "restore_to_point_in_time",
            "kms_key_id",
            "engine_lifecycle_support",
        ]
