"""Overrides of moto's ECS: services keep what they were given."""

from __future__ import annotations

from typing import Any

from moto.core.utils import camelcase_to_underscores
from moto.ecs.responses import EC2ContainerServiceResponse

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
