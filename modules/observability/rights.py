"""What CI reads and changes of log groups, alarms and notifications."""

from __future__ import annotations

from collections.abc import Mapping

from modules.common.policies import Statement
from modules.common.rights import Narrowed, Rights, Scope

READS: Mapping[str, tuple[str, ...]] = {
    "aws_cloudwatch_event_rule": ("events:DescribeRule", "events:ListTagsForResource"),
    "aws_cloudwatch_event_target": ("events:ListTargetsByRule",),
    "aws_cloudwatch_log_group": ("logs:DescribeLogGroups", "logs:ListTagsForResource"),
    "aws_cloudwatch_metric_alarm": ("cloudwatch:DescribeAlarms", "cloudwatch:ListTagsForResource"),
    "aws_sns_topic": ("sns:GetTopicAttributes", "sns:ListTagsForResource"),
    "aws_sns_topic_policy": ("sns:GetTopicAttributes",),
    "aws_sns_topic_subscription": ("sns:GetSubscriptionAttributes", "sns:ListSubscriptionsByTopic"),
}
CREATES: Mapping[str, tuple[str, ...]] = {
    "aws_cloudwatch_event_rule": ("events:PutRule",),
    "aws_cloudwatch_event_target": ("events:PutTargets",),
    "aws_cloudwatch_log_group": ("logs:CreateLogGroup", "logs:PutRetentionPolicy"),
    "aws_cloudwatch_metric_alarm": ("cloudwatch:PutMetricAlarm",),
    "aws_sns_topic": ("sns:CreateTopic",),
    "aws_sns_topic_policy": ("sns:SetTopicAttributes",),
    "aws_sns_topic_subscription": ("sns:Subscribe",),
}


def changes(scope: Scope) -> list[Statement]:
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


def narrowed(scope: Scope) -> list[Narrowed]:
    """What the reads are about, where IAM can narrow it."""
    return [
        # Asked for by name, and judged on all alarms (https://github.com/mattclay/aws-terminator/pull/63).
        Narrowed("cloudwatch:DescribeAlarms", scope.arns("cloudwatch", "alarm:*")),
        Narrowed(
            "cloudwatch:", scope.arns("cloudwatch", *(f"alarm:{alarm}" for alarm in scope.names.alarms))
        ),
        Narrowed("events:", scope.arns("events", f"rule/{scope.names.deployments_rule}")),
        Narrowed("logs:ListTags", scope.log_groups),
        Narrowed("sns:", scope.arns("sns", scope.names.topic)),
    ]


RIGHTS = Rights(reads=READS, creates=CREATES, narrowed=narrowed, changes=changes)
