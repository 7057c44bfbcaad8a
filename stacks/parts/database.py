"""The database: each table of settings that it takes as the construct's own objects."""

from __future__ import annotations

from constructs import Construct

from modules.common.account import Account
from modules.database.instance import AdoptedDatabase, Backups, Database, Maintenance
from modules.database.monitoring import DatabaseInsights, EnhancedMonitoring, LogExports
from modules.database.restore import FromPointInTime, FromSnapshot, Restore
from modules.database.settings import DatabaseSettings
from modules.encryption.key import AnyKey
from stacks.parts.network import AnyNetwork
from stacks.settings import EnvironmentSettings
from stacks.tables.adopt import AdoptSettings


def database_of(
    scope: Construct,
    *,
    settings: EnvironmentSettings,
    account: Account,
    network: AnyNetwork,
    key: AnyKey | None,
) -> Database:
    """The backend store, in the private subnets."""
    database = settings.database
    return Database(
        scope,
        "database",
        name=settings.full_name,
        vpc_id=network.vpc_id,
        subnet_ids=network.private_subnet_ids,
        engine_version=database.engine_version,
        instance_class=database.instance_class,
        allocated_storage_gib=database.allocated_storage_gib,
        max_allocated_storage_gib=database.max_allocated_storage_gib or None,
        database_name=database.name,
        username=database.username,
        ca_cert_identifier=database.ca_cert_identifier,
        multi_az=database.multi_az,
        deletion_protection=database.deletion_protection,
        iam_database_authentication_enabled=database.iam_database_authentication_enabled,
        backups=Backups(
            retention_days=database.backup_retention_days,
            window=database.backup_window,
            delete_automated=database.delete_automated_backups,
            skip_final_snapshot=database.skip_final_snapshot,
        ),
        maintenance=Maintenance(
            window=database.maintenance_window,
            auto_minor_version_upgrade=database.auto_minor_version_upgrade,
            allow_major_version_upgrade=database.allow_major_version_upgrade,
            apply_immediately=database.apply_immediately,
        ),
        prevent_destroy=settings.protected,
        key=key,
        own_parameter_group=database.own_parameter_group,
        log_exports=_log_exports(settings, key),
        monitoring=_monitoring(database, account=account),
        insights=_insights(database),
        restore=_restore(database),
        storage_encrypted=database.storage_encrypted,
        adopted=_adopted(settings.adopt),
    )


def _adopted(adopt: AdoptSettings) -> AdoptedDatabase | None:
    if adopt.database_instance is None or adopt.database_subnet_group is None:
        return None
    return AdoptedDatabase(identifier=adopt.database_instance, subnet_group=adopt.database_subnet_group)


def _log_exports(settings: EnvironmentSettings, key: AnyKey | None) -> LogExports | None:
    kinds = settings.database.log_exports
    return LogExports(kinds=kinds, retention_days=settings.logs.retention_days, key=key) if kinds else None


def _monitoring(database: DatabaseSettings, *, account: Account) -> EnhancedMonitoring | None:
    if not database.monitoring_interval_seconds:
        return None
    return EnhancedMonitoring(
        interval_seconds=database.monitoring_interval_seconds,
        account=account,
    )


def _insights(database: DatabaseSettings) -> DatabaseInsights | None:
    if database.insights_mode == "off":
        return None
    return DatabaseInsights(mode=database.insights_mode, retention_days=database.insights_retention_days)


def _restore(database: DatabaseSettings) -> Restore | None:
    if database.restore_snapshot_identifier:
        return FromSnapshot(identifier=database.restore_snapshot_identifier)
    if database.restore_source_identifier:
        return FromPointInTime(source=database.restore_source_identifier, time=database.restore_time)
    return None
