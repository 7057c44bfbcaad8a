"""What is kept beside the database: the artifact store."""

from __future__ import annotations

from constructs import Construct

from modules.common.account import Account
from modules.common.private_bucket import Transition
from modules.encryption.key import AnyKey
from modules.storage.artifact_replica import ArtifactReplica
from modules.storage.artifact_store import ArtifactStore, ObjectLock
from modules.storage.log_bucket import LogBucket
from stacks.settings import EnvironmentSettings


def artifact_store_of(
    scope: Construct,
    *,
    settings: EnvironmentSettings,
    account: Account,
    key: AnyKey | None,
    log_bucket: LogBucket | None,
) -> ArtifactStore:
    """The bucket of the artifacts; its requests are logged to `log_bucket`, or to the one that the settings name."""
    store = settings.artifact_store
    # Bucket names are shared by all AWS accounts: number and region make this one ours.
    usual_name = f"{settings.full_name}-artifacts-{account.account_id}-{settings.region}"
    bucket_name = settings.adopt.artifact_bucket or usual_name
    made = ArtifactStore(
        scope,
        "artifact_store",
        bucket_name=bucket_name,
        force_destroy=store.force_destroy,
        prevent_destroy=settings.protected,
        noncurrent_version_retention_days=store.noncurrent_version_retention_days,
        key=key,
        transition=Transition(days=store.transition_days, storage_class=store.transition_storage_class)
        if store.transition_days is not None
        else None,
        object_lock=ObjectLock(mode=store.object_lock_mode, days=store.object_lock_days)
        if store.object_lock_mode and store.object_lock_days
        else None,
    )
    if store.access_log_bucket:
        made.log_requests_to(store.access_log_bucket, prefix=f"{bucket_name}/")
    elif log_bucket:
        prefix = log_bucket.allow_access_logs_of(bucket_name)
        made.log_requests_to(log_bucket.bucket_name, prefix=prefix, after=[log_bucket.policy])
    return made


def artifact_replica_of(
    scope: Construct, *, settings: EnvironmentSettings, store: ArtifactStore
) -> ArtifactReplica | None:
    """The copy in another team's bucket, where one is named."""
    copy = settings.artifact_store
    if copy.replica_bucket_arn is None:
        return None
    return ArtifactReplica(
        scope,
        "artifact_replica",
        store=store,
        role_name=f"{settings.full_name}-artifact-replica",
        bucket_arn=copy.replica_bucket_arn,
        account_id=copy.replica_account_id,
        key_arn=copy.replica_kms_key_arn,
    )
