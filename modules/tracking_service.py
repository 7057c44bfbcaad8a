"""The tracking server: an ECS service on Fargate, its task definition, roles, log group and security group."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Protocol

from cdktf import ITerraformDependable, TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.ecs_cluster import EcsCluster
from cdktf_cdktf_provider_aws.ecs_service import (
    EcsService,
    EcsServiceDeploymentCircuitBreaker,
    EcsServiceLoadBalancer,
    EcsServiceNetworkConfiguration,
)
from cdktf_cdktf_provider_aws.ecs_task_definition import EcsTaskDefinition, EcsTaskDefinitionRuntimePlatform
from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.iam_role_policy import IamRolePolicy
from constructs import Construct

from modules.account import Account
from modules.encryption_key import AnyKey
from modules.log_group import LogGroup
from modules.policies import Statement, policy_document, service_trust_policy
from modules.security_groups import SecurityGroup

CONTAINER_NAME = "mlflow"
CONTAINER_PORT = 5000
# Fargate's maximum: an upload in flight may end before the container is killed.
STOP_TIMEOUT_SECONDS = 120
CPU_ARCHITECTURES = {"linux/amd64": "X86_64", "linux/arm64": "ARM64"}


class Outbound(Protocol):
    """A way from the tasks to the AWS services they call."""

    def open_to(self, service: TrackingService) -> None:
        """Opens the way, for all that the service has been granted; it starts after that."""


class TrackingService(Construct):
    """One MLflow server container, run by ECS on Fargate as often as wanted
    (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/AWS_Fargate.html).

    The roles can do nothing until others grant it: `database.allow_from(service)`,
    `store.grant_read_write(service)`, `repository.grant_pull(service)`, `load_balancer.forward_to(service)`. What they
    make stands in this construct's scope, and the service starts after it. `run` then makes the service itself.

    Args:
        name: of the cluster, the service, the task family and, with suffixes, the roles; the log group is
            `/ecs/<name>`.
        account: whose account and region this is.
        vpc_id, subnet_ids: where the tasks run.
        log_retention_days: a value CloudWatch Logs accepts.
        key: encrypts the log; None for none of the environment's own.
        permissions_boundary_arn: the policy that bounds both roles; None for none
            (https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html).

    Attributes:
        task_role_arn, execution_role_arn, log_group_name, cluster_name, cluster_arn: of what it made.
        security_group: the tasks' own.
        granted: role ARN → what it has been granted.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        account: Account,
        vpc_id: str,
        subnet_ids: Sequence[str],
        log_retention_days: int,
        key: AnyKey | None = None,
        permissions_boundary_arn: str | None = None,
    ) -> None:
        super().__init__(scope, id)
        self._name = name
        self._account = account
        self._subnet_ids = list(subnet_ids)
        self._prerequisites: list[ITerraformDependable] = []
        self._load_balancers: list[EcsServiceLoadBalancer] = []
        self.security_group = SecurityGroup(
            self, "security_group", name=f"{name}-service", description="MLflow server", vpc_id=vpc_id
        )
        self.cluster = EcsCluster(self, "cluster", name=name)
        self.log_group = LogGroup(
            self, "log_group", name=f"/ecs/{name}", retention_days=log_retention_days, key=key
        )
        trust = service_trust_policy("ecs-tasks.amazonaws.com", account_id=account.account_id)
        self.task_role = IamRole(
            self,
            "task",
            name=f"{name}-task",
            description="MLflow server",
            assume_role_policy=trust,
            permissions_boundary=permissions_boundary_arn,
        )
        self.execution_role = IamRole(
            self,
            "execution",
            name=f"{name}-execution",
            description="Starts MLflow server tasks: pulls the image, writes the log",
            assume_role_policy=trust,
            permissions_boundary=permissions_boundary_arn,
        )
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
        self.cluster_name: str = self.cluster.name
        self.cluster_arn: str = self.cluster.arn
        self.log_group_name: str = self.log_group.name

    def grant_task(self, id: str, *statements: Statement) -> None:
        """Lets the server do what `statements` say."""
        policy = IamRolePolicy(
            self, f"task_{id}", role=self.task_role.id, name=id, policy=policy_document(*statements)
        )
        self.granted[self.task_role_arn].extend(statements)
        self.start_after(policy)

    def grant_execution(self, id: str, *statements: Statement) -> None:
        """Lets ECS do what `statements` say when it starts a task."""
        policy = IamRolePolicy(
            self, f"execution_{id}", role=self.execution_role.id, name=id, policy=policy_document(*statements)
        )
        self.granted[self.execution_role_arn].extend(statements)
        self.start_after(policy)

    def start_after(self, *prerequisites: ITerraformDependable) -> None:
        """No task starts before `prerequisites` are there, and they go only after the last task went."""
        self._prerequisites.extend(prerequisites)

    def register_with(self, *, target_group_arn: str, container_name: str, container_port: int) -> None:
        """Registers the tasks with a target group."""
        self._load_balancers.append(
            EcsServiceLoadBalancer(
                target_group_arn=target_group_arn,
                container_name=container_name,
                container_port=container_port,
            )
        )

    def allow_exec(self) -> None:
        """Lets `aws ecs execute-command` open a shell in a task; the API has no resources to narrow it by.

        https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html
        """
        self.grant_task(
            "exec",
            Statement(
                sid="ExecuteCommand",
                actions=[
                    "ssmmessages:CreateControlChannel",
                    "ssmmessages:CreateDataChannel",
                    "ssmmessages:OpenControlChannel",
                    "ssmmessages:OpenDataChannel",
                ],
                resources=["*"],
            ),
        )

    def run(
        self,
        *,
        image_uri: str,
        platform: str,
        environment: Mapping[str, str],
        cpu_units: int,
        memory_mib: int,
        desired_count: int,
        health_check_grace_period_seconds: int,
        enable_execute_command: bool,
        assign_public_ip: bool,
        outbound: Sequence[Outbound],
    ) -> None:
        """Makes the task definition and the service, after every grant has been made.

        A deployment that does not become healthy is rolled back to the one before it
        (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html), and the apply
        waits for the outcome, so that it fails when the server does not come up.

        Args:
            image_uri: by digest, so that a task started later runs the same image.
            platform: `linux/amd64` or `linux/arm64`, as the image was built.
            environment: the container's variables; no secret among them.
            cpu_units, memory_mib: one of Fargate's pairs.
            desired_count: how many tasks.
            health_check_grace_period_seconds: how long a new task may fail the load balancer's check: it upgrades the
                database's schema first.
            enable_execute_command: whether a shell can be opened in a task.
            assign_public_ip: whether each task has a public address, which in a public subnet is its way out.
            outbound: how the tasks reach the AWS services they call.
        """
        if enable_execute_command:
            self.allow_exec()
        for way in outbound:
            way.open_to(self)
        self.task_definition = EcsTaskDefinition(
            self,
            "task_definition",
            family=self._name,
            requires_compatibilities=["FARGATE"],
            network_mode="awsvpc",
            cpu=str(cpu_units),
            memory=str(memory_mib),
            runtime_platform=EcsTaskDefinitionRuntimePlatform(
                operating_system_family="LINUX", cpu_architecture=CPU_ARCHITECTURES[platform]
            ),
            task_role_arn=self.task_role_arn,
            execution_role_arn=self.execution_role_arn,
            container_definitions=json.dumps([self._container(image_uri, environment)]),
            # The service moves to the new revision before the old one is deregistered.
            lifecycle=TerraformResourceLifecycle(create_before_destroy=True),
        )
        self.service = EcsService(
            self,
            "resource",
            name=self._name,
            cluster=self.cluster.arn,
            task_definition=self.task_definition.arn,
            desired_count=desired_count,
            launch_type="FARGATE",
            network_configuration=EcsServiceNetworkConfiguration(
                subnets=self._subnet_ids,
                security_groups=[self.security_group.security_group_id],
                assign_public_ip=assign_public_ip,
            ),
            load_balancer=self._load_balancers,
            health_check_grace_period_seconds=health_check_grace_period_seconds,
            deployment_circuit_breaker=EcsServiceDeploymentCircuitBreaker(enable=True, rollback=True),
            deployment_minimum_healthy_percent=100,
            deployment_maximum_percent=200,
            enable_execute_command=enable_execute_command,
            enable_ecs_managed_tags=True,
            propagate_tags="SERVICE",
            wait_for_steady_state=True,
            depends_on=self._prerequisites,
        )
        self.service_name: str = self.service.name
        self.task_definition_arn: str = self.task_definition.arn

    def _container(self, image_uri: str, environment: Mapping[str, str]) -> dict[str, object]:
        """The container definition
        (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html)."""
        return {
            "name": CONTAINER_NAME,
            "image": image_uri,
            "essential": True,
            "portMappings": [
                {"containerPort": CONTAINER_PORT, "hostPort": CONTAINER_PORT, "protocol": "tcp"}
            ],
            "environment": [{"name": name, "value": environment[name]} for name in sorted(environment)],
            "stopTimeout": STOP_TIMEOUT_SECONDS,
            # ECS ignores a Dockerfile's HEALTHCHECK, and a slim image has no curl.
            "healthCheck": {
                "command": ["CMD", "python", "-m", "tracking_server.healthcheck"],
                "interval": 30,
                "timeout": 5,
                "retries": 3,
                "startPeriod": 300,
            },
            # An init as PID 1 passes SIGTERM on and reaps what ECS exec leaves behind.
            "linuxParameters": {"initProcessEnabled": True},
            "logConfiguration": {
                "logDriver": "awslogs",
                "options": {
                    "awslogs-group": self.log_group_name,
                    "awslogs-region": self._account.region,
                    "awslogs-stream-prefix": CONTAINER_NAME,
                    # Blocking, the default of old, stops the server while CloudWatch Logs is away.
                    "mode": "non-blocking",
                    "max-buffer-size": "25m",
                },
            },
        }
