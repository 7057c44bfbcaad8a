"""Autoscaling: its range, its three targets, and whose the desired count is then."""

from __future__ import annotations

from typing import Any

from modules.service.autoscaling import AutoScaling
from modules.service.settings import ScalingSettings
from stacks.base import AppStack
from tests.synthesis import Json, load_balancer_in, resource, service_in, synthesize

SCALING: dict[str, Any] = {
    "min_count": 2,
    "max_count": 6,
    "cpu_percent": 60,
    "memory_percent": 85,
    "requests_per_target": 1000,
}


def scaled(**changes: Any) -> Json:
    def build(stack: AppStack) -> None:
        service = service_in(stack, desired_count=2, scaled=True)
        balancer = load_balancer_in(stack)
        balancer.forward_to(service)
        settings = ScalingSettings.model_validate({"enabled": True, **SCALING, **changes})
        AutoScaling(stack, "scaling", settings=settings, service=service, load_balancer=balancer)

    return synthesize(build)


def test_the_service_has_between_the_fewest_and_the_most_tasks() -> None:
    target = resource(scaled(min_count=3, max_count=9), "aws_appautoscaling_target.scaling")
    assert target == {
        "service_namespace": "ecs",
        "scalable_dimension": "ecs:service:DesiredCount",
        "resource_id": "service/${aws_ecs_cluster.service.name}/${aws_ecs_service.service.name}",
        "min_capacity": 3,
        "max_capacity": 9,
    }


def test_each_target_is_tracked_by_a_policy_of_its_own() -> None:
    policies = scaled(cpu_percent=50, memory_percent=80, requests_per_target=500)["resource"][
        "aws_appautoscaling_policy"
    ]
    tracked = {
        name: policy["target_tracking_scaling_policy_configuration"] for name, policy in policies.items()
    }
    metrics = {name: target["predefined_metric_specification"] for name, target in tracked.items()}
    assert {name: target["target_value"] for name, target in tracked.items()} == {
        "scaling_cpu": 50,
        "scaling_memory": 80,
        "scaling_requests": 500,
    }
    assert metrics == {
        "scaling_cpu": {"predefined_metric_type": "ECSServiceAverageCPUUtilization"},
        "scaling_memory": {"predefined_metric_type": "ECSServiceAverageMemoryUtilization"},
        "scaling_requests": {
            "predefined_metric_type": "ALBRequestCountPerTarget",
            "resource_label": (
                "${aws_lb.load_balancer.arn_suffix}/${aws_lb_target_group.load_balancer.arn_suffix}"
            ),
        },
    }
    assert all(target["scale_in_cooldown"] > target["scale_out_cooldown"] for target in tracked.values())
