"""Takes in what exists already, under the addresses of what the stack would create."""

from __future__ import annotations

from collections.abc import Mapping

from cdktf import TerraformResource

from stacks.base import AppStack
from stacks.environment import EnvironmentSettings


def adopt(
    stack: AppStack, *, settings: EnvironmentSettings, resources: Mapping[str, TerraformResource]
) -> None:
    """Imports the resources that the table `adopt` names; none is deleted before `allow_destroy` has been applied.

    Args:
        resources: setting of the table → the resource that it can name.
    """
    adopted = {resources[name]: existing for name, existing in settings.adopt.names.items()}
    stack.import_existing(adopted)
    if not settings.allow_destroy:
        for resource in adopted:
            resource.add_override("lifecycle.prevent_destroy", True)
