"""What is kept beside the database: the artifact store."""

from __future__ import annotations

from constructs import Construct

from modules.account import Account
from modules.artifact_store import ArtifactStore
from stacks.settings import EnvironmentSettings


def artifact_store_of(scope: Construct, *, settings: EnvironmentSettings, account: Account) -> ArtifactStore:
    """The bucket of the artifacts."""
    store = settings.artifact_store
    return ArtifactStore(
        scope,
        "artifact_store",
        # Bucket names are shared by all AWS accounts: number and region make this one ours.
        bucket_name=f"{settings.full_name}-artifacts-{account.account_id}-{settings.region}",
        force_destroy=store.force_destroy,
        prevent_destroy=settings.protected,
        noncurrent_version_retention_days=store.noncurrent_version_retention_days,
    )
