"""The backend store: RDS for PostgreSQL, its password made, kept and rotated by RDS in Secrets Manager."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cdktf import ITerraformDependable, TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.data_aws_db_instance import DataAwsDbInstance
from cdktf_cdktf_provider_aws.db_instance import DbInstance
from cdktf_cdktf_provider_aws.db_subnet_group import DbSubnetGroup
from constructs import Construct

from modules.common.policies import Statement
from modules.common.security_groups import Connection, SecurityGroup
from modules.database.monitoring import (
    DatabaseInsights,
    EnhancedMonitoring,
    LogExports,
    MonitoringRole,
    log_groups_of,
)
from modules.database.parameters import DatabaseParameters
from modules.database.restore import RESTORED_ONCE, Restore
from modules.encryption.key import AnyKey
from modules.service.tracking_service import TrackingService

PORT = 5432
# An instance's key is of its birth: one that was restored or adopted has another, and Terraform would make a new, empty
# instance to give it ours (https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.Encryption.html).
KEPT = ("kms_key_id",)


@dataclass(frozen=True, kw_only=True)
class Backups:
    """What is kept of the data (https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithAutomatedBackups.html).

    Attributes:
        retention_days: 0 (no backups) to 35; any second within it can be restored.
        window: when the daily one is made, `hh:mm-hh:mm` in UTC.
        delete_automated: False keeps them for their time when the instance is deleted.
        skip_final_snapshot: False makes a snapshot when the instance is deleted.
    """

    retention_days: int
    window: str
    delete_automated: bool
    skip_final_snapshot: bool


@dataclass(frozen=True, kw_only=True)
class Maintenance:
    """When the instance changes (https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_UpgradeDBInstance.Maintenance.html).

    Attributes:
        window: `ddd:hh:mm-ddd:hh:mm` in UTC, not within the backups' window.
        auto_minor_version_upgrade: RDS installs minor versions in the window.
        allow_major_version_upgrade: True lets a plan change the major version.
        apply_immediately: True makes changes at once rather than in the window.
    """

    window: str
    auto_minor_version_upgrade: bool
    allow_major_version_upgrade: bool
    apply_immediately: bool


@dataclass(frozen=True)
class AdoptedDatabase:
    """An instance that exists, by the names of what cannot be exchanged without a new one.

    Attributes:
        identifier: of the instance.
        subnet_group: that it is in.
    """

    identifier: str
    subnet_group: str


class Database(Construct):
    """A PostgreSQL instance in private subnets, encrypted, open to nobody until `allow_from` is called.

    RDS makes the master password and keeps it in Secrets Manager
    (https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html): it is in no plan and no state.

    Args:
        name: of the security group and, unless they are adopted, of the instance and its subnet group.
        vpc_id, subnet_ids: at least two private subnets in two zones.
        engine_version: a PostgreSQL major version (`16`), which lets RDS choose the minor one, or both (`16.8`).
        instance_class: such as `db.t4g.micro`.
        allocated_storage_gib: gp3, at least 20 GiB.
        max_allocated_storage_gib: how far RDS lets the storage grow by itself; None leaves it as it is.
        database_name, username: created with the instance; changing either makes a new instance.
        ca_cert_identifier: the authority that signs the instance's certificate.
        multi_az: a standby in a second zone.
        deletion_protection: RDS then refuses to delete the instance.
        iam_database_authentication_enabled: IAM's tokens can be used for passwords.
        backups, maintenance: see there.
        prevent_destroy: Terraform then refuses any plan that deletes the instance.
        key: encrypts the storage, the password's secret and Database Insights; None leaves them to AWS's own keys. An
            instance that is there keeps the key it has (`KEPT`).
        own_parameter_group: see `DatabaseParameters`.
        log_exports, monitoring, insights: what is recorded; None for nothing.
        restore: what a new instance begins with; None for an empty database.
        storage_encrypted: changing it makes a new instance.
        adopted: the instance and its subnet group exist already, under these names; None makes them.

    Attributes:
        instance: the resource itself.
        identifier: as given, once the instance is there.
        allocated_storage_gib: as given.
        address: the endpoint's host name.
        endpoint: `host:port`.
        final_snapshot_identifier: of the snapshot that deletion makes; None where it makes none.
        secret_arn: the secret with `username` and `password`.
        security_group: the instance's own.
        subnet_group: where the instance stands.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        vpc_id: str,
        subnet_ids: Sequence[str],
        engine_version: str,
        instance_class: str,
        allocated_storage_gib: int,
        database_name: str,
        username: str,
        ca_cert_identifier: str,
        multi_az: bool,
        deletion_protection: bool,
        iam_database_authentication_enabled: bool,
        backups: Backups,
        maintenance: Maintenance,
        max_allocated_storage_gib: int | None = None,
        prevent_destroy: bool = False,
        key: AnyKey | None = None,
        own_parameter_group: bool = False,
        log_exports: LogExports | None = None,
        monitoring: EnhancedMonitoring | None = None,
        insights: DatabaseInsights | None = None,
        restore: Restore | None = None,
        storage_encrypted: bool = True,
        adopted: AdoptedDatabase | None = None,
    ) -> None:
        super().__init__(scope, id)
        self._name = name
        self._identifier = adopted.identifier if adopted else name
        self._key = key
        kms_key_arn = key.arn if key else None
        self._prerequisites: list[ITerraformDependable] = []
        self.security_group = SecurityGroup(
            self,
            "security_group",
            name=f"{name}-database",
            description="MLflow backend store (PostgreSQL)",
            vpc_id=vpc_id,
        )
        self.subnet_group = DbSubnetGroup(
            self,
            "subnet_group",
            name=adopted.subnet_group if adopted else name,
            description="MLflow backend store",
            subnet_ids=list(subnet_ids),
        )
        # The security group's id is new with every deployment, so the name of the last snapshot never meets the one
        # that an earlier deployment of the same name left behind.
        final_snapshot = (
            None if backups.skip_final_snapshot else f"{name}-{self.security_group.security_group_id}"
        )
        optional = {
            **self._parameters(engine_version, wanted=own_parameter_group),
            **self._logs(log_exports),
            **self._monitoring(monitoring),
            **self._insights(insights),
            **(restore.arguments() if restore else {}),
        }
        self.instance = DbInstance(
            self,
            "resource",
            identifier=self._identifier,
            engine="postgres",
            engine_version=engine_version,
            instance_class=instance_class,
            storage_type="gp3",
            allocated_storage=allocated_storage_gib,
            max_allocated_storage=max_allocated_storage_gib,
            # Free of charge, and it cannot be switched on later without a new instance.
            storage_encrypted=storage_encrypted,
            kms_key_id=kms_key_arn,
            db_name=database_name,
            username=username,
            manage_master_user_password=True,
            master_user_secret_kms_key_id=kms_key_arn,
            port=PORT,
            db_subnet_group_name=self.subnet_group.name,
            vpc_security_group_ids=[self.security_group.security_group_id],
            publicly_accessible=False,
            ca_cert_identifier=ca_cert_identifier,
            iam_database_authentication_enabled=iam_database_authentication_enabled,
            multi_az=multi_az,
            backup_retention_period=backups.retention_days,
            backup_window=backups.window,
            delete_automated_backups=backups.delete_automated,
            copy_tags_to_snapshot=True,
            deletion_protection=deletion_protection,
            skip_final_snapshot=backups.skip_final_snapshot,
            final_snapshot_identifier=final_snapshot,
            maintenance_window=maintenance.window,
            auto_minor_version_upgrade=maintenance.auto_minor_version_upgrade,
            # Left out rather than false, as it is of no consequence but for an upgrade.
            allow_major_version_upgrade=maintenance.allow_major_version_upgrade or None,
            apply_immediately=maintenance.apply_immediately,
            lifecycle=TerraformResourceLifecycle(
                prevent_destroy=prevent_destroy or None, ignore_changes=[*RESTORED_ONCE, *KEPT]
            ),
            depends_on=self._prerequisites or None,
            **optional,
        )
        self.final_snapshot_identifier = final_snapshot
        self.allocated_storage_gib = allocated_storage_gib
        self.identifier: str = self.instance.identifier
        self.database_name = database_name
        self.username = username
        self.address: str = self.instance.address
        self.endpoint: str = self.instance.endpoint
        self.secret_arn = self._secret_arn(adopted)

    def _secret_arn(self, adopted: AdoptedDatabase | None) -> str:
        secret_arn = "{}.master_user_secret[0].secret_arn"
        own = secret_arn.format(self.instance.fqn)
        if adopted is None:
            return f"${{{own}}}"
        # The plan that adopts an instance has the password that somebody chose taken over by RDS. Until it is applied
        # there is no secret, and the provider plans as though there never would be one: what is read after the
        # instance is known after the apply, as it should be.
        taken_over = DataAwsDbInstance(
            self, "adopted", db_instance_identifier=adopted.identifier, depends_on=[self.instance]
        )
        return f"${{try({own}, {secret_arn.format(taken_over.fqn)})}}"

    def _parameters(self, engine_version: str, *, wanted: bool) -> dict[str, Any]:
        if not wanted:
            return {}
        parameters = DatabaseParameters(
            self, "parameter_group", name=self._name, engine_version=engine_version
        )
        return {"parameter_group_name": parameters.name}

    def _logs(self, exports: LogExports | None) -> dict[str, Any]:
        if not exports:
            return {}
        groups = log_groups_of(self, exports, identifier=self._identifier)
        self._prerequisites.extend(groups)
        return {"enabled_cloudwatch_logs_exports": list(exports.kinds)}

    def _monitoring(self, monitoring: EnhancedMonitoring | None) -> dict[str, Any]:
        if not monitoring:
            return {}
        role = MonitoringRole(
            self, "monitoring", name=f"{self._name}-database-monitoring", monitoring=monitoring
        )
        self._prerequisites.append(role.permission)
        return {"monitoring_interval": monitoring.interval_seconds, "monitoring_role_arn": role.arn}

    def _insights(self, insights: DatabaseInsights | None) -> dict[str, Any]:
        if not insights:
            return {}
        # AWS kept the names of Performance Insights for what they switch on.
        return {
            "database_insights_mode": insights.mode,
            "performance_insights_enabled": True,
            "performance_insights_kms_key_id": self._key.arn if self._key else None,
            "performance_insights_retention_period": insights.retention_days,
        }

    @property
    def uri(self) -> str:
        """The SQLAlchemy URI, driver named, without a password and with libpq's default port.

        SQLAlchemy 2.1 maps a bare `postgresql://` to psycopg 3, which the image does not have.
        """
        return f"postgresql+psycopg2://{self.username}@{self.address}/{self.database_name}"

    def allow_from(self, service: TrackingService) -> None:
        """Lets the service's tasks connect, and read the current password."""
        connection = Connection(
            service,
            "to_database",
            source=service.security_group,
            target=self.security_group,
            port=PORT,
            description="MLflow server to its backend store",
        )
        service.start_after(*connection.rules)
        service.grant_task("database_password", *self._read_password())

    def _read_password(self) -> list[Statement]:
        """https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html"""
        read = Statement(
            sid="ReadDatabasePassword",
            actions=["secretsmanager:GetSecretValue"],
            resources=[self.secret_arn],
        )
        if self._key is None:
            return [read]
        context = {"SecretARN": self.secret_arn}
        decrypt = self._key.use(
            "DecryptDatabasePassword", actions=["kms:Decrypt"], via="secretsmanager", context=context
        )
        return [read, decrypt]
