"""The table `database`: the backend store."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Strict

from modules.common import aws, sizes
from modules.common.deletion import ON_PURPOSE
from modules.database import values as rds
from modules.database import versions
from settings.language.errors import Refusal
from settings.language.setting import (
    AWS,
    BOOLEAN,
    Allowed,
    Defaults,
    Section,
    Setting,
    Unsafe,
    between,
    is_not_set,
    is_set,
)

RDS = f"{AWS}/AmazonRDS/latest"
CREATE_DB_INSTANCE = f"{RDS}/APIReference/API_CreateDBInstance.html"

# Strict takes no list for a tuple: the items are strict, and the list is not.
LogExports = Annotated[tuple[Annotated[str, Strict(), rds.LOG_EXPORT], ...], Strict(False)]

# Longer than a long weekend.
LEAST_BACKUP_DAYS = 7


class RestoreSettings(Section):
    """What a new instance is restored from; an existing instance does not change."""

    snapshot_identifier: Annotated[
        str | None,
        Setting(
            "Snapshot to restore",
            rds.SNAPSHOT_IDENTIFIER,
            f"{RDS}/UserGuide/USER_RestoreFromSnapshot.html",
        ),
    ] = None
    source_db_instance_identifier: Annotated[
        str | None,
        Setting(
            "Instance whose automated backups are restored; for a deleted instance, its resource id",
            rds.SOURCE_IDENTIFIER,
            f"{RDS}/UserGuide/USER_PIT.html",
        ),
    ] = None
    restore_time: Annotated[
        str | None,
        Setting(
            "Point in time to restore. Default: the latest one",
            rds.RESTORE_TIME,
            f"{RDS}/UserGuide/USER_PIT.html",
        ),
    ] = None


class DatabaseSettings(Section):
    """The backend store: RDS for PostgreSQL."""

    engine_version: Annotated[
        str,
        Setting(
            "PostgreSQL version; with only a major version, RDS chooses the minor version",
            versions.ENGINE_VERSION,
            f"{RDS}/PostgreSQLReleaseNotes/postgresql-release-calendar.html",
        ),
    ] = "16"
    engine_lifecycle_support: Annotated[
        Literal["open-source-rds-extended-support", "open-source-rds-extended-support-disabled"],
        Setting(
            "What RDS does when standard support of the major version ends: it upgrades the instance, or keeps it and "
            "charges for Extended Support by the vCPU-hour. RDS fixes it when it creates the instance",
            Allowed('"open-source-rds-extended-support" or "open-source-rds-extended-support-disabled"'),
            f"{RDS}/UserGuide/extended-support.html",
        ),
    ] = "open-source-rds-extended-support-disabled"
    instance_class: Annotated[
        str,
        Setting(
            "Instance class",
            aws.INSTANCE_CLASS,
            f"{RDS}/UserGuide/Concepts.DBInstanceClass.html",
            defaults=Defaults(demo=sizes.DEMO.instance_class, production=sizes.PRODUCTION.instance_class),
        ),
    ]
    max_connections: Annotated[
        int | None,
        Setting(
            "The value that `SHOW max_connections` returns, for the check of connections and the alarm; "
            "it does not change the database. Default: an estimate for the instance class",
            between(1, rds.MOST_CONNECTIONS, "connections"),
            f"{RDS}/UserGuide/CHAP_Limits.html#RDS_Limits.MaxConnections",
        ),
    ] = None
    allocated_storage_gib: Annotated[
        int, Setting("Storage (gp3), in GiB", aws.STORAGE_GIB, f"{RDS}/UserGuide/CHAP_Storage.html")
    ] = 20
    max_allocated_storage_gib: Annotated[
        int,
        Setting(
            "Upper limit of storage autoscaling, in GiB; 0 turns it off. Storage never shrinks",
            rds.MAX_ALLOCATED_STORAGE_GIB,
            f"{RDS}/UserGuide/USER_PIOPS.Autoscaling.html",
            defaults=Defaults(demo=0, production=100),
        ),
    ]
    storage_encrypted: Annotated[
        bool,
        Setting(
            "Encrypt the storage; false only for an adopted instance without encryption, which RDS cannot"
            " encrypt in place",
            BOOLEAN,
            f"{RDS}/UserGuide/Overview.Encryption.html#Overview.Encryption.Limitations",
        ),
        Unsafe(
            is_not_set,
            Refusal(
                "Anyone with access to the storage or a snapshot could read all runs.",
                "true in production",
                "restore the instance from an encrypted copy of its snapshot, adopt that one, and remove the line: "
                "docs/migrating-from-the-cloudformation-demo.md.",
            ),
        ),
    ] = True
    name: Annotated[str, Setting("Name of the database", aws.DATABASE_NAME, CREATE_DB_INSTANCE)] = "mlflow"
    username: Annotated[
        str,
        Setting(
            "Master user, which the server connects as; RDS creates and rotates the password",
            aws.USERNAME,
            CREATE_DB_INSTANCE,
        ),
    ] = "mlflow_user"
    backup_retention_days: Annotated[
        int,
        Setting(
            "Retention of automated backups, in days",
            aws.BACKUP_RETENTION_DAYS,
            f"{RDS}/UserGuide/USER_WorkingWithAutomatedBackups.BackupRetention.html",
            defaults=Defaults(demo=0, production=7),
        ),
        Unsafe(
            lambda days: days < LEAST_BACKUP_DAYS,
            Refusal(
                "A mistake found after a long weekend could not be undone.",
                f"{LEAST_BACKUP_DAYS} to 35 days in production",
                f"remove the line, or set it to {LEAST_BACKUP_DAYS} or more.",
            ),
        ),
    ]
    backup_window: Annotated[
        str,
        Setting(
            "Time of the daily backup; must not overlap the maintenance window",
            rds.BACKUP_WINDOW,
            f"{RDS}/UserGuide/USER_WorkingWithAutomatedBackups.html",
        ),
    ] = "03:00-04:00"
    delete_automated_backups: Annotated[
        bool,
        Setting(
            "Delete automated backups together with the instance, instead of after their retention",
            BOOLEAN,
            f"{RDS}/UserGuide/USER_WorkingWithAutomatedBackups.Retaining.html",
            defaults=Defaults(demo=True, production=False),
        ),
        Unsafe(
            is_set,
            Refusal(
                "After a deletion by mistake, the last hours of data could not be restored.",
                "false in production",
                f"remove the line. {ON_PURPOSE}",
            ),
        ),
    ]
    multi_az: Annotated[
        bool,
        Setting(
            "Keep a standby in a second zone",
            BOOLEAN,
            f"{RDS}/UserGuide/Concepts.MultiAZSingleStandby.html",
            defaults=Defaults(demo=False, production=True),
        ),
        Unsafe(
            is_not_set,
            Refusal(
                "The server would be unavailable while its zone is down and during every patch of the database.",
                "true in production",
                "remove the line.",
            ),
        ),
    ]
    deletion_protection: Annotated[
        bool,
        Setting(
            "RDS refuses to delete the instance",
            BOOLEAN,
            f"{RDS}/UserGuide/USER_DeleteInstance.html",
            defaults=Defaults(demo=False, production=True),
        ),
        Unsafe(
            is_not_set,
            Refusal(
                "Without deletion protection one wrong plan deletes the database.",
                "true in production",
                f"remove the line. {ON_PURPOSE}",
            ),
        ),
    ]
    skip_final_snapshot: Annotated[
        bool,
        Setting(
            "Delete the instance without a final snapshot",
            BOOLEAN,
            f"{RDS}/UserGuide/USER_DeleteInstance.html",
            defaults=Defaults(demo=True, production=False),
        ),
        Unsafe(
            is_set,
            Refusal(
                "Deleting the database would delete all runs for good.",
                "false in production",
                "remove the line: a last snapshot is then made.",
            ),
        ),
    ]
    maintenance_window: Annotated[
        str,
        Setting(
            "Time when RDS patches the instance and applies pending changes",
            rds.MAINTENANCE_WINDOW,
            f"{RDS}/UserGuide/USER_UpgradeDBInstance.Maintenance.html",
        ),
    ] = "sun:05:00-sun:06:00"
    auto_minor_version_upgrade: Annotated[
        bool,
        Setting(
            "RDS installs minor versions in the maintenance window; requires a major version as "
            "`engine_version`",
            BOOLEAN,
            f"{RDS}/UserGuide/USER_UpgradeDBInstance.PostgreSQL.Minor.html",
        ),
    ] = True
    allow_major_version_upgrade: Annotated[
        bool,
        Setting(
            "Allow a change of the major version; set it only for that apply (docs/upgrade-postgresql.md)",
            BOOLEAN,
            f"{RDS}/UserGuide/USER_UpgradeDBInstance.PostgreSQL.MajorVersion.html",
        ),
    ] = False
    apply_immediately: Annotated[
        bool,
        Setting(
            "Apply changes that interrupt the database at once, instead of in the maintenance window",
            BOOLEAN,
            f"{RDS}/UserGuide/USER_ModifyInstance.ApplyImmediately.html",
            defaults=Defaults(demo=True, production=False),
        ),
    ]
    create_parameter_group: Annotated[
        bool,
        Setting(
            "Create a parameter group that requires TLS and logs slow statements",
            BOOLEAN,
            f"{RDS}/UserGuide/PostgreSQL.Concepts.General.SSL.html",
            defaults=Defaults(demo=False, production=True),
        ),
        Unsafe(
            is_not_set,
            Refusal(
                "RDS's default parameter group is fixed; before PostgreSQL 15 it accepts connections without TLS.",
                "true in production",
                "remove the line.",
            ),
        ),
    ]
    ca_cert_identifier: Annotated[
        str,
        Setting(
            "Certificate authority of the instance; the image must trust it",
            rds.CA_CERT_IDENTIFIER,
            f"{RDS}/UserGuide/UsingWithRDS.SSL.html",
        ),
    ] = "rds-ca-rsa2048-g1"
    iam_database_authentication_enabled: Annotated[
        bool,
        Setting(
            "Database users with the role `rds_iam` can connect with IAM tokens; the server does not use "
            "them",
            BOOLEAN,
            f"{RDS}/UserGuide/UsingWithRDS.IAMDBAuth.html",
        ),
    ] = False
    log_exports: Annotated[
        LogExports,
        Setting(
            "Logs to publish to CloudWatch Logs, kept for `logs.retention_days`",
            rds.LOG_EXPORTS,
            f"{RDS}/UserGuide/USER_LogAccess.Concepts.PostgreSQL.PublishtoCloudWatchLogs.html",
            defaults=Defaults(demo=(), production=("postgresql", "upgrade")),
        ),
        Unsafe(
            lambda kinds: "postgresql" not in kinds,
            Refusal(
                "RDS keeps logs on the instance for a few days only.",
                '"postgresql" among them in production',
                'remove the line, or add "postgresql" to it.',
            ),
        ),
    ]
    monitoring_interval_seconds: Annotated[
        int,
        Setting(
            "Interval of enhanced monitoring, in seconds",
            rds.MONITORING_INTERVAL_SECONDS,
            f"{RDS}/UserGuide/USER_Monitoring.OS.html",
            defaults=Defaults(demo=0, production=60),
        ),
        Unsafe(
            is_not_set,
            Refusal(
                "Without enhanced monitoring, shortages of memory and I/O on the instance are not visible.",
                "1, 5, 10, 15, 30 or 60 seconds in production",
                "remove the line, or set it to 60.",
            ),
        ),
    ]
    database_insights_mode: Annotated[
        str,
        Setting(
            "The mode of Database Insights: `standard` keeps 7 days and is free, `advanced` keeps 465 days",
            rds.INSIGHTS_MODE,
            f"{RDS}/UserGuide/USER_DatabaseInsights.html",
            defaults=Defaults(demo="off", production="standard"),
        ),
        Unsafe(
            lambda mode: mode == "off",
            Refusal(
                "Without Database Insights, the statements that slow down the database are not visible.",
                '"standard" or "advanced" in production',
                "remove the line.",
            ),
        ),
    ]
    restore: RestoreSettings | None = None
