"""Overrides of moto's ECS: how a deployment ends, and what of it `DescribeServices` then says.

Every task runs at once, but for those of the image `BROKEN_IMAGE`, which never start. Each service is taken to have
its circuit breaker on with roll-back, as the platform's have.
"""

from __future__ import annotations

from typing import Any

from moto.core.utils import utcnow
from moto.ecs.exceptions import EcsClientException
from moto.ecs.models import EC2ContainerServiceBackend, Service
from moto.ecs.responses import EC2ContainerServiceResponse
from moto.moto_api._internal import mock_random

from local.aws.account import BROKEN_IMAGE


def apply() -> None:
    """Patches moto."""
    _end_each_deployment()
    _finish_a_roll_back_that_was_seen()
    _refuse_what_was_deregistered()


def _end_each_deployment() -> None:
    """`CreateService`, `UpdateService`. moto: tasks run never, or in one fixed number for all services, in a deployment
    that never changes. AWS: starts the desired number, and each change of the task definition is a new deployment that
    replaces the one before, or fails and is replaced by a deployment of the one before: the service's task definition
    is then the earlier one again. The first deployment of a service has none to go back to and stays as it is, failed
    (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html)."""
    initialize = Service.__init__
    update = EC2ContainerServiceBackend.update_service

    def __init__(self: Service, *args: Any, **kwargs: Any) -> None:
        initialize(self, *args, **kwargs)
        _deploy(self)

    def update_service(self: EC2ContainerServiceBackend, service_properties: dict[str, Any]) -> Service:
        service = update(self, service_properties)
        _deploy(service)
        return service

    Service.__init__ = __init__  # type: ignore[method-assign]
    EC2ContainerServiceBackend.update_service = update_service  # type: ignore[method-assign]


def _finish_a_roll_back_that_was_seen() -> None:
    """`DescribeServices`. moto: one deployment. AWS: a roll-back has two for a while, the failed one and the one that
    replaces it (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Deployment.html). Here the first answer
    has both, and the next one that which is left."""
    original = EC2ContainerServiceBackend.describe_services

    def describe_services(self: EC2ContainerServiceBackend, *args: Any, **kwargs: Any) -> Any:
        services, failures = original(self, *args, **kwargs)
        for service in services:
            if getattr(service, "roll_back_was_seen", False):
                service.deployments = [_completed(service, service.deployments[0])]
            service.roll_back_was_seen = len(service.deployments) > 1  # type: ignore[attr-defined]
        return services, failures

    EC2ContainerServiceBackend.describe_services = describe_services  # type: ignore[method-assign]


def _refuse_what_was_deregistered() -> None:
    """`UpdateService`. moto: takes a task definition that was deregistered. AWS: "TaskDefinition is inactive"
    (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeregisterTaskDefinition.html)."""
    original: Any = EC2ContainerServiceResponse.update_service

    def update_service(self: EC2ContainerServiceResponse) -> Any:
        wanted = self._get_param("taskDefinition")
        if wanted and self.ecs_backend.describe_task_definition(wanted).status == "INACTIVE":
            raise EcsClientException("TaskDefinition is inactive")
        return original(self)

    EC2ContainerServiceResponse.update_service = update_service  # type: ignore[method-assign]


def _deploy(service: Service) -> None:
    """Brings the service to where its deployment ends."""
    if not service.deployments:
        return
    current = service.deployments[0]
    if current["taskDefinition"] != service.task_definition:
        current = {**current, "id": _deployment_id(), "taskDefinition": service.task_definition}
    if not _is_broken(service):
        service.deployments = [_completed(service, current)]
        return
    failed = _failed(service, current)
    _tell(service, f"(deployment {failed['id']}) deployment failed: tasks failed to start.")
    earlier = getattr(service, "completed_task_definition", None)
    if earlier is None:
        service.deployments = [failed]
        return
    service.task_definition = earlier
    service.deployments = [_rolling_back(service, failed), failed]
    _tell(service, f"rolling back to deployment {service.deployments[0]['id']}.")


def _is_broken(service: Service) -> bool:
    if not service.task_definition:
        return False
    definition = service._backend.describe_task_definition(service.task_definition)
    return any(str(one["image"]).endswith(BROKEN_IMAGE) for one in definition.container_definitions)


def _completed(service: Service, deployment: dict[str, Any]) -> dict[str, Any]:
    service.completed_task_definition = service.task_definition  # type: ignore[attr-defined]
    service.running_count, service.pending_count = service.desired_count, 0
    return deployment | {
        "status": "PRIMARY",
        "taskDefinition": service.task_definition,
        "desiredCount": service.desired_count,
        "runningCount": service.desired_count,
        "pendingCount": 0,
        "rolloutState": "COMPLETED",
        "rolloutStateReason": f"ECS deployment {deployment['id']} completed.",
    }


def _failed(service: Service, deployment: dict[str, Any]) -> dict[str, Any]:
    service.running_count, service.pending_count = 0, 0
    return deployment | {
        "desiredCount": service.desired_count,
        "runningCount": 0,
        "pendingCount": 0,
        "failedTasks": 3,
        "rolloutState": "FAILED",
        "rolloutStateReason": "ECS deployment circuit breaker: tasks failed to start.",
    }


def _rolling_back(service: Service, failed: dict[str, Any]) -> dict[str, Any]:
    """The deployment that replaces the failed one, of the tasks that ran all the time."""
    failed["status"] = "ACTIVE"
    id = _deployment_id()
    service.running_count = service.desired_count
    return failed | {
        "id": id,
        "status": "PRIMARY",
        "createdAt": utcnow(),
        "updatedAt": utcnow(),
        "taskDefinition": service.task_definition,
        "runningCount": service.desired_count,
        "failedTasks": 0,
        "rolloutState": "IN_PROGRESS",
        "rolloutStateReason": f"ECS deployment circuit breaker: rolling back to deploymentId {id}.",
    }


def _deployment_id() -> str:
    return f"ecs-svc/{mock_random.randint(0, 32**12)}"


def _tell(service: Service, what: str) -> None:
    """The newest of a service's events comes first."""
    service.events.insert(
        0,
        {
            "id": mock_random.uuid4().hex,
            "createdAt": utcnow(),
            "message": f"(service {service.name}) {what}",
        },
    )
