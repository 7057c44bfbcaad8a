"""Roles that make roles: what the role of CI may give away, so that it cannot give itself more than it has.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html#access_policies_boundaries-delegate
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modules.common.names import CI_ROLES, OPTIONAL_ROLES, PEOPLES_ROLES, SERVICE_ROLES
from modules.common.policies import Statement
from modules.common.rights import Narrowed, Rights, Scope

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

READS: Mapping[str, tuple[str, ...]] = {
    "aws_iam_openid_connect_provider": ("iam:GetOpenIDConnectProvider",),
    "aws_iam_policy": ("iam:GetPolicy", "iam:GetPolicyVersion"),
    "aws_iam_role": ("iam:GetRole", "iam:ListRolePolicies", "iam:ListAttachedRolePolicies"),
    "aws_iam_role_policy": ("iam:GetRolePolicy",),
    "aws_iam_role_policy_attachment": ("iam:ListAttachedRolePolicies",),
}
CREATES: Mapping[str, tuple[str, ...]] = {
    "aws_iam_role": ("iam:CreateRole",),
    "aws_iam_role_policy": ("iam:PutRolePolicy",),
    "aws_iam_role_policy_attachment": ("iam:AttachRolePolicy",),
}
BY_A_PERSON = ("aws_iam_openid_connect_provider", "aws_iam_policy")


def changes(scope: Scope) -> list[Statement]:
    """Changes what the environment's roles may do, each with the boundary where there is one; never the roles of CI.

    It makes and deletes the roles that only an option needs. Who may assume a role is a person's to say: trust policies
    are not changed, and a role that could then be created again with another one is not deleted.
    """
    services = scope.roles(*SERVICE_ROLES)
    roles = [*services, *scope.roles(*PEOPLES_ROLES)]
    optional = scope.roles(*OPTIONAL_ROLES)
    monitoring = scope.roles("database-monitoring")
    bounded = _bounded(scope)
    attached = [f"arn:{scope.partition}:iam::aws:policy/{name}" for name in ATTACHABLE]
    return [
        Statement(
            sid="MakeRoles",
            actions=["iam:CreateRole"],
            resources=optional,
            conditions=bounded or None,
        ),
        Statement(
            sid="DeleteRoles",
            actions=["iam:DeleteRole", "iam:ListInstanceProfilesForRole"],
            resources=optional,
        ),
        Statement(
            sid="GiveRolesRights",
            actions=["iam:DeleteRolePolicy", "iam:PutRolePolicy"],
            resources=roles,
            conditions=bounded or None,
        ),
        Statement(
            sid="AttachAwsPolicies",
            actions=["iam:AttachRolePolicy", "iam:DetachRolePolicy"],
            resources=monitoring,
            conditions={"ArnEquals": {**bounded.get("ArnEquals", {}), "iam:PolicyARN": attached}},
        ),
        Statement(
            sid="ChangeRoles",
            actions=["iam:TagRole", "iam:UntagRole", "iam:UpdateRole"],
            resources=roles,
        ),
        Statement(
            sid="PassRoles",
            actions=["iam:PassRole"],
            resources=services,
            conditions={"StringEquals": {"iam:PassedToService": list(PASSED_TO)}},
        ),
        Statement(
            sid="LinkServices",
            actions=["iam:CreateServiceLinkedRole"],
            resources=[scope.iam("role/aws-service-role/*")],
            conditions={"StringEquals": {"iam:AWSServiceName": list(LINKED)}},
        ),
        *_closed(scope),
    ]


def _bounded(scope: Scope) -> dict[str, dict[str, Any]]:
    if scope.permissions_boundary_arn is None:
        return {}
    return {"ArnEquals": {"iam:PermissionsBoundary": scope.permissions_boundary_arn}}


def _closed(scope: Scope) -> list[Statement]:
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
            resources=[*scope.roles(*CI_ROLES), scope.ci_policies, scope.iam("oidc-provider/*")],
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


def narrowed(scope: Scope) -> list[Narrowed]:
    """What the reads are about, where IAM can narrow it."""
    return [
        Narrowed(
            "iam:",
            [
                *scope.roles(*SERVICE_ROLES, *PEOPLES_ROLES, *CI_ROLES),
                scope.ci_policies,
                scope.iam("oidc-provider/token.actions.githubusercontent.com"),
            ],
        )
    ]


RIGHTS = Rights(
    reads=READS,
    creates=CREATES,
    by_a_person=BY_A_PERSON,
    narrowed=narrowed,
    changes=changes,
)
