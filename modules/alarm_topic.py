"""Whom alarms tell: an SNS topic."""

from __future__ import annotations

from cdktf_cdktf_provider_aws.sns_topic import SnsTopic
from cdktf_cdktf_provider_aws.sns_topic_policy import SnsTopicPolicy
from cdktf_cdktf_provider_aws.sns_topic_subscription import SnsTopicSubscription
from constructs import Construct

from modules.account import Account
from modules.encryption_key import AnyKey
from modules.policies import Statement, policy_document

CLOUDWATCH = "cloudwatch.amazonaws.com"


class AlarmTopic(Construct):
    """A topic that this account's CloudWatch alarms publish to, over TLS only
    (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html).

    Args:
        name: of the topic.
        account: whose account and region this is.
        key: encrypts the messages while SNS keeps them, and lets CloudWatch do so; None leaves that to SNS. AWS's own
            key for SNS cannot be used: its policy does not let CloudWatch in, and alarms would be lost without a word
            (https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html).
        email: gets a message for each change of an alarm, once its owner has confirmed the first one.

    Attributes:
        topic: the topic itself.
        topic_arn: its ARN.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        account: Account,
        key: AnyKey | None,
        email: str | None,
    ) -> None:
        super().__init__(scope, id)
        if key:
            key.allow(_use_of_key(account))
        self.topic = SnsTopic(self, "resource", name=name, kms_master_key_id=key.arn if key else None)
        self.topic_arn: str = self.topic.arn
        SnsTopicPolicy(self, "policy", arn=self.topic_arn, policy=self._policy(account))
        if email is not None:
            SnsTopicSubscription(self, "email", topic_arn=self.topic_arn, protocol="email", endpoint=email)

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
            Statement(
                sid="RefusePlainHttp",
                effect="Deny",
                principals="*",
                actions=["sns:Publish"],
                resources=[self.topic_arn],
                conditions={"Bool": {"aws:SecureTransport": "false"}},
            ),
        )


def _use_of_key(account: Account) -> Statement:
    """Lets this account's alarms publish to a topic that the key encrypts
    (https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html)."""
    return Statement(
        sid="EncryptAlarms",
        principals={"Service": CLOUDWATCH},
        actions=["kms:Decrypt", "kms:GenerateDataKey*"],
        resources=["*"],
        conditions={"StringEquals": {"aws:SourceAccount": account.account_id}},
    )
