"""Each gap of moto's RDS that the emulated AWS closes, seen through boto3."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.aws.account import EmulatedAws
from tests.iam.enforcement import emulated_aws

THEN = datetime.datetime(2026, 11, 24, 18, tzinfo=datetime.UTC)


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatedAws]:
    with emulated_aws(tmp_path_factory.mktemp("rds")) as running:
        yield running


@pytest.fixture
def rds(aws: EmulatedAws) -> Iterator[Any]:
    """An RDS that is empty afterwards."""
    client: Any = aws.session().client("rds")
    yield client
    for instance in client.describe_db_instances()["DBInstances"]:
        name = instance["DBInstanceIdentifier"]
        client.modify_db_instance(DBInstanceIdentifier=name, DeletionProtection=False)
        client.delete_db_instance(DBInstanceIdentifier=name, SkipFinalSnapshot=True)
    for snapshot in client.describe_db_snapshots()["DBSnapshots"]:
        client.delete_db_snapshot(DBSnapshotIdentifier=snapshot["DBSnapshotIdentifier"])


def make(rds: Any, name: str, **options: Any) -> dict[str, Any]:
    """An instance such as the platform's."""
    made = rds.create_db_instance(
        DBInstanceIdentifier=name,
        Engine="postgres",
        EngineVersion="16",
        DBInstanceClass="db.t4g.medium",
        AllocatedStorage=20,
        MasterUsername="mlflow_user",
        ManageMasterUserPassword=True,
        **{"BackupRetentionPeriod": 7, **options},
    )["DBInstance"]
    return dict(made)


def events(rds: Any, name: str) -> list[str]:
    found = rds.describe_events(SourceIdentifier=name, SourceType="db-instance")["Events"]
    return [event["Message"] for event in found]


def test_database_insights_are_kept(rds: Any) -> None:
    plain = make(rds, "plain")
    watched = make(rds, "watched", EnablePerformanceInsights=True, PerformanceInsightsRetentionPeriod=7)

    assert not plain["PerformanceInsightsEnabled"]
    assert plain["DatabaseInsightsMode"] == watched["DatabaseInsightsMode"] == "standard"
    assert watched["PerformanceInsightsEnabled"]
    assert watched["PerformanceInsightsRetentionPeriod"] == 7
    changed = rds.modify_db_instance(
        DBInstanceIdentifier="plain",
        EnablePerformanceInsights=True,
        PerformanceInsightsRetentionPeriod=465,
        DatabaseInsightsMode="advanced",
    )["DBInstance"]
    assert changed["PerformanceInsightsEnabled"]
    assert (changed["DatabaseInsightsMode"], changed["PerformanceInsightsRetentionPeriod"]) == (
        "advanced",
        465,
    )


def test_changed_parameter_is_user_sourced_and_used_group_is_kept(rds: Any) -> None:
    rds.create_db_parameter_group(
        DBParameterGroupName="own", DBParameterGroupFamily="postgres16", Description="own"
    )
    rds.modify_db_parameter_group(
        DBParameterGroupName="own",
        Parameters=[{"ParameterName": "log_lock_waits", "ParameterValue": "1", "ApplyMethod": "immediate"}],
    )
    make(rds, "used", DBParameterGroupName="own")

    (parameter,) = rds.describe_db_parameters(DBParameterGroupName="own", Source="user")["Parameters"]
    assert (parameter["ParameterName"], parameter["Source"]) == ("log_lock_waits", "user")
    with pytest.raises(ClientError, match="InvalidDBParameterGroupState"):
        rds.delete_db_parameter_group(DBParameterGroupName="own")
    rds.delete_db_instance(DBInstanceIdentifier="used", SkipFinalSnapshot=True)
    rds.delete_db_parameter_group(DBParameterGroupName="own")


def test_a_major_version_is_changed_when_it_is_allowed(rds: Any) -> None:
    make(rds, "old")

    same = rds.modify_db_instance(DBInstanceIdentifier="old", EngineVersion="16")["DBInstance"]
    with pytest.raises(ClientError, match="AllowMajorVersionUpgrade"):
        rds.modify_db_instance(DBInstanceIdentifier="old", EngineVersion="17")
    new = rds.modify_db_instance(
        DBInstanceIdentifier="old", EngineVersion="17", AllowMajorVersionUpgrade=True
    )["DBInstance"]

    assert same["EngineVersion"] == "16.14"
    assert new["EngineVersion"].startswith("17.")


def test_snapshots_exist_only_with_backup_retention(rds: Any) -> None:
    make(rds, "kept")
    make(rds, "thrown-away", BackupRetentionPeriod=0)

    snapshots = rds.describe_db_snapshots(SnapshotType="automated")["DBSnapshots"]

    assert [snapshot["DBInstanceIdentifier"] for snapshot in snapshots] == ["kept"]


