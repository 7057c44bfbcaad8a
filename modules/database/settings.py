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
    """What a new instance begins with; an instance that exists stays as it is."""

    snapshot_identifier: Annotated[
        str | None,
        Setting(
            "The snapshot that it begins with",
            rds.SNAPSHOT_IDENTIFIER,
            f"{RDS}/UserGuide/USER_RestoreFromSnapshot.html",
        ),
    ] = None
    source_db_instance_identifier: Annotated[
        str | None,
        Setting(
            "The instance whose automated backups it begins with; of a deleted one, its resource id",
            rds.SOURCE_IDENTIFIER,
            f"{RDS}/UserGuide/USER_PIT.html",
        ),
    ] = None
    restore_time: Annotated[
        str | None,
        Setting(
            "The point in time of these backups; left out, the latest there is",
            rds.RESTORE_TIME,
            f"{RDS}/UserGuide/USER_PIT.html",
        ),
    ] = None


class DatabaseSettings(Section):
    """The backend store: RDS for PostgreSQL."""

    engine_version: Annotated[
        str,
        Setting(
            "PostgreSQL's version; a major one alone lets RDS pick the minor one",
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
            "The instance class",
            aws.INSTANCE_CLASS,
            f"{RDS}/UserGuide/Concepts.DBInstanceClass.html",
            defaults=Defaults(demo=sizes.DEMO.instance_class, production=sizes.PRODUCTION.instance_class),
        ),
    ]
    max_connections: Annotated[
        int | None,
        Setting(
            "What `SHOW max_connections` shows on the instance, for the check of connections and for the alarm; it "
            "does not set the parameter. Left out, both go by an estimate for the class",
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
            "How far the storage grows by itself when it fills up, in GiB; it never shrinks",
            rds.MAX_ALLOCATED_STORAGE_GIB,
            f"{RDS}/UserGuide/USER_PIOPS.Autoscaling.html",
            defaults=Defaults(demo=0, production=100),
        ),
    ]
    storage_encrypted: Annotated[
        bool,
        Setting(
            "Storage is encrypted; false only for an adopted instance that is not: RDS cannot encrypt it where it is",
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
    name: Annotated[str, Setting("The database's name", aws.DATABASE_NAME, CREATE_DB_INSTANCE)] = "mlflow"
    username: Annotated[
        str,
        Setting(
            "The master user, as whom the server connects; RDS makes and rotates the password",
            aws.USERNAME,
            CREATE_DB_INSTANCE,
        ),
    ] = "mlflow_user"
    backup_retention_days: Annotated[
        int,
        Setting(
            "How long automated backups are kept, in days",
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
            "When the daily backup is made; not within the maintenance window",
            rds.BACKUP_WINDOW,
            f"{RDS}/UserGuide/USER_WorkingWithAutomatedBackups.html",
        ),
    ] = "03:00-04:00"
    delete_automated_backups: Annotated[
        bool,
        Setting(
            "Automated backups go with the instance, rather than when their time has come",
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
            "A standby in a second zone",
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
            "No snapshot is made on deletion",
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
            "When RDS patches the instance, and makes the changes that have to wait",
            rds.MAINTENANCE_WINDOW,
            f"{RDS}/UserGuide/USER_UpgradeDBInstance.Maintenance.html",
        ),
    ] = "sun:05:00-sun:06:00"
    auto_minor_version_upgrade: Annotated[
        bool,
        Setting(
            "RDS installs minor versions in the maintenance window; engine_version is then a major one",
            BOOLEAN,
            f"{RDS}/UserGuide/USER_UpgradeDBInstance.PostgreSQL.Minor.html",
        ),
    ] = True
    allow_major_version_upgrade: Annotated[
        bool,
        Setting(
            "For the one apply that changes the major version (docs/runbook.md)",
            BOOLEAN,
            f"{RDS}/UserGuide/USER_UpgradeDBInstance.PostgreSQL.MajorVersion.html",
        ),
    ] = False
    apply_immediately: Annotated[
        bool,
        Setting(
            "A change that interrupts the database does not wait for the maintenance window",
            BOOLEAN,
            f"{RDS}/UserGuide/USER_ModifyInstance.ApplyImmediately.html",
            defaults=Defaults(demo=True, production=False),
        ),
    ]
    create_parameter_group: Annotated[
        bool,
        Setting(
            "A parameter group of its own: no connection without TLS, slow statements in the log",
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
            "The authority of the instance's certificate, which the image has to know",
            rds.CA_CERT_IDENTIFIER,
            f"{RDS}/UserGuide/UsingWithRDS.SSL.html",
        ),
    ] = "rds-ca-rsa2048-g1"
    iam_database_authentication_enabled: Annotated[
        bool,
        Setting(
            "People may connect with IAM's tokens, as database users who were granted `rds_iam`; the server does not",
            BOOLEAN,
            f"{RDS}/UserGuide/UsingWithRDS.IAMDBAuth.html",
        ),
    ] = False
    log_exports: Annotated[
        LogExports,
        Setting(
            "The logs that are published to CloudWatch Logs, for logs.retention_days",
            rds.LOG_EXPORTS,
            f"{RDS}/UserGuide/USER_LogAccess.Concepts.PostgreSQL.PublishtoCloudWatchLogs.html",
            defaults=Defaults(demo=(), production=("postgresql", "upgrade")),
        ),
        Unsafe(
            lambda kinds: "postgresql" not in kinds,
            Refusal(
                "RDS keeps logs on the instance for three days only.",
                '"postgresql" among them in production',
                'remove the line, or add "postgresql" to it.',
            ),
        ),
    ]
    monitoring_interval_seconds: Annotated[
        int,
        Setting(
            "How often enhanced monitoring looks at the instance's operating system, in seconds",
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
