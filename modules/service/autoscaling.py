"""How many tasks run: as many as their load wants."""

from __future__ import annotations

from cdktf_cdktf_provider_aws.appautoscaling_policy import (
    AppautoscalingPolicy,
    AppautoscalingPolicyTargetTrackingScalingPolicyConfiguration,
    AppautoscalingPolicyTargetTrackingScalingPolicyConfigurationPredefinedMetricSpecification,
)
from cdktf_cdktf_provider_aws.appautoscaling_target import AppautoscalingTarget
from constructs import Construct

from modules.edge.load_balancer import LoadBalancer
from modules.service.service import Service
from modules.service.settings import ScalingSettings

# More tasks soon, fewer only when it has been quiet for a while.
SCALE_OUT_COOLDOWN_SECONDS = 60
SCALE_IN_COOLDOWN_SECONDS = 300


class AutoScaling(Construct):
    """Keeps a running service's load at three targets by changing how many tasks there are: the one that wants the most
    counts, and there are fewer only when all agree
    (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-autoscaling-targettracking.html).

    Args:
        settings: the table `scaling`.
        service: is `scaled`: else each plan would set its desired count back.
        load_balancer: forwards to it.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        settings: ScalingSettings,
        service: Service,
        load_balancer: LoadBalancer,
    ) -> None:
        super().__init__(scope, id)
        self._name = service.service_name
        self._target = AppautoscalingTarget(
            self,
            "resource",
            service_namespace="ecs",
            resource_id=f"service/{service.cluster_name}/{service.service_name}",
            scalable_dimension="ecs:service:DesiredCount",
            min_capacity=settings.min_count,
            max_capacity=settings.max_count,
        )
        self._track("cpu", "ECSServiceAverageCPUUtilization", settings.cpu_percent)
        self._track("memory", "ECSServiceAverageMemoryUtilization", settings.memory_percent)
        self._track(
            "requests",
            "ALBRequestCountPerTarget",
            settings.requests_per_target,
            resource_label=f"{load_balancer.arn_suffix}/{load_balancer.target_group_arn_suffix}",
        )

    def _track(self, id: str, metric: str, target: int, *, resource_label: str | None = None) -> None:
        AppautoscalingPolicy(
            self,
            id,
            name=f"{self._name}-{id}",
            policy_type="TargetTrackingScaling",
            service_namespace=self._target.service_namespace,
            resource_id=self._target.resource_id,
            scalable_dimension=self._target.scalable_dimension,
            target_tracking_scaling_policy_configuration=AppautoscalingPolicyTargetTrackingScalingPolicyConfiguration(
                predefined_metric_specification=AppautoscalingPolicyTargetTrackingScalingPolicyConfigurationPredefinedMetricSpecification(
                    predefined_metric_type=metric, resource_label=resource_label
                ),
                target_value=target,
                scale_out_cooldown=SCALE_OUT_COOLDOWN_SECONDS,
                scale_in_cooldown=SCALE_IN_COOLDOWN_SECONDS,
            ),
        )
