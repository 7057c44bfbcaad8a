"""Overrides of moto's ECS: a task definition is answered with what AWS adds to it."""

from __future__ import annotations

from typing import Any

from moto.ecs.models import TaskDefinition

HEALTH_CHECK = {"interval": 30, "timeout": 5, "retries": 3}


def apply() -> None:
    """Patches moto.

    `RegisterTaskDefinition`, `DescribeTaskDefinition`. moto: answers containers nearly as they came. AWS:

    - both lists of `linuxParameters.capabilities`, where one of them was given
      (https://github.com/braintrustdata/terraform-aws-braintrust-data-plane/pull/335), and no `capabilities` where
      neither has an element (https://github.com/TerraConstructs/base/pull/158);
    - lists that were left out, as empty ones (https://github.com/hashicorp/terraform-aws-consul-ecs/issues/318);
    - variables and secrets in another order, and the defaults of port mappings and health checks
      (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html;
      the provider allows for all of these:
      https://github.com/hashicorp/terraform-provider-aws/blob/main/internal/service/ecs/container_definitions.go)."""
    original = TaskDefinition.__init__

    def __init__(self: TaskDefinition, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        shared_address = self.network_mode in ("awsvpc", "host")
        self.container_definitions = [
            _as_answered(container, shared_address=shared_address) for container in self.container_definitions
        ]

    TaskDefinition.__init__ = __init__  # type: ignore[method-assign]


def _as_answered(container: dict[str, Any], *, shared_address: bool) -> dict[str, Any]:
    answered = {"systemControls": [], **container}
    for name in ("environment", "secrets"):
        if name in answered:
            answered[name] = sorted(answered[name], key=lambda one: str(one["name"]), reverse=True)
    answered["portMappings"] = [
        {"protocol": "tcp", "hostPort": mapping["containerPort"] if shared_address else 0, **mapping}
        for mapping in answered["portMappings"]
    ]
    if "healthCheck" in answered:
        answered["healthCheck"] = {**HEALTH_CHECK, **answered["healthCheck"]}
    if "linuxParameters" in answered:
        answered["linuxParameters"] = _with_both_lists(answered["linuxParameters"])
    return answered


def _with_both_lists(parameters: dict[str, Any]) -> dict[str, Any]:
    answered = {name: value for name, value in parameters.items() if name != "capabilities"}
    given = parameters.get("capabilities") or {}
    if any(given.values()):
        answered["capabilities"] = {"add": [], "drop": [], **given}
    return answered
