"""A task: what ECS runs on Fargate, as whom, with which container, and where its log goes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence

from cdktf import TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.ecs_task_definition import (
    EcsTaskDefinition,
    EcsTaskDefinitionEphemeralStorage,
    EcsTaskDefinitionRuntimePlatform,
    EcsTaskDefinitionVolume,
)
from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.iam_role_policy import IamRolePolicy
from constructs import Construct

from modules.common.account import Account
from modules.common.log_group import LogGroup
from modules.common.policies import Statement, policy_document, service_trust_policy
from modules.encryption.key import AnyKey
from modules.service.container import SCRATCH_VOLUME, container_definition
from modules.service.secrets import read_secrets

CPU_ARCHITECTURES = {"linux/amd64": "X86_64", "linux/arm64": "ARM64"}


class Task(Construct):
    """A Fargate task of one container, with its roles and its log
    (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html).

    The roles can do nothing but write the log until they are granted more.

    Args:
        name: of the family and, with suffixes, of the roles; each change is a new revision.
        account: whose account and region this is.
        image_uri: by digest, so that a task started later runs the same image.
        platform: `linux/amd64` or `linux/arm64`, as the image was built.
        environment: the container's variables; no secret among them.
        secrets: variables that ECS reads from secrets: name → ARN, or `<ARN>:<JSON key>`.
        command: the container's; empty for that of the image.
        cpu_units, memory_mib: one of Fargate's pairs.
        ephemeral_storage_gib: disk, 21 to 200; None is Fargate's 20.
        readonly_root_filesystem: the container can write to `/tmp` only.
        drop_capabilities: the container has no capability at all.
        log_retention_days: a value CloudWatch Logs accepts.
        key: encrypts the log; None for none of the environment's own.
        log_group_name: None is `/ecs/<name>`.
        repository_credentials_arn: the secret with the login to the image's registry; None where it takes none.
        start_after: is called with what a starting task depends on.

    Attributes:
        arn: of the revision.
        reference: the same within an expression of Terraform's.
        task_role, execution_role: whom the container acts as, and who starts it; their ARNs beside them.
        granted: role ARN → what it has been granted.
        log_group: its log.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        account: Account,
        image_uri: str,
        platform: str,
        environment: Mapping[str, str],
        secrets: Mapping[str, str],
        command: Sequence[str],
        cpu_units: int,
        memory_mib: int,
        ephemeral_storage_gib: int | None,
        readonly_root_filesystem: bool,
        drop_capabilities: bool,
        log_retention_days: int,
        key: AnyKey | None,
        log_group_name: str | None,
        repository_credentials_arn: str | None,
        start_after: Callable[[IamRolePolicy], None],
    ) -> None:
        super().__init__(scope, id)
        self._start_after = start_after
        self.log_group = LogGroup(
            self,
            "log_group",
            name=log_group_name or f"/ecs/{name}",
            retention_days=log_retention_days,
            key=key,
        )
        trust = service_trust_policy("ecs-tasks.amazonaws.com", account_id=account.account_id)
        self.task_role = IamRole(
            self, "task", name=f"{name}-task", description="MLflow server", assume_role_policy=trust
        )
        self.execution_role = IamRole(
            self,
            "execution",
            name=f"{name}-execution",
            description="Starts MLflow server tasks: pulls the image, writes the log",
            assume_role_policy=trust,
        )
        # Each read of a resource's attribute is another token.
        self.task_role_arn: str = self.task_role.arn
        self.execution_role_arn: str = self.execution_role.arn
        self.granted: dict[str, list[Statement]] = {self.task_role_arn: [], self.execution_role_arn: []}
        self.grant_execution(
            "log",
            Statement(
                sid="WriteLog",
                actions=["logs:CreateLogStream", "logs:PutLogEvents"],
                resources=[f"{self.log_group.arn}:*"],
            ),
        )
        if read := read_secrets(secrets):
            self.grant_execution("secrets", *read)
        self._revision = EcsTaskDefinition(
            self,
            "task_definition",
            family=name,
            requires_compatibilities=["FARGATE"],
            network_mode="awsvpc",
            cpu=str(cpu_units),
            memory=str(memory_mib),
            ephemeral_storage=EcsTaskDefinitionEphemeralStorage(size_in_gib=ephemeral_storage_gib)
            if ephemeral_storage_gib
            else None,
            runtime_platform=EcsTaskDefinitionRuntimePlatform(
                operating_system_family="LINUX", cpu_architecture=CPU_ARCHITECTURES[platform]
            ),
            task_role_arn=self.task_role_arn,
            execution_role_arn=self.execution_role_arn,
            # Of the task's own storage, which Fargate encrypts and which goes with the task.
            volume=[EcsTaskDefinitionVolume(name=SCRATCH_VOLUME)],
            container_definitions=json.dumps(
                [
                    container_definition(
                        image_uri=image_uri,
                        environment=environment,
                        secrets=secrets,
                        command=command,
                        log_group_name=self.log_group.name,
                        region=account.region,
                        readonly_root_filesystem=readonly_root_filesystem,
                        drop_capabilities=drop_capabilities,
                        repository_credentials_arn=repository_credentials_arn,
                    )
                ]
            ),
            # The service moves to the new revision before the old one is deregistered.
            lifecycle=TerraformResourceLifecycle(create_before_destroy=True),
        )
        self.arn: str = self._revision.arn
        self.reference = f"{self._revision.fqn}.arn"

    def grant_task(self, id: str, *statements: Statement) -> None:
        """Lets the container do what `statements` say."""
        self._grant(self.task_role, f"task_{id}", id, statements)
        self.granted[self.task_role_arn].extend(statements)

    def grant_execution(self, id: str, *statements: Statement) -> None:
        """Lets ECS do what `statements` say when it starts a task."""
        self._grant(self.execution_role, f"execution_{id}", id, statements)
        self.granted[self.execution_role_arn].extend(statements)

    def keep_revisions(self) -> None:
        """A revision stays registered when the next one replaces it, and after `destroy`; ECS deploys no other
        (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeregisterTaskDefinition.html)."""
        self._revision.skip_destroy = True

    def _grant(self, role: IamRole, id: str, name: str, statements: tuple[Statement, ...]) -> None:
        policy = IamRolePolicy(self, id, role=role.id, name=name, policy=policy_document(*statements))
        self._start_after(policy)
