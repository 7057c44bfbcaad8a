"""docs/restore-database.md: what each way brings back, and that the settings can go afterwards."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.aws.account import EmulatedAws
from tests.emulator.environments import EMPTY_PLAN
from tests.emulator.restore.conftest import APPLY, SNAPSHOT, THEN, Drill, Drills

INSTANCE = "aws_db_instance.database"


def events(rds: Any, drill: Drill) -> list[str]:
    """What RDS says of the instance."""
    found = rds.describe_events(SourceIdentifier=drill.database, SourceType="db-instance", Duration=1440)
    return [event["Message"] for event in found["Events"]]


def instance(rds: Any, identifier: str) -> dict[str, Any]:
    (found,) = rds.describe_db_instances(DBInstanceIdentifier=identifier)["DBInstances"]
    return dict(found)


def test_there_are_backups_to_restore_from(deployed: Drills, rds: Any) -> None:
    for drill in (deployed.gone, deployed.wrong):
        assert instance(rds, drill.database)["BackupRetentionPeriod"] == 7
        assert drill.platform.plan() == EMPTY_PLAN, drill.platform.changes()


def test_deleted_database_is_restored_from_retained_backups(restored: Drills, rds: Any) -> None:
    gone = restored.gone

    assert gone.changes[INSTANCE] == ["create"]
    assert f"Restored from DB instance {gone.database} to the latest time" in events(rds, gone)


def test_restored_database_takes_the_name_and_the_old_one_stays(restored: Drills, rds: Any) -> None:
    wrong = restored.wrong
    old, new = instance(rds, f"{wrong.database}-before"), instance(rds, wrong.database)

    assert wrong.changes[INSTANCE] == ["create"]
    assert f"Restored from DB instance {wrong.database}-before to {THEN}" in events(rds, wrong)
    assert old["DeletionProtection"] and new["DeletionProtection"]
    assert old["DbiResourceId"] != new["DbiResourceId"]
    assert wrong.platform.outputs()["database_endpoint"].startswith(new["Endpoint"]["Address"])


def test_copy_is_restored_from_the_snapshot(restored: Drills, rds: Any) -> None:
    assert f"Restored from snapshot {SNAPSHOT}" in events(rds, restored.copy)
    assert set(map(tuple, restored.copy.changes.values())) == {("create",)}


def test_the_server_reads_the_restored_databases_own_password(
    restored: Drills, account: EmulatedAws, rds: Any
) -> None:
    secrets: Any = account.session().client("secretsmanager")
    for drill in (restored.gone, restored.wrong, restored.copy):
        arn = instance(rds, drill.database)["MasterUserSecret"]["SecretArn"]
        assert json.loads(secrets.get_secret_value(SecretId=arn)["SecretString"])["username"] == "mlflow_user"
        assert drill.platform.outputs()["database_secret_arn"] == arn


def test_nothing_more_is_to_be_done_after_a_snapshot(restored: Drills) -> None:
    assert restored.copy.platform.plan() == EMPTY_PLAN, restored.copy.platform.changes()


def test_removing_the_restore_lines_restores_all_settings(settled: Drills, rds: Any) -> None:
    for drill in (settled.gone, settled.wrong):
        assert drill.changes == {INSTANCE: ["update"]}
        assert instance(rds, drill.database)["PerformanceInsightsEnabled"]
    assert settled.copy.changes == {}


def test_nothing_is_left_to_do_then(settled: Drills) -> None:
    for drill in (settled.gone, settled.wrong, settled.copy):
        assert drill.platform.plan() == EMPTY_PLAN, drill.platform.changes()


def test_restore_setting_on_an_existing_database_changes_nothing(settled: Drills) -> None:
    settled.gone.write(f'restore.snapshot_identifier = "{SNAPSHOT}"\n')

    assert settled.gone.platform.plan() == EMPTY_PLAN, settled.gone.platform.changes()


def test_a_major_version_is_not_changed_by_accident(settled: Drills, rds: Any) -> None:
    copy = settled.copy
    copy.write('engine_version = "17"\n')

    refused = copy.platform.terraform(*APPLY, ends_with=(1,))

    assert "The AllowMajorVersionUpgrade flag must be present" in refused.stdout + refused.stderr
    assert instance(rds, copy.database)["EngineVersion"] == "16.14"


def test_major_version_upgrade_beside_the_old_instance(settled: Drills, rds: Any) -> None:
    wrong = settled.wrong
    wrong.apply_with('engine_version = "17"\nallow_major_version_upgrade = true\napply_immediately = true\n')

    assert wrong.changes[INSTANCE] == ["update"]
    upgraded, before = instance(rds, wrong.database), instance(rds, f"{wrong.database}-before")
    assert upgraded["EngineVersion"].startswith("17.") and before["EngineVersion"].startswith("16.")
    assert parameter_group(upgraded) == "mlflow-wrong-postgres17"
    assert parameter_group(before) == "default.postgres16"
    groups = {
        group["DBParameterGroupName"] for group in rds.describe_db_parameter_groups()["DBParameterGroups"]
    }
    assert "mlflow-wrong-postgres16" not in groups
    wrong.write('engine_version = "17"\n')
    wrong.platform.terraform(*APPLY)
    assert wrong.platform.plan() == EMPTY_PLAN, wrong.platform.changes()


def parameter_group(instance: dict[str, Any]) -> str:
    (group,) = instance["DBParameterGroups"]
    return str(group["DBParameterGroupName"])


def test_environment_is_destroyed_after_the_old_instance(settled: Drills, rds: Any) -> None:
    # given the environment's own instance is gone, and the one that was renamed is not
    wrong, before = settled.wrong, f"{settled.wrong.database}-before"
    rds.modify_db_instance(DBInstanceIdentifier=wrong.database, DeletionProtection=False)
    rds.delete_db_instance(DBInstanceIdentifier=wrong.database, SkipFinalSnapshot=True)

    # then RDS deletes neither what that one is in nor, without more ado, itself
    with pytest.raises(ClientError, match=f"at least one database instance: {before} is still using it"):
        rds.delete_db_subnet_group(DBSubnetGroupName=wrong.database)
    with pytest.raises(ClientError, match="disable deletion protection"):
        rds.delete_db_instance(DBInstanceIdentifier=before, FinalDBSnapshotIdentifier=f"{before}-last")

    # when it is deleted, then the environment can be destroyed
    rds.modify_db_instance(DBInstanceIdentifier=before, DeletionProtection=False, ApplyImmediately=True)
    rds.delete_db_instance(DBInstanceIdentifier=before, FinalDBSnapshotIdentifier=f"{before}-last")
    wrong.destroy()

    assert wrong.platform.terraform("state", "list").stdout == ""


def test_all_of_it_was_emulated(settled: Drills, account: EmulatedAws) -> None:
    assert account.gaps() == []