def test_snapshot_restores_data_but_not_monitoring(aws: EmulatedAws, rds: Any) -> None:
    secrets: Any = aws.session().client("secretsmanager")
    old = make(rds, "old", DBName="mlflow", DeletionProtection=True, EnablePerformanceInsights=True)
    rds.create_db_snapshot(DBInstanceIdentifier="old", DBSnapshotIdentifier="kept")

    new = rds.restore_db_instance_from_db_snapshot(DBInstanceIdentifier="new", DBSnapshotIdentifier="kept")[
        "DBInstance"
    ]

    assert (new["DBName"], new["MasterUsername"], new["EngineVersion"]) == ("mlflow", "mlflow_user", "16.14")
    assert not new["DeletionProtection"] and not new["PerformanceInsightsEnabled"]
    assert "MasterUserSecret" not in new
    (of_old,) = secrets.list_secrets()["SecretList"]
    assert of_old["ARN"] == old["MasterUserSecret"]["SecretArn"]
    assert "Restored from snapshot kept" in events(rds, "new")


def test_a_living_instance_is_restored_to_a_point_in_time(rds: Any) -> None:
    make(rds, "old", DBName="mlflow")

    new = rds.restore_db_instance_to_point_in_time(
        SourceDBInstanceIdentifier="old", TargetDBInstanceIdentifier="new", RestoreTime=THEN
    )["DBInstance"]

    assert (new["DBName"], "MasterUserSecret" in new) == ("mlflow", False)
    assert "Restored from DB instance old to 2026-11-24T18:00:00Z" in events(rds, "new")
    assert rds.describe_db_instances(DBInstanceIdentifier="old")["DBInstances"]
    assert not rds.describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]


def test_deleted_instance_is_restored_from_retained_backups(rds: Any) -> None:
    kept, lost = make(rds, "kept"), make(rds, "lost")
    rds.delete_db_instance(DBInstanceIdentifier="kept", SkipFinalSnapshot=True, DeleteAutomatedBackups=False)
    rds.delete_db_instance(DBInstanceIdentifier="lost", SkipFinalSnapshot=True, DeleteAutomatedBackups=True)

    (backups,) = rds.describe_db_instance_automated_backups()["DBInstanceAutomatedBackups"]
    assert backups["DbiResourceId"] == kept["DbiResourceId"]
    rds.restore_db_instance_to_point_in_time(
        SourceDbiResourceId=backups["DbiResourceId"],
        TargetDBInstanceIdentifier="kept",
        UseLatestRestorableTime=True,
    )

    assert "Restored from DB instance kept to the latest time" in events(rds, "kept")
    with pytest.raises(ClientError, match="no automated backup"):
        rds.restore_db_instance_to_point_in_time(
            SourceDbiResourceId=lost["DbiResourceId"],
            TargetDBInstanceIdentifier="lost",
            UseLatestRestorableTime=True,
        )


def test_resources_in_use_by_an_instance_cannot_be_deleted(rds: Any, aws: EmulatedAws) -> None:
    ec2: Any = aws.session().client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.9.{number}.0/24")["Subnet"]["SubnetId"]
        for number in range(2)
    ]
    group = ec2.create_security_group(GroupName="used", Description="used", VpcId=vpc)["GroupId"]
    rds.create_db_subnet_group(DBSubnetGroupName="used", DBSubnetGroupDescription="used", SubnetIds=subnets)
    rds.create_db_parameter_group(
        DBParameterGroupName="used", DBParameterGroupFamily="postgres16", Description="used"
    )
    make(rds, "user", DBSubnetGroupName="used", VpcSecurityGroupIds=[group], DBParameterGroupName="used")
    deletions: dict[str, Callable[[], object]] = {
        "InvalidDBSubnetGroupStateFault": lambda: rds.delete_db_subnet_group(DBSubnetGroupName="used"),
        "InvalidDBParameterGroupState": lambda: rds.delete_db_parameter_group(DBParameterGroupName="used"),
        "has a dependent object": lambda: ec2.delete_security_group(GroupId=group),
        "has dependencies": lambda: ec2.delete_subnet(SubnetId=subnets[0]),
    }

    for refused, delete in deletions.items():
        with pytest.raises(ClientError, match=refused):
            delete()

    rds.delete_db_instance(DBInstanceIdentifier="user", SkipFinalSnapshot=True)
    for delete in deletions.values():
        delete()


def test_instance_accepts_the_default_parameter_group(rds: Any) -> None:
    rds.create_db_parameter_group(
        DBParameterGroupName="own", DBParameterGroupFamily="postgres16", Description="own"
    )
    make(rds, "renamed", DBParameterGroupName="own")

    changed = rds.modify_db_instance(
        DBInstanceIdentifier="renamed",
        NewDBInstanceIdentifier="renamed-before",
        DBParameterGroupName="default.postgres16",
        ApplyImmediately=True,
    )["DBInstance"]

    assert [one["DBParameterGroupName"] for one in changed["DBParameterGroups"]] == ["default.postgres16"]
    rds.delete_db_parameter_group(DBParameterGroupName="own")
    with pytest.raises(ClientError, match="DBParameterGroupNotFound"):
        rds.modify_db_instance(DBInstanceIdentifier="renamed-before", DBParameterGroupName="default.mysql8.0")
