"""What an apply changes of what runs."""

from __future__ import annotations

from modules.access.ci.scope import Scope
from modules.common.policies import Statement


def service(scope: Scope) -> list[Statement]:
    """Image, cluster, service, its scaling, and published parameters."""
    name, names = scope.name, scope.names
    service_arn = scope.arn("ecs", f"service/{name}/{name}")
    repository = scope.arns("ecr", f"repository/{names.repository}")
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
