"""Whom alarms tell: an SNS topic."""

from __future__ import annotations

from cdktf_cdktf_provider_aws.sns_topic import SnsTopic
from cdktf_cdktf_provider_aws.sns_topic_policy import SnsTopicPolicy
from cdktf_cdktf_provider_aws.sns_topic_subscription import SnsTopicSubscription
from constructs import Construct

from modules.common.account import Account
from modules.common.policies import Statement, policy_document
from modules.encryption.key import AnyKey
from modules.observability.settings import AlarmsSettings

CLOUDWATCH = "cloudwatch.amazonaws.com"
EVENT_BRIDGE = "events.amazonaws.com"


class AlarmTopic(Construct):
    """A topic that this account's CloudWatch alarms publish to, and EventBridge for its rules, over TLS only
    (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html,
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html).

    Args:
        settings: the table `alarms`; its `email` receives the messages once its owner has confirmed the first one.
        name: of the topic.
        account: whose account and region this is.
        key: encrypts the messages while SNS keeps them, and lets both do so; None leaves that to SNS. AWS's own
            key for SNS cannot be used: its policy does not let them in, and alarms would be lost without a word
            (https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html).

    Attributes:
        topic: the topic itself.
        topic_arn: its ARN.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        settings: AlarmsSettings,
        name: str,
        account: Account,
        key: AnyKey | None,
    ) -> None:
        super().__init__(scope, id)
        if key:
            key.allow(*_use_of_key(account, topic_name=name))
        self.topic = SnsTopic(self, "resource", name=name, kms_master_key_id=key.arn if key else None)
        self.topic_arn: str = self.topic.arn
        SnsTopicPolicy(self, "policy", arn=self.topic_arn, policy=self._policy(account))
        if settings.email is not None:
            SnsTopicSubscription(
                self, "email", topic_arn=self.topic_arn, protocol="email", endpoint=settings.email
            )

    def _policy(self, account: Account) -> str:
        alarms = f"arn:{account.partition}:cloudwatch:{account.region}:{account.account_id}:alarm:*"
        return policy_document(
            Statement(
                sid="PublishAlarms",
                principals={"Service": CLOUDWATCH},
                actions=["sns:Publish"],
                resources=[self.topic_arn],
                conditions={
                    "ArnLike": {"aws:SourceArn": alarms},
                    "StringEquals": {"aws:SourceAccount": account.account_id},
                },
            ),
            # Without a condition: EventBridge sends none of the keys that one could name, and its messages would be
            # lost (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html).
            Statement(
                sid="PublishEvents",
                principals={"Service": EVENT_BRIDGE},
                actions=["sns:Publish"],
                resources=[self.topic_arn],
            ),
            Statement(
                sid="RefusePlainHttp",
                effect="Deny",
                principals="*",
                actions=["sns:Publish"],
                resources=[self.topic_arn],
                conditions={"Bool": {"aws:SecureTransport": "false"}},
            ),
        )


def _use_of_key(account: Account, *, topic_name: str) -> list[Statement]:
    """Lets this account's alarms, and EventBridge for this topic, publish to a topic that the key encrypts.

    EventBridge sends KMS neither the rule nor the account: only the topic limits its statement
    (https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#compatibility-with-aws-services).
    """
    topic = f"arn:{account.partition}:sns:{account.region}:{account.account_id}:{topic_name}"
    actions = ["kms:Decrypt", "kms:GenerateDataKey*"]
    return [
        Statement(
            sid="EncryptAlarms",
            principals={"Service": CLOUDWATCH},
            actions=actions,
            resources=["*"],
            conditions={"StringEquals": {"aws:SourceAccount": account.account_id}},
        ),
        Statement(
            sid="EncryptEvents",
            principals={"Service": EVENT_BRIDGE},
            actions=actions,
            resources=["*"],
            conditions={"StringEquals": {"kms:EncryptionContext:aws:sns:topicArn": topic}},
        ),
    ]
