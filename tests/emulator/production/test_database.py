"""The production database, as AWS would describe it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.environments import Platform
from tests.emulator.production.conftest import Client

DATABASE = "mlflow-production"


@pytest.fixture(scope="module")
def instance(production: Platform, client: Client) -> dict[str, Any]:
    (found,) = client("rds").describe_db_instances(DBInstanceIdentifier=DATABASE)["DBInstances"]
    return dict(found)


def test_database_has_backups_and_deletion_protection(instance: dict[str, Any]) -> None:
    assert instance["BackupRetentionPeriod"] == 7
    assert instance["PreferredBackupWindow"] == "03:00-04:00"
    assert instance["DeletionProtection"]
    assert instance["MultiAZ"]
    assert instance["CopyTagsToSnapshot"]
    assert instance["MaxAllocatedStorage"] == 100


def test_database_is_private_and_encrypted(instance: dict[str, Any], client: Client) -> None:
    key = client("kms").describe_key(KeyId=f"alias/{DATABASE}")["KeyMetadata"]["Arn"]

    assert instance["StorageEncrypted"]
    assert instance["KmsKeyId"] == instance["PerformanceInsightsKMSKeyId"] == key
    assert instance["MasterUserSecret"]["KmsKeyId"] == key
    assert not instance["PubliclyAccessible"]
    assert instance["CACertificateIdentifier"] == "rds-ca-rsa2048-g1"
    assert instance["IAMDatabaseAuthenticationEnabled"]


def test_database_requires_tls(instance: dict[str, Any], client: Client) -> None:
    (group,) = instance["DBParameterGroups"]
    parameters = client("rds").describe_db_parameters(DBParameterGroupName=group["DBParameterGroupName"])[
        "Parameters"
    ]
    values = {parameter["ParameterName"]: parameter["ParameterValue"] for parameter in parameters}

    assert group["DBParameterGroupName"] == f"{DATABASE}-postgres16"
    assert values == {"log_lock_waits": "1", "log_min_duration_statement": "1000", "rds.force_ssl": "1"}


def test_database_is_patched_in_its_window(instance: dict[str, Any]) -> None:
    assert instance["AutoMinorVersionUpgrade"]
    assert instance["PreferredMaintenanceWindow"] == "sun:05:00-sun:06:00"
    assert instance["EngineVersion"].startswith("16.")


def test_database_log_groups_have_retention(instance: dict[str, Any], client: Client) -> None:
    prefix = f"/aws/rds/instance/{DATABASE}/"
    groups = client("logs").describe_log_groups(logGroupNamePrefix=prefix)["logGroups"]

    assert sorted(instance["EnabledCloudwatchLogsExports"]) == ["iam-db-auth-error", "postgresql", "upgrade"]
    assert {group["logGroupName"]: group["retentionInDays"] for group in groups} == {
        f"{prefix}{kind}": 365 for kind in ("iam-db-auth-error", "postgresql", "upgrade")
    }


def test_enhanced_monitoring_and_performance_insights_are_on(
    instance: dict[str, Any], client: Client
) -> None:
    role = client("iam").get_role(RoleName=f"{DATABASE}-database-monitoring")["Role"]
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    attached = client("iam").list_attached_role_policies(RoleName=role["RoleName"])["AttachedPolicies"]

    assert (instance["MonitoringInterval"], instance["MonitoringRoleArn"]) == (60, role["Arn"])
    assert statement["Principal"] == {"Service": "monitoring.rds.amazonaws.com"}
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}
    assert [policy["PolicyName"] for policy in attached] == ["AmazonRDSEnhancedMonitoringRole"]
    assert instance["PerformanceInsightsEnabled"]
    assert instance["DatabaseInsightsMode"] == "standard"
    assert instance["PerformanceInsightsRetentionPeriod"] == 7
