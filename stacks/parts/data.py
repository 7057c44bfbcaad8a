"""What is kept: the database and the artifact store."""

from __future__ import annotations

from constructs import Construct

from modules.account import Account
from modules.artifact_store import ArtifactStore
from modules.database import AdoptedDatabase, Database
from stacks.parts.network import AnyNetwork
from stacks.settings import EnvironmentSettings
from stacks.settings.tables import AdoptSettings


def database_of(scope: Construct, *, settings: EnvironmentSettings, network: AnyNetwork) -> Database:
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
        database_name=database.name,
        username=database.username,
        backup_retention_days=database.backup_retention_days,
        multi_az=database.multi_az,
        deletion_protection=database.deletion_protection,
        skip_final_snapshot=database.skip_final_snapshot,
        apply_immediately=database.apply_immediately,
        prevent_destroy=settings.protected,
        storage_encrypted=database.storage_encrypted,
        adopted=_adopted(settings.adopt),
    )


def _adopted(adopt: AdoptSettings) -> AdoptedDatabase | None:
    if adopt.database_instance is None or adopt.database_subnet_group is None:
        return None
    return AdoptedDatabase(identifier=adopt.database_instance, subnet_group=adopt.database_subnet_group)


def artifact_store_of(scope: Construct, *, settings: EnvironmentSettings, account: Account) -> ArtifactStore:
    """The bucket of the artifacts."""
    store = settings.artifact_store
    return ArtifactStore(
        scope,
        "artifact_store",
        # Bucket names are shared by all AWS accounts: number and region make this one ours.
        bucket_name=settings.adopt.artifact_bucket
        or f"{settings.full_name}-artifacts-{account.account_id}-{settings.region}",
        force_destroy=store.force_destroy,
        prevent_destroy=settings.protected,
        noncurrent_version_retention_days=store.noncurrent_version_retention_days,
    )
