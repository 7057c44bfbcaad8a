"""What an apply changes of what holds data."""

from __future__ import annotations

from modules.access.ci.scope import Scope
from modules.common.policies import Statement


def data(scope: Scope) -> list[Statement]:
    """Database, buckets, keys. None of them is deleted, and the database is not made: RDS would make the secret of its
    password with the rights of who makes it, and these reach any secret of RDS."""
    names = scope.names
    own = scope.arns(
        "rds", f"db:{names.database}", f"pg:{names.parameter_group}", f"subgrp:{names.subnet_group}"
    )
    return [
        Statement(
            sid="ChangeDatabase",
            actions=[
                "rds:AddTagsToResource",
                "rds:CreateDBParameterGroup",
                "rds:DeleteDBParameterGroup",
                "rds:ModifyDBParameterGroup",
                "rds:ModifyDBSubnetGroup",
                "rds:RemoveTagsFromResource",
                "rds:ResetDBParameterGroup",
            ],
            resources=own,
        ),
        # Which may name RDS's own groups, too.
        Statement(
            sid="ChangeInstance",
            actions=["rds:ModifyDBInstance"],
            resources=[*own, *scope.arns("rds", "pg:default.*", "og:default:*")],
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
            resources=scope.buckets,
        ),
        Statement(
            sid="ChangeKeys",
            actions=[
                "kms:CreateAlias",
                "kms:DeleteAlias",
                "kms:EnableKeyRotation",
                "kms:PutKeyPolicy",
                "kms:TagResource",
                "kms:UntagResource",
                "kms:UpdateAlias",
                "kms:UpdateKeyDescription",
            ],
            resources=scope.arns("kms", "key/*"),
            conditions=scope.tagged,
        ),
        Statement(
            sid="NameKeys",
            actions=["kms:CreateAlias", "kms:DeleteAlias", "kms:UpdateAlias"],
            resources=scope.arns("kms", f"alias/{scope.name}"),
        ),
        # What is made with a key of ours: the service takes a grant on it.
        Statement(
            sid="LetServicesUseKeys",
            actions=["kms:CreateGrant"],
            resources=scope.arns("kms", "key/*"),
            conditions={**scope.tagged, "Bool": {"kms:GrantIsForAWSResource": "true"}},
        ),
    ]
