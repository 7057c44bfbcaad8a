"""The topic: who may publish to it, how, and who gets its messages."""

from __future__ import annotations

import json
from typing import Any

from modules.observability.alarm_topic import AlarmTopic
from modules.observability.settings import AlarmsSettings
from stacks.base import AppStack
from tests.synthesis import Json, account_in, key_in, resource, statements, synthesize, table


def topic(*, encrypted: bool = False, **changes: Any) -> Json:
    def build(stack: AppStack) -> None:
        key = key_in(stack) if encrypted else None
        AlarmTopic(
            stack,
            "alarm_topic",
            settings=table(AlarmsSettings, **changes),
            name="mlflow-test-alarms",
            account=account_in(stack),
            key=key,
        )

    return synthesize(build)


def test_only_own_alarms_and_eventbridge_may_publish() -> None:
    policy = resource(topic(), "aws_sns_topic_policy.alarm_topic")
    granted = statements(policy["policy"])
    allowed = [sid for sid, statement in granted.items() if statement["Effect"] == "Allow"]
    assert allowed == ["PublishAlarms", "PublishEvents"]
    publish = granted["PublishAlarms"]
    assert publish["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert publish["Action"] == ["sns:Publish"]
    account = "${data.aws_caller_identity.account.account_id}"
    assert publish["Condition"] == {
        "ArnLike": {
            "aws:SourceArn": (
                "arn:${data.aws_partition.account.partition}:cloudwatch:eu-west-1:" + account + ":alarm:*"
            )
        },
        "StringEquals": {"aws:SourceAccount": account},
    }


def test_event_bridge_is_asked_for_nothing_that_it_does_not_send() -> None:
    encrypted = topic(encrypted=True)

    publish = statements(resource(encrypted, "aws_sns_topic_policy.alarm_topic")["policy"])["PublishEvents"]
    use = statements(resource(encrypted, "aws_kms_key.key")["policy"])["EncryptEvents"]

    assert publish["Principal"] == use["Principal"] == {"Service": "events.amazonaws.com"}
    assert "Condition" not in publish
    assert use["Action"] == ["kms:Decrypt", "kms:GenerateDataKey*"]
    (named,) = use["Condition"]["StringEquals"].items()
    assert named[0] == "kms:EncryptionContext:aws:sns:topicArn"
    assert named[1].endswith(":mlflow-test-alarms")
    assert "aws_sns_topic" not in named[1], "the topic depends on the key already"


def test_nothing_is_published_without_tls() -> None:
    refused = statements(resource(topic(), "aws_sns_topic_policy.alarm_topic")["policy"])["RefusePlainHttp"]
    assert (refused["Effect"], refused["Principal"]) == ("Deny", "*")
    assert refused["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_a_key_encrypts_it_and_lets_alarms_in() -> None:
    assert "kms_master_key_id" not in resource(topic(), "aws_sns_topic.alarm_topic")
    encrypted = topic(encrypted=True)
    made = resource(encrypted, "aws_sns_topic.alarm_topic")
    assert made["kms_master_key_id"] == "${aws_kms_key.key.arn}"
    use = statements(resource(encrypted, "aws_kms_key.key")["policy"])["EncryptAlarms"]
    assert use["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert use["Action"] == ["kms:Decrypt", "kms:GenerateDataKey*"]
    assert "aws:SourceAccount" in json.dumps(use["Condition"])


def test_an_address_gets_its_messages() -> None:
    assert "aws_sns_topic_subscription" not in topic()["resource"]
    subscription = resource(topic(email="a@example.com"), "aws_sns_topic_subscription.alarm_topic_email")
    assert (subscription["protocol"], subscription["endpoint"]) == ("email", "a@example.com")
    assert subscription["topic_arn"] == "${aws_sns_topic.alarm_topic.arn}"
