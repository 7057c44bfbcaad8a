"""What CI reads and changes of the cluster, the service and the secrets that the server fills."""

from __future__ import annotations

from collections.abc import Mapping

from modules.common.policies import Statement
from modules.common.rights import Narrowed, Rights, Scope

READS: Mapping[str, tuple[str, ...]] = {
    "aws_appautoscaling_policy": ("application-autoscaling:DescribeScalingPolicies",),
    "aws_appautoscaling_target": (
        "application-autoscaling:DescribeScalableTargets",
        "application-autoscaling:ListTagsForResource",
    ),
    "aws_ecs_cluster": ("ecs:DescribeClusters", "ecs:ListTagsForResource"),
    "aws_ecs_cluster_capacity_providers": ("ecs:DescribeClusters",),
    "aws_ecs_service": ("ecs:DescribeServices", "ecs:ListTagsForResource"),
    "aws_ecs_task_definition": ("ecs:DescribeTaskDefinition", "ecs:ListTagsForResource"),
    "aws_secretsmanager_secret": ("secretsmanager:DescribeSecret", "secretsmanager:GetResourcePolicy"),
}
CREATES: Mapping[str, tuple[str, ...]] = {
    "aws_appautoscaling_policy": ("application-autoscaling:PutScalingPolicy",),
    "aws_ecs_cluster": ("ecs:CreateCluster",),
    "aws_ecs_cluster_capacity_providers": ("ecs:PutClusterCapacityProviders",),
    "aws_ecs_service": ("ecs:CreateService",),
    "aws_ecs_task_definition": ("ecs:RegisterTaskDefinition", "iam:PassRole"),
}
# A secret of a key of one's own is made with the right to use that key.
BY_A_PERSON = ("aws_appautoscaling_target", "aws_secretsmanager_secret")


def changes(scope: Scope) -> list[Statement]:
    """Cluster, service, its scaling, its secrets."""
    name = scope.name
    service_arn = scope.arn("ecs", f"service/{name}/{name}")
    return [
        Statement(
            sid="DefineTasks",
            actions=["ecs:RegisterTaskDefinition"],
            resources=scope.arns("ecs", f"task-definition/{name}:*"),
            conditions=scope.tagging,
        ),
        Statement(sid="RetireTasks", actions=["ecs:DeregisterTaskDefinition"], resources=["*"]),
        Statement(
            sid="RunService",
            actions=[
                "ecs:CreateCluster",
                "ecs:CreateService",
                "ecs:DeleteService",
                "ecs:PutClusterCapacityProviders",
                "ecs:TagResource",
                "ecs:UntagResource",
                "ecs:UpdateCluster",
                "ecs:UpdateClusterSettings",
                "ecs:UpdateService",
            ],
            resources=[*scope.arns("ecs", f"cluster/{name}", f"task-definition/{name}:*"), service_arn],
        ),
        # AWS provider 6.4 and later waits for a deployment by these; not tried with such a provider.
        Statement(
            sid="FollowDeployments",
            actions=["ecs:DescribeServiceDeployments", "ecs:ListServiceDeployments"],
            resources=[service_arn, scope.arn("ecs", f"service-deployment/{name}/{name}/*")],
        ),
        # A target has no name. It is the environment's by its tags, so a person makes it.
        Statement(
            sid="ScaleService",
            actions=[
                "application-autoscaling:DeleteScalingPolicy",
                "application-autoscaling:DeregisterScalableTarget",
                "application-autoscaling:PutScalingPolicy",
                "application-autoscaling:RegisterScalableTarget",
                "application-autoscaling:TagResource",
                "application-autoscaling:UntagResource",
            ],
            resources=scope.arns("application-autoscaling", "scalable-target/*"),
            conditions=scope.tagged,
        ),
        # Neither their values nor their key: `secretsmanager:UpdateSecret` can change both.
        Statement(
            sid="TagSecrets",
            actions=["secretsmanager:TagResource", "secretsmanager:UntagResource"],
            resources=scope.arns("secretsmanager", *scope.names.secrets),
        ),
    ]


def narrowed(scope: Scope) -> list[Narrowed]:
    """What the reads are about, where IAM can narrow it."""
    return [
        Narrowed(
            "application-autoscaling:ListTags",
            scope.arns("application-autoscaling", "scalable-target/*"),
            scope.tagged,
        ),
        Narrowed(
            "ecs:",
            scope.arns(
                "ecs",
                f"cluster/{scope.name}",
                f"service/{scope.name}/{scope.name}",
                f"task-definition/{scope.name}:*",
            ),
        ),
        Narrowed("secretsmanager:", scope.arns("secretsmanager", *scope.names.secrets)),
    ]


RIGHTS = Rights(
    reads=READS,
    creates=CREATES,
    by_a_person=BY_A_PERSON,
    narrowed=narrowed,
    changes=changes,
)
