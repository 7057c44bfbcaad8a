"""The backend store: RDS for PostgreSQL, its password made, kept and rotated by RDS in Secrets Manager."""

from __future__ import annotations

from collections.abc import Sequence

from cdktf import TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.db_instance import DbInstance
from cdktf_cdktf_provider_aws.db_subnet_group import DbSubnetGroup
from constructs import Construct

from modules.policies import Statement
from modules.security_groups import Connection, SecurityGroup
from modules.tracking_service import TrackingService

PORT = 5432


class Database(Construct):
    """A PostgreSQL instance in private subnets, encrypted, open to nobody until `allow_from` is called.

    RDS makes the master password and keeps it in Secrets Manager
    (https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html): it is in no plan and no state.

    Args:
        name: the instance identifier.
        vpc_id, subnet_ids: at least two private subnets in two zones.
        engine_version: a PostgreSQL major version (`16`), which lets RDS choose the minor one, or both (`16.8`).
        instance_class: such as `db.t4g.micro`.
        allocated_storage_gib: gp3, at least 20 GiB.
        database_name, username: created with the instance; changing either makes a new instance.
        backup_retention_days: 0 (no backups) to 35.
        multi_az: a standby in a second zone.
        deletion_protection: RDS then refuses to delete the instance.
        skip_final_snapshot: False keeps a snapshot when the instance is deleted.
        prevent_destroy: Terraform then refuses any plan that deletes the instance.
        apply_immediately: True makes changes at once rather than in the maintenance window.

    Attributes:
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
        backup_retention_days: int,
        multi_az: bool,
        deletion_protection: bool,
        skip_final_snapshot: bool,
        apply_immediately: bool,
        prevent_destroy: bool = False,
    ) -> None:
        super().__init__(scope, id)
        self.security_group = SecurityGroup(
            self,
            "security_group",
            name=f"{name}-database",
            description="MLflow backend store (PostgreSQL)",
            vpc_id=vpc_id,
        )
        self.subnet_group = DbSubnetGroup(
            self, "subnet_group", name=name, description="MLflow backend store", subnet_ids=list(subnet_ids)
        )
        # The security group's id is new with every deployment, so the name of the last snapshot never meets the one
        # that an earlier deployment of the same name left behind.
        final_snapshot = None if skip_final_snapshot else f"{name}-{self.security_group.security_group_id}"
        instance = DbInstance(
            self,
            "resource",
            identifier=name,
            engine="postgres",
            engine_version=engine_version,
            instance_class=instance_class,
            storage_type="gp3",
            allocated_storage=allocated_storage_gib,
            # Free of charge, and it cannot be switched on later without a new instance.
            storage_encrypted=True,
            db_name=database_name,
            username=username,
            manage_master_user_password=True,
            port=PORT,
            db_subnet_group_name=self.subnet_group.name,
            vpc_security_group_ids=[self.security_group.security_group_id],
            publicly_accessible=False,
            multi_az=multi_az,
            backup_retention_period=backup_retention_days,
            copy_tags_to_snapshot=True,
            deletion_protection=deletion_protection,
            skip_final_snapshot=skip_final_snapshot,
            final_snapshot_identifier=final_snapshot,
            apply_immediately=apply_immediately,
            lifecycle=TerraformResourceLifecycle(prevent_destroy=True) if prevent_destroy else None,
        )
        self.final_snapshot_identifier = final_snapshot
        self.allocated_storage_gib = allocated_storage_gib
        self.identifier: str = instance.identifier
        self.database_name = database_name
        self.username = username
        self.address: str = instance.address
        self.endpoint: str = instance.endpoint
        self.secret_arn: str = f"${{{instance.fqn}.master_user_secret[0].secret_arn}}"

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
        service.grant_task(
            "database_password",
            Statement(
                sid="ReadDatabasePassword",
                actions=["secretsmanager:GetSecretValue"],
                resources=[self.secret_arn],
            ),
        )
