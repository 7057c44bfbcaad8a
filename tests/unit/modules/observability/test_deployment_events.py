"""The rule: which events it takes, whom it tells, and what a person then reads."""

from __future__ import annotations

import json
from typing import Any

import pytest
from moto.events.models import EventPattern

from modules.observability.deployment_events import DeploymentEvents
from stacks.base import AppStack
from tests.synthesis import Json, account_in, resource, service_in, synthesize

SERVICE = "arn:aws:ecs:us-west-2:111122223333:service/default/servicetest"
TOPIC = "arn:aws:sns:eu-west-1:111122223333:pager"
# As AWS shows it: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_service_deployment_events.html
FAILED: dict[str, Any] = {
    "version": "0",
    "id": "ddca6449-b258-46c0-8653-e0e3aEXAMPLE",
    "detail-type": "ECS Deployment State Change",
    "source": "aws.ecs",
    "account": "111122223333",
    "time": "2020-05-23T12:31:14Z",
    "region": "us-west-2",
    "resources": [SERVICE],
    "detail": {
        "eventType": "ERROR",
        "eventName": "SERVICE_DEPLOYMENT_FAILED",
        "deploymentId": "ecs-svc/123",
        "updatedAt": "2020-05-23T11:11:11Z",
        "reason": "ECS deployment circuit breaker: task failed to start.",
    },
}


def told(**options: Any) -> Json:
    def build(stack: AppStack) -> None:
        service = service_in(stack)
        given = {"topic_arn": "arn:topic", "topic_is_given": False, **options}
        DeploymentEvents(
            stack,
            "deployments",
            name="mlflow-test-deployments",
            account=account_in(stack),
            service=service,
            **given,
        )

    return synthesize(build)


@pytest.mark.parametrize(
    ("changes", "is_taken"),
    [
        ({}, True),
        ({"detail": {**FAILED["detail"], "eventName": "SERVICE_DEPLOYMENT_IN_PROGRESS"}}, False),
        ({"detail": {**FAILED["detail"], "eventName": "SERVICE_DEPLOYMENT_COMPLETED"}}, False),
        ({"resources": [f"{SERVICE}-of-another-team"]}, False),
        ({"detail-type": "ECS Service Action"}, False),
        ({"source": "example.ecs"}, False),
    ],
)
def test_failed_deployments_of_this_service_are_taken(changes: dict[str, Any], is_taken: bool) -> None:
    rule = resource(told(), "aws_cloudwatch_event_rule.deployments")
    assert rule["name"] == "mlflow-test-deployments"
    pattern = rule["event_pattern"].replace("${aws_ecs_service.service.id}", SERVICE)

    event: Any = {**FAILED, **changes}
    matches = EventPattern.load(pattern).matches_event(event)

    assert matches is is_taken


def test_the_topic_gets_a_sentence() -> None:
    target = resource(told(), "aws_cloudwatch_event_target.deployments")
    assert target["rule"] == "${aws_cloudwatch_event_rule.deployments.name}"
    assert target["arn"] == "arn:topic"
    assert "role_arn" not in target, "the topic's policy lets EventBridge publish"
    transformer = target["input_transformer"]
    sentence = json.loads(transformer["input_template"])
    for name, path in transformer["input_paths"].items():
        member = path.removeprefix("$.detail.")
        sentence = sentence.replace(f"<{name}>", FAILED["detail"][member])
    assert sentence.startswith("${aws_ecs_service.service.name}: deployment ecs-svc/123 failed")
    assert "task failed to start." in sentence and "<" not in sentence


def test_given_topic_is_notified_in_the_same_account_only() -> None:
    assert "count" not in resource(told(), "aws_cloudwatch_event_target.deployments")

    given = told(topic_arn=TOPIC, topic_is_given=True)

    assert resource(given, "aws_cloudwatch_event_target.deployments")["count"] == (
        f'${{(element(split(":", "{TOPIC}"), 4) == data.aws_caller_identity.account.account_id) ? 1 : 0}}'
    )
