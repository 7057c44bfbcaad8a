"""The task that the service runs: its size, its roles, its one container and what that may write to."""

from __future__ import annotations

import json
from typing import Any

from cdktf import TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.ecs_task_definition import (
    EcsTaskDefinition,
    EcsTaskDefinitionRuntimePlatform,
    EcsTaskDefinitionVolume,
)
from constructs import Construct

from modules.service.container import SCRATCH_VOLUME

CPU_ARCHITECTURES = {"linux/amd64": "X86_64", "linux/arm64": "ARM64"}


class TaskDefinition(Construct):
    """A Fargate task of one container
    (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html).

    Args:
        family: its name; each change is a new revision.
        platform: `linux/amd64` or `linux/arm64`, as the image was built.
        cpu_units, memory_mib: one of Fargate's pairs.
        task_role_arn, execution_role_arn: whom the container acts as, and who starts it.
        keep_revisions: a revision stays registered when the next one replaces it, and after `destroy`; ECS deploys no
            other (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeregisterTaskDefinition.html).
        container: as `container_definition` makes it.

    Attributes:
        arn: of the revision.
        reference: the same within an expression of Terraform's.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        family: str,
        platform: str,
        cpu_units: int,
        memory_mib: int,
        task_role_arn: str,
        execution_role_arn: str,
        keep_revisions: bool,
        container: dict[str, Any],
    ) -> None:
        super().__init__(scope, id)
        revision = EcsTaskDefinition(
            self,
            "resource",
            family=family,
            requires_compatibilities=["FARGATE"],
            network_mode="awsvpc",
            cpu=str(cpu_units),
            memory=str(memory_mib),
            runtime_platform=EcsTaskDefinitionRuntimePlatform(
                operating_system_family="LINUX", cpu_architecture=CPU_ARCHITECTURES[platform]
            ),
            task_role_arn=task_role_arn,
            execution_role_arn=execution_role_arn,
            # Of the task's own storage, which Fargate encrypts and which goes with the task.
            volume=[EcsTaskDefinitionVolume(name=SCRATCH_VOLUME)],
            container_definitions=json.dumps([container]),
            skip_destroy=keep_revisions or None,
            # The service moves to the new revision before the old one is deregistered.
            lifecycle=TerraformResourceLifecycle(create_before_destroy=True),
        )
        self.arn: str = revision.arn
        self.reference = f"{revision.fqn}.arn"
