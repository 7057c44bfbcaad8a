"""Roles that make roles: what the role of CI may give away, so that it cannot give itself more than it has.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html#access_policies_boundaries-delegate
"""

from __future__ import annotations

from typing import Any

from modules.ci.scope import Scope
from modules.policies import Statement

# What the roles of the platform are for; no other service is handed one.
PASSED_TO = (
    "ecs-tasks.amazonaws.com",
    "monitoring.rds.amazonaws.com",
    "s3.amazonaws.com",
    "vpc-flow-logs.amazonaws.com",
)
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_aws-services-that-work-with-iam.html
LINKED = (
    "ecs.amazonaws.com",
    "ecs.application-autoscaling.amazonaws.com",
    "elasticloadbalancing.amazonaws.com",
    "rds.amazonaws.com",
    "wafv2.amazonaws.com",
)
# AWS's own policies that a role may be given.
ATTACHABLE = ("service-role/AmazonRDSEnhancedMonitoringRole",)


def delegation(scope: Scope, *, ci_name: str) -> list[Statement]:
    """Makes and changes the environment's roles, each with the boundary where there is one; never the roles of CI.

    Args:
        scope: the environment.
        ci_name: what the names of the roles of CI, and of their policies, begin with.
    """
    roles = [scope.iam(f"role/{scope.name}-*")]
    bounded = _bounded(scope)
    attached = [f"arn:{scope.partition}:iam::aws:policy/{name}" for name in ATTACHABLE]
    return [
        Statement(
            sid="GiveRolesRights",
            actions=["iam:CreateRole", "iam:DeleteRolePolicy", "iam:DetachRolePolicy", "iam:PutRolePolicy"],
            resources=roles,
            conditions=bounded or None,
        ),
        Statement(
            sid="AttachAwsPolicies",
            actions=["iam:AttachRolePolicy"],
            resources=roles,
            conditions={"ArnEquals": {**bounded.get("ArnEquals", {}), "iam:PolicyARN": attached}},
        ),
        Statement(
            sid="ChangeRoles",
            actions=[
                "iam:DeleteRole",
                "iam:ListInstanceProfilesForRole",
                "iam:TagRole",
                "iam:UntagRole",
                "iam:UpdateAssumeRolePolicy",
                "iam:UpdateRole",
                "iam:UpdateRoleDescription",
            ],
            resources=roles,
        ),
        Statement(
            sid="PassRoles",
            actions=["iam:PassRole"],
            resources=roles,
            conditions={"StringEquals": {"iam:PassedToService": list(PASSED_TO)}},
        ),
        Statement(
            sid="LinkServices",
            actions=["iam:CreateServiceLinkedRole"],
            resources=[scope.iam("role/aws-service-role/*")],
            conditions={"StringEquals": {"iam:AWSServiceName": list(LINKED)}},
        ),
        *_closed(scope, ci_name),
    ]


def _bounded(scope: Scope) -> dict[str, dict[str, Any]]:
    if scope.permissions_boundary_arn is None:
        return {}
    return {"ArnEquals": {"iam:PermissionsBoundary": scope.permissions_boundary_arn}}


def _closed(scope: Scope, ci_name: str) -> list[Statement]:
    """Refusals, which hold whatever another policy of the role allows."""
    statements = [
        Statement(
            sid="LeaveTheRolesOfCiAlone",
            effect="Deny",
            actions=[
                "iam:Add*",
                "iam:Attach*",
                "iam:Create*",
                "iam:Delete*",
                "iam:Detach*",
                "iam:PassRole",
                "iam:Put*",
                "iam:Remove*",
                "iam:Set*",
                "iam:Tag*",
                "iam:Untag*",
                "iam:Update*",
            ],
            resources=[
                scope.iam(f"role/{ci_name}-*"),
                scope.iam(f"policy/{ci_name}-*"),
                scope.iam("oidc-provider/*"),
            ],
        ),
        Statement(
            sid="KeepBoundaries",
            effect="Deny",
            actions=["iam:DeleteRolePermissionsBoundary"],
            resources=["*"],
        ),
    ]
    if scope.permissions_boundary_arn is not None:
        statements.append(
            Statement(
                sid="LeaveTheBoundaryAlone",
                effect="Deny",
                actions=[
                    "iam:CreatePolicyVersion",
                    "iam:DeletePolicy",
                    "iam:DeletePolicyVersion",
                    "iam:SetDefaultPolicyVersion",
                ],
                resources=[scope.permissions_boundary_arn],
            )
        )
    return statements
