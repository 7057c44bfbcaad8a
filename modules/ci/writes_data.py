"""What an apply changes of what holds data."""

from __future__ import annotations

from modules.ci.scope import Scope
from modules.policies import Statement


def data(scope: Scope) -> list[Statement]:
    """Database, its secret, buckets, keys; none of them is deleted."""
    name = scope.name
    return [
        Statement(
            sid="ChangeDatabase",
            actions=[
                "rds:AddTagsToResource",
                "rds:CreateDBInstance",
                "rds:CreateDBParameterGroup",
                "rds:CreateDBSubnetGroup",
                "rds:DeleteDBParameterGroup",
                "rds:ModifyDBInstance",
                "rds:ModifyDBParameterGroup",
                "rds:ModifyDBSubnetGroup",
                "rds:RebootDBInstance",
                "rds:RemoveTagsFromResource",
                "rds:ResetDBParameterGroup",
            ],
            resources=scope.arns(
                "rds", f"db:{name}", f"pg:{name}*", "pg:default.*", "og:default:*", f"subgrp:{name}*"
            ),
        ),
        # RDS makes the secret of its password with the rights of who makes the instance
        # (https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html#rds-secrets-manager-permissions).
        Statement(
            sid="MakeSecrets",
            actions=[
                "secretsmanager:CreateSecret",
                "secretsmanager:PutResourcePolicy",
                "secretsmanager:TagResource",
                "secretsmanager:UntagResource",
                "secretsmanager:UpdateSecret",
            ],
            resources=scope.arns("secretsmanager", f"secret:{name}*", "secret:rds!db-*"),
        ),
        Statement(
            sid="ChangeBuckets",
            actions=[
                "s3:CreateBucket",
                "s3:DeleteBucketPolicy",
                "s3:PutBucketLogging",
                "s3:PutBucketObjectLockConfiguration",
                "s3:PutBucketOwnershipControls",
                "s3:PutBucketPolicy",
                "s3:PutBucketPublicAccessBlock",
                "s3:PutBucketTagging",
                "s3:PutBucketVersioning",
                "s3:PutEncryptionConfiguration",
                "s3:PutLifecycleConfiguration",
                "s3:PutReplicationConfiguration",
            ],
            resources=[scope.buckets],
        ),
        Statement(
            sid="ChangeKeys",
            actions=[
                "kms:EnableKeyRotation",
                "kms:PutKeyPolicy",
                "kms:TagResource",
                "kms:UntagResource",
                "kms:UpdateKeyDescription",
            ],
            resources=scope.arns("kms", "key/*"),
            conditions=scope.tagged,
        ),
        Statement(
            sid="NameKeys",
            actions=["kms:CreateAlias", "kms:DeleteAlias", "kms:UpdateAlias"],
            resources=scope.arns("kms", f"alias/{name}*", "key/*"),
            conditions=scope.tagged_if_at_all,
        ),
        # What is made with a key of ours: the service takes a grant on it.
        Statement(
            sid="LetServicesUseKeys",
            actions=["kms:CreateGrant"],
            resources=scope.arns("kms", "key/*"),
            conditions={**scope.tagged, "Bool": {"kms:GrantIsForAWSResource": "true"}},
        ),
        Statement(
            sid="EncryptSecrets",
            actions=["kms:Decrypt", "kms:GenerateDataKey"],
            resources=scope.arns("kms", "key/*"),
            conditions={**scope.tagged, "StringLike": {"kms:ViaService": "secretsmanager.*"}},
        ),
    ]
