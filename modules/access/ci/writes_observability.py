"""What an apply changes of what is recorded, watched and told."""

from __future__ import annotations

from modules.access.ci.scope import Scope
from modules.common.policies import Statement


def observability(scope: Scope) -> list[Statement]:
    """Log groups, alarms, the rule on deployments, and the topic they tell."""
    names = scope.names
    return [
        Statement(
            sid="KeepLogs",
            actions=[
                "logs:AssociateKmsKey",
                "logs:CreateLogGroup",
                "logs:DeleteLogGroup",
                "logs:DeleteRetentionPolicy",
                "logs:DisassociateKmsKey",
                "logs:PutRetentionPolicy",
            ],
            resources=[form for group in scope.log_groups for form in (group, f"{group}:*")],
        ),
        Statement(
            sid="TagLogs",
            actions=["logs:TagResource", "logs:UntagResource"],
            resources=scope.log_groups,
        ),
        # The web ACL's log: https://docs.aws.amazon.com/waf/latest/developerguide/logging-cw-logs.html
        Statement(
            sid="DeliverLogs",
            actions=[
                "logs:CreateLogDelivery",
                "logs:DeleteLogDelivery",
                "logs:DescribeResourcePolicies",
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
            resources=scope.arns(
                "cloudwatch", *(f"alarm:{alarm}" for alarm in (*names.alarms, names.scaling_alarms))
            ),
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
            resources=scope.arns("events", f"rule/{names.deployments_rule}"),
        ),
        # What changes or ends a subscription has no resource in IAM: it would reach everybody's.
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
            resources=scope.arns("sns", names.topic),
        ),
    ]
