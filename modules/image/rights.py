"""What CI reads and changes of the repository, and how it pushes the image."""

from __future__ import annotations

from collections.abc import Mapping

from modules.common.policies import Statement
from modules.common.rights import Narrowed, Rights, Scope

READS: Mapping[str, tuple[str, ...]] = {
    "aws_ecr_lifecycle_policy": ("ecr:GetLifecyclePolicy",),
    "aws_ecr_repository": ("ecr:DescribeRepositories", "ecr:ListTagsForResource"),
    "data.aws_ecr_authorization_token": ("ecr:GetAuthorizationToken",),
    # The Docker provider asks the registry whether the tag is there.
    "docker_registry_image": ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"),
}
CREATES: Mapping[str, tuple[str, ...]] = {
    "aws_ecr_lifecycle_policy": ("ecr:PutLifecyclePolicy",),
    "aws_ecr_repository": ("ecr:CreateRepository",),
    "docker_registry_image": (
        "ecr:InitiateLayerUpload",
        "ecr:UploadLayerPart",
        "ecr:CompleteLayerUpload",
        "ecr:PutImage",
    ),
}


def changes(scope: Scope) -> list[Statement]:
    """The repository and its images."""
    repository = _repository(scope)
    return [
        Statement(
            sid="ChangeRepository",
            actions=[
                "ecr:CreateRepository",
                "ecr:DeleteLifecyclePolicy",
                "ecr:PutImageScanningConfiguration",
                "ecr:PutImageTagMutability",
                "ecr:PutLifecyclePolicy",
                "ecr:TagResource",
                "ecr:UntagResource",
            ],
            resources=repository,
        ),
        Statement(
            sid="PushImage",
            actions=[
                "ecr:BatchCheckLayerAvailability",
                "ecr:CompleteLayerUpload",
                "ecr:InitiateLayerUpload",
                "ecr:PutImage",
                "ecr:UploadLayerPart",
            ],
            resources=repository,
        ),
    ]


def _repository(scope: Scope) -> list[str]:
    return scope.arns("ecr", f"repository/{scope.names.repository}")


def narrowed(scope: Scope) -> list[Narrowed]:
    """What the reads are about, where IAM can narrow it."""
    return [Narrowed("ecr:", _repository(scope))]


RIGHTS = Rights(reads=READS, creates=CREATES, narrowed=narrowed, changes=changes)
