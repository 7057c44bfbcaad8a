"""Who hears of a deployment that failed, also when no apply waits for it any more."""

from __future__ import annotations

import json

from cdktf import Fn, Op
from cdktf_cdktf_provider_aws.cloudwatch_event_rule import CloudwatchEventRule
from cdktf_cdktf_provider_aws.cloudwatch_event_target import (
    CloudwatchEventTarget,
    CloudwatchEventTargetInputTransformer,
)
from constructs import Construct

from modules.common.account import Account
from modules.service.service import Service


class DeploymentEvents(Construct):
    """An EventBridge rule that tells a topic of each failed deployment of a service: also of one that ECS rolls back
    on an alarm after the apply has ended, and of one that deployed the same task definition once more
    (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_service_deployment_events.html).

    A topic in another account gets no events: EventBridge would need a role for it
    (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-cross-account.html).

    Args:
        name: the rule's.
        account: whose account and region this is.
        service: runs already.
        topic_arn: lets EventBridge publish.
        topic_is_given: whether another team made the topic, so that it may be another account's.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        account: Account,
        service: Service,
        topic_arn: str,
        topic_is_given: bool,
    ) -> None:
        super().__init__(scope, id)
        rule = CloudwatchEventRule(
            self,
            "resource",
            name=name,
            description=f"Deployments of {service.service_name} that failed",
            event_pattern=json.dumps(
                {
                    "source": ["aws.ecs"],
                    "detail-type": ["ECS Deployment State Change"],
                    "resources": [service.service.id],
                    "detail": {"eventName": ["SERVICE_DEPLOYMENT_FAILED"]},
                }
            ),
        )
        target = CloudwatchEventTarget(
            self,
            "target",
            rule=rule.name,
            arn=topic_arn,
            input_transformer=CloudwatchEventTargetInputTransformer(
                input_paths={"deployment": "$.detail.deploymentId", "reason": "$.detail.reason"},
                input_template=json.dumps(
                    f"{service.service_name}: deployment <deployment> failed, and ECS goes back to the one before it. "
                    "<reason> `terraform plan` shows what does not run."
                ),
            ),
        )
        if topic_is_given:
            owner = Fn.element(Fn.split(":", topic_arn), 4)
            target.add_override("count", Fn.conditional(Op.eq(owner, account.account_id), 1, 0))
