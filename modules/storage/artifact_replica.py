"""A copy of the artifacts in another bucket, of another region or account, made by S3 as they are uploaded."""

from __future__ import annotations

from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.iam_role_policy import IamRolePolicy
from cdktf_cdktf_provider_aws.s3_bucket_replication_configuration import (
    S3BucketReplicationConfigurationA,
    S3BucketReplicationConfigurationRule,
    S3BucketReplicationConfigurationRuleDeleteMarkerReplication,
    S3BucketReplicationConfigurationRuleDestination,
    S3BucketReplicationConfigurationRuleDestinationAccessControlTranslation,
    S3BucketReplicationConfigurationRuleDestinationEncryptionConfiguration,
    S3BucketReplicationConfigurationRuleFilter,
    S3BucketReplicationConfigurationRuleSourceSelectionCriteria,
    S3BucketReplicationConfigurationRuleSourceSelectionCriteriaSseKmsEncryptedObjects,
)
from constructs import Construct

from modules.common.policies import Statement, policy_document
from modules.encryption.key import use_of
from modules.storage.artifact_store import ArtifactStore
from modules.storage.settings import ReplicaSettings


class ArtifactReplica(Construct):
    """Replicates what is uploaded from now on to an existing bucket that keeps versions
    (https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication.html).

    Deletions are not replicated: objects deleted here are still in the copy.

    Args:
        settings: the table `artifact_store.replica`. In another account, the copies belong to that account, and its
            bucket policy has to allow the role what docs/production/data.md says. Without a key for the copies, the
            other bucket encrypts them, which S3 refuses where the store has a key.
        store: what is replicated.
        role_name: of the role that S3 takes for it.

    Attributes:
        role_arn: of the role, for the other bucket's policy and the other key's.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        settings: ReplicaSettings,
        store: ArtifactStore,
        role_name: str,
    ) -> None:
        super().__init__(scope, id)
        bucket_arn, account_id, key_arn = settings.bucket_arn, settings.account_id, settings.kms_key_arn
        role = IamRole(
            self,
            "role",
            name=role_name,
            description=f"S3 copies the artifacts to {bucket_arn}",
            # As S3's guide has it, without a condition: to let S3 use a role requires iam:PassRole.
            assume_role_policy=policy_document(
                Statement(
                    sid="Assume", actions=["sts:AssumeRole"], principals={"Service": "s3.amazonaws.com"}
                )
            ),
        )
        statements = [*_read(store), *_write(bucket_arn, account_id, key_arn)]
        policy = IamRolePolicy(
            self, "policy", role=role.id, name="replication", policy=policy_document(*statements)
        )
        S3BucketReplicationConfigurationA(
            self,
            "resource",
            bucket=store.bucket.id,
            role=role.arn,
            rule=[_rule(store, bucket_arn, account_id, key_arn)],
            depends_on=[store.versioning, policy],
        )
        self.role = role
        self.role_arn: str = role.arn


def _rule(
    store: ArtifactStore, bucket_arn: str, account_id: str | None, key_arn: str | None
) -> S3BucketReplicationConfigurationRule:
    to_them = S3BucketReplicationConfigurationRuleDestinationAccessControlTranslation(owner="Destination")
    their_key = S3BucketReplicationConfigurationRuleDestinationEncryptionConfiguration(
        replica_kms_key_id=key_arn or ""
    )
    encrypted = S3BucketReplicationConfigurationRuleSourceSelectionCriteriaSseKmsEncryptedObjects(
        status="Enabled"
    )
    return S3BucketReplicationConfigurationRule(
        id="everything",
        status="Enabled",
        priority=1,
        filter=S3BucketReplicationConfigurationRuleFilter(prefix=""),
        delete_marker_replication=S3BucketReplicationConfigurationRuleDeleteMarkerReplication(
            status="Disabled"
        ),
        # By default S3 does not replicate objects that are encrypted with a KMS key.
        source_selection_criteria=S3BucketReplicationConfigurationRuleSourceSelectionCriteria(
            sse_kms_encrypted_objects=encrypted
        )
        if store.key
        else None,
        destination=S3BucketReplicationConfigurationRuleDestination(
            bucket=bucket_arn,
            account=account_id,
            access_control_translation=to_them if account_id else None,
            encryption_configuration=their_key if key_arn else None,
        ),
    )


def _read(store: ArtifactStore) -> list[Statement]:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html"""
    statements = [
        Statement(
            sid="ReadWhatToReplicate",
            actions=["s3:GetReplicationConfiguration", "s3:ListBucket"],
            resources=[store.bucket_arn],
        ),
        Statement(
            sid="ReadVersions",
            actions=[
                "s3:GetObjectVersionForReplication",
                "s3:GetObjectVersionAcl",
                "s3:GetObjectVersionTagging",
                "s3:GetObjectRetention",
                "s3:GetObjectLegalHold",
            ],
            resources=[f"{store.bucket_arn}/*"],
        ),
    ]
    if store.key:
        statements.append(
            store.key.use(
                "DecryptArtifacts", actions=["kms:Decrypt"], via="s3", context=store.encryption_context
            )
        )
    return statements


def _write(bucket_arn: str, account_id: str | None, key_arn: str | None) -> list[Statement]:
    actions = ["s3:ReplicateObject", "s3:ReplicateTags"]
    if account_id:
        actions.append("s3:ObjectOwnerOverrideToBucketOwner")
    statements = [Statement(sid="WriteCopies", actions=actions, resources=[f"{bucket_arn}/*"])]
    if key_arn:
        statements.append(
            use_of(
                key_arn,
                "EncryptCopies",
                actions=["kms:Encrypt", "kms:GenerateDataKey"],
                via="s3",
                context={"aws:s3:arn": [bucket_arn, f"{bucket_arn}/*"]},
                region=key_arn.split(":")[3],
            )
        )
    return statements
