"""What CI reads and changes of the stack's own: published parameters, and what identifies its state."""

from __future__ import annotations

from collections.abc import Mapping

from modules.common.policies import Statement
from modules.common.rights import Narrowed, Rights, Scope

READS: Mapping[str, tuple[str, ...]] = {
    "aws_ssm_parameter": ("ssm:DescribeParameters", "ssm:GetParameter", "ssm:ListTagsForResource"),
    "data.aws_caller_identity": ("sts:GetCallerIdentity",),
    "data.aws_partition": (),
    # Below other names: a right of its own (stacks/identity.py).
    "data.aws_ssm_parameters_by_path": (),
    "data.terraform_remote_state": (),
    "terraform_data": (),
}
CREATES: Mapping[str, tuple[str, ...]] = {
    "aws_ssm_parameter": ("ssm:PutParameter",),
    "terraform_data": (),
}


def changes(scope: Scope) -> list[Statement]:
    """Published parameters."""
    return [
        Statement(
            sid="Publish",
            actions=[
                "ssm:AddTagsToResource",
                "ssm:DeleteParameter",
                "ssm:PutParameter",
                "ssm:RemoveTagsFromResource",
            ],
            resources=scope.arns("ssm", f"parameter{scope.parameter_prefix}*"),
        ),
    ]


def narrowed(scope: Scope) -> list[Narrowed]:
    """What the reads are about, where IAM can narrow it."""
    return [Narrowed("ssm:", scope.arns("ssm", f"parameter{scope.parameter_prefix}*"))]


RIGHTS = Rights(reads=READS, creates=CREATES, narrowed=narrowed, changes=changes)
