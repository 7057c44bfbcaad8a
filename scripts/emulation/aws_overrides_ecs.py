"""Overrides of moto's ECS: services keep what they were given, and run as many tasks as they should."""

from __future__ import annotations

from typing import Any

from moto.core.utils import camelcase_to_underscores
from moto.ecs.models import EC2ContainerServiceBackend, Service
from moto.ecs.responses import EC2ContainerServiceResponse
from moto.moto_api._internal import mock_random

# Request member → what AWS answers when the request did not have it.
FORGOTTEN: dict[str, Any] = {
    "availabilityZoneRebalancing": "DISABLED",
    "capacityProviderStrategy": None,
    "deploymentConfiguration": None,
    "enableECSManagedTags": False,
    "enableExecuteCommand": False,
    "healthCheckGracePeriodSeconds": None,
}


def apply() -> None:
    """Patches moto."""
    _remember_what_services_are_given()
    _run_as_many_tasks_as_desired()


def _remember_what_services_are_given() -> None:
    """`CreateService`. moto: drops the members in `FORGOTTEN`, so that each plan wants to set them again. AWS: keeps
    them and gives them back."""
    original: Any = EC2ContainerServiceResponse.create_service

    def create_service(self: EC2ContainerServiceResponse) -> Any:
        result = original(self)
        service = result.result["service"]
        for member, default in FORGOTTEN.items():
            value = self._get_param(member)
            setattr(service, camelcase_to_underscores(member), default if value is None else value)
        return result

    EC2ContainerServiceResponse.create_service = create_service  # type: ignore[method-assign]


def _run_as_many_tasks_as_desired() -> None:
    """A service's running tasks. moto: none, or one fixed number for all services, in a deployment that never
    changes. AWS: starts the desired number, and each change of the task definition is a new deployment that replaces
    the one before. Here every task runs at once."""
    initialize = Service.__init__
    update = EC2ContainerServiceBackend.update_service

    def __init__(self: Service, *args: Any, **kwargs: Any) -> None:
        initialize(self, *args, **kwargs)
        _settle(self)

    def update_service(self: EC2ContainerServiceBackend, service_properties: dict[str, Any]) -> Service:
        service = update(self, service_properties)
        _settle(service)
        return service

    Service.__init__ = __init__  # type: ignore[method-assign]
    EC2ContainerServiceBackend.update_service = update_service  # type: ignore[method-assign]


def _settle(service: Service) -> None:
    service.running_count, service.pending_count = service.desired_count, 0
    for deployment in service.deployments:
        if deployment["taskDefinition"] != service.task_definition:
            deployment["id"] = f"ecs-svc/{mock_random.randint(0, 32**12)}"
        deployment |= {
            "taskDefinition": service.task_definition,
            "desiredCount": service.desired_count,
            "runningCount": service.desired_count,
            "pendingCount": 0,
            "rolloutState": "COMPLETED",
            "rolloutStateReason": f"ECS deployment {deployment['id']} completed.",
        }
