"""From the settings of the database to its resources."""

from __future__ import annotations

import pytest

from tests.synthesis import Json, resource, synthesize_platform
from tests.texts import DEMO, PRODUCTION

INSTANCE = "aws_db_instance.database"
BOUNDARY = "arn:aws:iam::111122223333:policy/boundary"


@pytest.fixture(scope="module")
def production() -> Json:
    return synthesize_platform(PRODUCTION)


def names(synthesized: Json, kind: str) -> set[str]:
    return set(synthesized["resource"].get(kind, {}))


def test_production_watches_over_its_database(production: Json) -> None:
    instance = resource(production, INSTANCE)

    assert instance["parameter_group_name"] == "${aws_db_parameter_group.database.name}"
    assert instance["enabled_cloudwatch_logs_exports"] == ["postgresql", "upgrade"]
    assert instance["monitoring_interval"] == 60
    assert (instance["database_insights_mode"], instance["performance_insights_retention_period"]) == (
        "standard",
        7,
    )
    assert instance["delete_automated_backups"] is False
    assert instance["max_allocated_storage"] == 100


def test_database_logs_are_encrypted_with_retention(production: Json) -> None:
    server = resource(production, "aws_cloudwatch_log_group.service")
    for kind in ("postgresql", "upgrade"):
        group = resource(production, f"aws_cloudwatch_log_group.database_{kind}")
        assert group["name"] == f"/aws/rds/instance/mlflow-test/{kind}"
        assert (group["retention_in_days"], group["kms_key_id"]) == (
            server["retention_in_days"],
            server["kms_key_id"],
        )


def test_the_demo_pays_for_none_of_it() -> None:
    demo = synthesize_platform(DEMO)
    instance = resource(demo, INSTANCE)

    assert names(demo, "aws_db_parameter_group") == set()
    assert names(demo, "aws_cloudwatch_log_group") == {"service"}
    assert names(demo, "aws_iam_role") == {"service_task", "service_execution"}
    assert not {"monitoring_interval", "performance_insights_enabled", "max_allocated_storage"} & set(
        instance
    )


def test_the_monitoring_role_has_the_accounts_boundary() -> None:
    bounded = synthesize_platform(f'{PRODUCTION}[access]\npermissions_boundary_arn = "{BOUNDARY}"\n')

    assert resource(bounded, "aws_iam_role.database_monitoring")["permissions_boundary"] == BOUNDARY


def test_new_database_is_restored_from_the_source() -> None:
    kept = synthesize_platform(f'{PRODUCTION}[database]\nrestore.snapshot_identifier = "kept"\n')
    then = synthesize_platform(
        f'{PRODUCTION}[database]\nrestore.source_db_instance_identifier = "mlflow-test-before"\n'
        'restore.restore_time = "2026-11-24T18:00:00Z"\n'
    )

    assert resource(kept, INSTANCE)["snapshot_identifier"] == "kept"
    assert resource(then, INSTANCE)["restore_to_point_in_time"] == {
        "source_db_instance_identifier": "mlflow-test-before",
        "restore_time": "2026-11-24T18:00:00Z",
    }


def test_allow_destroy_deletes_the_backups() -> None:
    released = resource(synthesize_platform(f"allow_destroy = true\n{PRODUCTION}"), INSTANCE)

    assert released["delete_automated_backups"] is True
    assert released["skip_final_snapshot"] is False
    assert "prevent_destroy" not in released["lifecycle"]
