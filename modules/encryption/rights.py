"""What CI reads and changes of KMS keys."""

from __future__ import annotations

from collections.abc import Mapping

from modules.common.policies import Statement
from modules.common.rights import Narrowed, Rights, Scope

READS: Mapping[str, tuple[str, ...]] = {
    "aws_kms_alias": ("kms:ListAliases",),
    "aws_kms_key": (
        "kms:DescribeKey",
        "kms:GetKeyPolicy",
        "kms:GetKeyRotationStatus",
        "kms:ListResourceTags",
    ),
}
CREATES: Mapping[str, tuple[str, ...]] = {
    "aws_kms_alias": ("kms:CreateAlias",),
}
BY_A_PERSON = ("aws_kms_key",)


def changes(scope: Scope) -> list[Statement]:
    """Keys and their aliases; no key is made or deleted."""
    return [
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


def narrowed(scope: Scope) -> list[Narrowed]:
    """What the reads are about, where IAM can narrow it."""
    return [Narrowed("kms:", scope.arns("kms", "key/*"), scope.tagged)]


RIGHTS = Rights(
    reads=READS,
    creates=CREATES,
    by_a_person=BY_A_PERSON,
    narrowed=narrowed,
    changes=changes,
)
