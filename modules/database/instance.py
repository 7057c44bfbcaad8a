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

from modules.common.account import Account
from modules.common.alarms import MetricAlarm
from modules.common.log_group import LogGroup
from modules.common.policies import Statement
from modules.common.security_groups import Connection, SecurityGroup
from modules.database.alarms import instance_alarms
from modules.database.monitoring import MonitoringRole
from modules.database.parameters import DatabaseParameters
from modules.database.restore import RESTORED_ONCE, restore_arguments
from modules.database.settings import DatabaseSettings
from modules.database.values import ADVANCED_INSIGHTS_DAYS, FREE_INSIGHTS_DAYS
from modules.encryption.key import AnyKey
from modules.service.service import Service

PORT = 5432
# RDS fixes the KMS key when the instance is created: one that was restored or adopted has another, and Terraform would
# make a new, empty instance to give it ours (https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.Encryption.html).
# The same holds for Extended Support (https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/extended-support-creating-db-instance.html).
KEPT = ("kms_key_id", "engine_lifecycle_support")


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
        settings: the table `database`.
        name: of the security group and, unless they are adopted, of the instance and its subnet group.
        account: whose account and region this is.
        vpc_id, subnet_ids: at least two private subnets in two zones.
        log_retention_days: of the logs that it publishes; a value CloudWatch Logs accepts.
        key: encrypts the storage, the password's secret, logs and Database Insights; None leaves them to AWS's own
            keys. An instance that is there keeps the key it has (`KEPT`).
        prevent_destroy: Terraform then refuses any plan that deletes the instance.
        adopted: the instance and its subnet group exist already, under these names; None makes them.

    Attributes:
        instance: the resource itself.
        identifier: as given, once the instance is there.
        address: the endpoint's host name.
        endpoint: `host:port`.
        final_snapshot_identifier: of the snapshot that deletion makes; None where it makes none.
        secret_arn: the secret with `username` and `password`.
        security_group: the instance's own.
        subnet_group: of the instance.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        settings: DatabaseSettings,
        name: str,
        account: Account,
        vpc_id: str,
        subnet_ids: Sequence[str],
        log_retention_days: int,
        key: AnyKey | None = None,
        prevent_destroy: bool = False,
        adopted: AdoptedDatabase | None = None,
    ) -> None:
        super().__init__(scope, id)
        self._settings = settings
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
        self.final_snapshot_identifier = (
            None if settings.skip_final_snapshot else f"{name}-{self.security_group.security_group_id}"
        )
        optional = {
            **self._parameters(),
            **self._logs(log_retention_days),
            **self._monitoring(account),
            **self._insights(),
            **restore_arguments(settings.restore),
        }
        self.instance = DbInstance(
            self,
            "resource",
            identifier=self._identifier,
            engine="postgres",
            engine_version=settings.engine_version,
            engine_lifecycle_support=settings.engine_lifecycle_support,
            instance_class=settings.instance_class,
            storage_type="gp3",
            allocated_storage=settings.allocated_storage_gib,
            max_allocated_storage=settings.max_allocated_storage_gib or None,
            # Free of charge, and it cannot be switched on later without a new instance.
            storage_encrypted=settings.storage_encrypted,
            kms_key_id=kms_key_arn,
            db_name=settings.name,
            username=settings.username,
            manage_master_user_password=True,
            master_user_secret_kms_key_id=kms_key_arn,
            port=PORT,
            db_subnet_group_name=self.subnet_group.name,
            vpc_security_group_ids=[self.security_group.security_group_id],
            publicly_accessible=False,
            ca_cert_identifier=settings.ca_cert_identifier,
            iam_database_authentication_enabled=settings.iam_database_authentication_enabled,
            multi_az=settings.multi_az,
            backup_retention_period=settings.backup_retention_days,
            backup_window=settings.backup_window,
            delete_automated_backups=settings.delete_automated_backups,
            copy_tags_to_snapshot=True,
            deletion_protection=settings.deletion_protection,
            skip_final_snapshot=settings.skip_final_snapshot,
            final_snapshot_identifier=self.final_snapshot_identifier,
            maintenance_window=settings.maintenance_window,
            auto_minor_version_upgrade=settings.auto_minor_version_upgrade,
            # Left out rather than false, as it is of no consequence but for an upgrade.
            allow_major_version_upgrade=settings.allow_major_version_upgrade or None,
            apply_immediately=settings.apply_immediately,
            lifecycle=TerraformResourceLifecycle(
                prevent_destroy=prevent_destroy or None, ignore_changes=[*RESTORED_ONCE, *KEPT]
            ),
            depends_on=self._prerequisites or None,
            **optional,
        )
        self.identifier: str = self.instance.identifier
        self.database_name = settings.name
        self.username = settings.username
        self.address: str = self.instance.address
        self.endpoint: str = self.instance.endpoint
        self.secret_arn = self._secret_arn(adopted)

    def _secret_arn(self, adopted: AdoptedDatabase | None) -> str:
        secret_arn = "{}.master_user_secret[0].secret_arn"
        own = secret_arn.format(self.instance.fqn)
        if adopted is None:
            return f"${{{own}}}"
        # The plan that adopts an instance hands the password that a person chose over to RDS. Until it is applied
        # there is no secret, and the provider plans as though there never would be one: what is read after the
        # instance is known after the apply, as it should be.
        taken_over = DataAwsDbInstance(
            self, "adopted", db_instance_identifier=adopted.identifier, depends_on=[self.instance]
        )
        return f"${{try({own}, {secret_arn.format(taken_over.fqn)})}}"

    def _parameters(self) -> dict[str, Any]:
        if not self._settings.create_parameter_group:
            return {}
        parameters = DatabaseParameters(
            self, "parameter_group", name=self._name, engine_version=self._settings.engine_version
        )
        return {"parameter_group_name": parameters.name}

    def _logs(self, retention_days: int) -> dict[str, Any]:
        if not self._settings.log_exports:
            return {}
        # Made before the instance: those that RDS makes never expire, and stay when it has gone.
        self._prerequisites.extend(
            LogGroup(
                self,
                kind,
                name=f"/aws/rds/instance/{self._identifier}/{kind}",
                retention_days=retention_days,
                key=self._key,
            ).group
            for kind in self._settings.log_exports
        )
        return {"enabled_cloudwatch_logs_exports": list(self._settings.log_exports)}

    def _monitoring(self, account: Account) -> dict[str, Any]:
        seconds = self._settings.monitoring_interval_seconds
        if not seconds:
            return {}
        role = MonitoringRole(self, "monitoring", name=f"{self._name}-database-monitoring", account=account)
        self._prerequisites.append(role.permission)
        return {"monitoring_interval": seconds, "monitoring_role_arn": role.arn}

    def _insights(self) -> dict[str, Any]:
        if self._settings.database_insights_mode == "off":
            return {}
        # AWS kept the names of Performance Insights for what they switch on.
        return {
            "database_insights_mode": self._settings.database_insights_mode,
            "performance_insights_enabled": True,
            "performance_insights_kms_key_id": self._key.arn if self._key else None,
            "performance_insights_retention_period": ADVANCED_INSIGHTS_DAYS
            if self._settings.database_insights_mode == "advanced"
            else FREE_INSIGHTS_DAYS,
        }

    @property
    def uri(self) -> str:
        """The SQLAlchemy URI, driver named, without a password and with libpq's default port.

        SQLAlchemy 2.1 maps a bare `postgresql://` to psycopg 3, which the image does not have.
        """
        return f"postgresql+psycopg2://{self.username}@{self.address}/{self.database_name}"

    @property
    def retained(self) -> list[str]:
        return [f"RDS snapshot {self.final_snapshot_identifier}"] if self.final_snapshot_identifier else []

    def alarms(self, *, connections: int) -> tuple[MetricAlarm, ...]:
        return instance_alarms(
            self.identifier,
            allocated_storage_gib=self._settings.allocated_storage_gib,
            connections=connections,
        )

    def allow_from(self, service: Service) -> None:
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
