"""What an apply changes of what runs."""

from __future__ import annotations

from modules.ci.scope import Scope
from modules.policies import Statement


def service(scope: Scope) -> list[Statement]:
    """Image, cluster, service, its scaling, logs, alarms and published parameters."""
    name = scope.name
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
            resources=scope.arns("ecr", f"repository/{name}"),
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
            resources=scope.arns("ecr", f"repository/{name}"),
        ),
        Statement(sid="ScanImages", actions=["ecr:PutRegistryScanningConfiguration"], resources=["*"]),
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
            resources=scope.arns("ecs", f"cluster/{name}", f"service/{name}/*", f"task-definition/{name}:*"),
        ),
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
        ),
        Statement(
            sid="KeepLogs",
            actions=[
                "logs:AssociateKmsKey",
                "logs:CreateLogGroup",
                "logs:DeleteLogGroup",
                "logs:DeleteRetentionPolicy",
                "logs:DisassociateKmsKey",
                "logs:PutRetentionPolicy",
                "logs:TagLogGroup",
                "logs:TagResource",
                "logs:UntagResource",
            ],
            resources=scope.arns("logs", f"log-group:*{name}*"),
        ),
        # The web ACL's log: https://docs.aws.amazon.com/waf/latest/developerguide/logging-cw-logs.html
        Statement(
            sid="DeliverLogs",
            actions=[
                "logs:CreateLogDelivery",
                "logs:DeleteLogDelivery",
                "logs:DeleteResourcePolicy",
                "logs:PutResourcePolicy",
            ],
            resources=["*"],
        ),
        Statement(
            sid="Alarm",
            actions=[
                "cloudwatch:DeleteAlarms",
                "cloudwatch:PutMetricAlarm",
                "cloudwatch:TagResource",
                "cloudwatch:UntagResource",
            ],
            resources=scope.arns("cloudwatch", f"alarm:{name}*"),
        ),
        Statement(
            sid="TellOfDeployments",
            actions=[
                "events:DeleteRule",
                "events:PutRule",
                "events:PutTargets",
                "events:RemoveTargets",
                "events:TagResource",
                "events:UntagResource",
            ],
            resources=scope.arns("events", f"rule/{name}-deployments"),
        ),
        Statement(
            sid="TellOfAlarms",
            actions=[
                "sns:CreateTopic",
                "sns:DeleteTopic",
                "sns:SetTopicAttributes",
                "sns:Subscribe",
                "sns:TagResource",
                "sns:UntagResource",
            ],
            resources=scope.arns("sns", f"{name}*"),
        ),
        Statement(
            sid="ChangeSubscriptions",
            actions=["sns:SetSubscriptionAttributes", "sns:Unsubscribe"],
            resources=["*"],
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
