"""The table `database`: the backend store."""

from __future__ import annotations

from typing import Annotated

from stacks.settings import aws
from stacks.settings.checks import AWS, BOOLEAN, Section, Setting

RDS = f"{AWS}/AmazonRDS/latest"
CREATE_DB_INSTANCE = f"{RDS}/APIReference/API_CreateDBInstance.html"


class DatabaseSettings(Section):
    """The backend store: RDS for PostgreSQL."""

    engine_version: Annotated[
        str,
        Setting(
            "PostgreSQL's version; a major one alone lets RDS pick the minor one",
            aws.ENGINE_VERSION,
            f"{RDS}/PostgreSQLReleaseNotes/postgresql-release-calendar.html",
        ),
    ] = "16"
    instance_class: Annotated[
        str,
        Setting("The instance class", aws.INSTANCE_CLASS, f"{RDS}/UserGuide/Concepts.DBInstanceClass.html"),
    ]
    allocated_storage_gib: Annotated[
        int, Setting("Storage (gp3), in GiB", aws.STORAGE_GIB, f"{RDS}/UserGuide/CHAP_Storage.html")
    ] = 20
    storage_encrypted: Annotated[
        bool,
        Setting(
            "Storage is encrypted; false only for an adopted instance that is not: RDS cannot encrypt it where it is",
            BOOLEAN,
            f"{RDS}/UserGuide/Overview.Encryption.html#Overview.Encryption.Limitations",
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
        ),
    ]
    multi_az: Annotated[
        bool,
        Setting("A standby in a second zone", BOOLEAN, f"{RDS}/UserGuide/Concepts.MultiAZSingleStandby.html"),
    ]
    deletion_protection: Annotated[
        bool,
        Setting("RDS refuses to delete the instance", BOOLEAN, f"{RDS}/UserGuide/USER_DeleteInstance.html"),
    ]
    skip_final_snapshot: Annotated[
        bool,
        Setting("No snapshot is made on deletion", BOOLEAN, f"{RDS}/UserGuide/USER_DeleteInstance.html"),
    ]
    apply_immediately: Annotated[
        bool,
        Setting(
            "A change that interrupts the database does not wait for the maintenance window",
            BOOLEAN,
            f"{RDS}/UserGuide/USER_ModifyInstance.ApplyImmediately.html",
        ),
    ]
