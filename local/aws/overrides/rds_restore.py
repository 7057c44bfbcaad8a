"""Overrides of moto's RDS where data is kept and brought back: automated backups, snapshots, points in time."""

from __future__ import annotations

import copy
import datetime
import secrets
from typing import Any

from moto.rds.exceptions import InvalidParameterCombination, InvalidParameterValue
from moto.rds.models import DBInstance, DBInstanceAutomatedBackup, DBSnapshot, Event, RDSBackend

# What RDS does not take over from the instance that a snapshot or a backup is of.
NOT_RESTORED: dict[str, Any] = {
    "deletion_protection": False,
    "enable_performance_insights": False,
    "manage_master_user_password": False,
    "monitoring_interval": 0,
    "monitoring_role_arn": None,
    "performance_insights_retention_period": None,
}


def apply() -> None:
    """Patches moto."""
    _back_up_like_rds()
    _say_whose_backups_are_kept()
    _restore_points_in_time_like_rds()
    _restore_snapshots_like_rds()


def _back_up_like_rds() -> None:
    """Automated backups. moto: makes one of every instance, under a name of the minute, so that an instance made again
    within it cannot be backed up. AWS: none with a retention of 0 days, and a name for each
    (https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithAutomatedBackups.BackupRetention.html)."""

    def save_automated_backup(self: DBInstance) -> None:
        if self.backup_retention_period:
            name = f"rds:{self.db_instance_identifier}-{secrets.token_hex(8)}"
            self.backend.create_auto_snapshot(self.db_instance_identifier, name)

    DBInstance.save_automated_backup = save_automated_backup  # type: ignore[method-assign]


def _say_whose_backups_are_kept() -> None:
    """`DescribeDBInstanceAutomatedBackups`. moto: names the instance. AWS: its resource id, too, by which a deleted one
    is restored (https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DBInstanceAutomatedBackup.html)."""

    def dbi_resource_id(self: DBInstanceAutomatedBackup) -> str:
        return self.automated_snapshots[-1].dbi_resource_id

    DBInstanceAutomatedBackup.dbi_resource_id = property(dbi_resource_id)  # type: ignore[attr-defined]


def _restore_snapshots_like_rds() -> None:
    """`RestoreDBInstanceFromDBSnapshot`. moto: the new instance has all that the old one had, a second secret for its
    password among it. AWS: the data, its name, its user and its key; the password's management, monitoring and
    protection are to be switched on again
    (https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_RestoreFromSnapshot.html).

    Events. moto: none. AWS: RDS-EVENT-0043 says which snapshot it was
    (https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Events.Messages.html)."""
    original = RDSBackend.restore_db_instance_from_db_snapshot

    def restore(self: RDSBackend, from_snapshot_id: str, overrides: dict[str, Any]) -> DBInstance:
        name = from_snapshot_id.rpartition("snapshot:")[2]
        (snapshot,) = self.describe_db_snapshots(None, db_snapshot_identifier=name)
        taken = snapshot.database
        snapshot.database = _without_what_is_not_restored(taken)
        try:
            instance = original(self, from_snapshot_id, overrides)
        finally:
            snapshot.database = taken
        _say(instance, f"Restored from snapshot {name}")
        return instance

    RDSBackend.restore_db_instance_from_db_snapshot = restore  # type: ignore[method-assign]


def _restore_points_in_time_like_rds() -> None:
    """`RestoreDBInstanceToPointInTime`. moto: knows no deleted instance, whatever the time; dies of copying an instance
    with a password of its own. AWS: restores from backups, of a deleted instance by its resource id, and of an instance
    without them refuses (https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIT.html).

    Events. moto: none. AWS: RDS-EVENT-0019 says from which instance, and to which time."""
    restore_snapshot = RDSBackend.restore_db_instance_from_db_snapshot

    def restore(
        self: RDSBackend,
        source_db_identifier: str | None,
        target_db_identifier: str,
        overrides: dict[str, Any],
    ) -> DBInstance:
        time, latest = overrides.get("restore_time"), overrides.get("use_latest_restorable_time")
        if bool(time) == bool(latest):
            raise InvalidParameterCombination("Specify RestoreTime or UseLatestRestorableTime.")
        source = _source(self, source_db_identifier, overrides.get("source_dbi_resource_id"))
        wanted = {
            key: value for key, value in overrides.items() if not key.startswith(("source_", "target_"))
        }
        snapshot = DBSnapshot(self, _without_what_is_not_restored(source), secrets.token_hex(8))
        self.database_snapshots[snapshot.db_snapshot_identifier] = snapshot
        try:
            instance = restore_snapshot(
                self,
                snapshot.db_snapshot_identifier,
                {**wanted, "db_instance_identifier": target_db_identifier},
            )
        finally:
            del self.database_snapshots[snapshot.db_snapshot_identifier]
        _say(
            instance,
            f"Restored from DB instance {source.db_instance_identifier} to {_shown(time)}",
        )
        return instance

    RDSBackend.restore_db_instance_to_point_in_time = restore  # type: ignore[method-assign]


def _shown(time: datetime.datetime | None) -> str:
    return f"{time:%Y-%m-%dT%H:%M:%SZ}" if time else "the latest time"


def _source(backend: RDSBackend, identifier: str | None, resource_id: str | None) -> DBInstance:
    """The instance with backups that is named either way."""
    automated = backend.describe_db_snapshots(None, snapshot_type="automated")
    for snapshot in reversed(automated):
        instance = snapshot.database
        living = backend.databases.get(str(identifier))
        if instance.dbi_resource_id in (resource_id, living.dbi_resource_id if living else None):
            return living or instance
    raise InvalidParameterValue(f"There is no automated backup of {identifier or resource_id}.")


def _without_what_is_not_restored(instance: DBInstance) -> DBInstance:
    plain = copy.copy(instance)
    for name, value in NOT_RESTORED.items():
        setattr(plain, name, value)
    return plain


def _say(instance: DBInstance, message: str) -> None:
    event = Event("DB_INSTANCE_CREATE", instance)
    event.message, event.event_categories = message, ["restoration"]
    instance.backend.events.append(event)
