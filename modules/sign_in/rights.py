"""What CI reads and changes of the sign-in rules."""

from __future__ import annotations

from collections.abc import Mapping

from modules.common.policies import Statement
from modules.common.rights import Narrowed, Rights, Scope

READS: Mapping[str, tuple[str, ...]] = {
    "aws_cloudformation_stack": (
        "cloudformation:DescribeStackEvents",
        "cloudformation:DescribeStacks",
        "cloudformation:GetTemplate",
    ),
}
CREATES: Mapping[str, tuple[str, ...]] = {
    "aws_cloudformation_stack": ("cloudformation:CreateStack",),
}


def changes(scope: Scope) -> list[Statement]:
    """The sign-in rules, with the role's own rights: CloudFormation is given no other role, and reads the client's
    secret with them (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html,
    aws:CalledVia)."""
    stack = Statement(
        sid="SignIn",
        actions=[
            "cloudformation:CreateStack",
            "cloudformation:DeleteStack",
            "cloudformation:TagResource",
            "cloudformation:UpdateStack",
        ],
        resources=scope.arns("cloudformation", f"stack/{scope.names.sign_in_stack}/*"),
    )
    if scope.client_secret_arn is None:
        return [stack]
    return [
        stack,
        Statement(
            sid="ReadClientSecret",
            actions=["secretsmanager:GetSecretValue"],
            resources=[scope.client_secret_arn],
            conditions={"ForAnyValue:StringEquals": {"aws:CalledVia": ["cloudformation.amazonaws.com"]}},
        ),
    ]


def narrowed(scope: Scope) -> list[Narrowed]:
    """What the reads are about, where IAM can narrow it."""
    return [Narrowed("cloudformation:", scope.arns("cloudformation", f"stack/{scope.names.sign_in_stack}/*"))]


RIGHTS = Rights(reads=READS, creates=CREATES, narrowed=narrowed, changes=changes)
