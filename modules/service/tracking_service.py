"""The tracking server: an ECS service on Fargate, its task definition, roles, log group and security group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from cdktf import ITerraformDependable
from cdktf_cdktf_provider_aws.cloudwatch_metric_alarm import CloudwatchMetricAlarm
from cdktf_cdktf_provider_aws.ecs_cluster import EcsCluster, EcsClusterConfiguration, EcsClusterSetting
from cdktf_cdktf_provider_aws.ecs_cluster_capacity_providers import EcsClusterCapacityProviders
from cdktf_cdktf_provider_aws.ecs_service import (
    EcsService,
    EcsServiceAlarms,
    EcsServiceDeploymentCircuitBreaker,
    EcsServiceLoadBalancer,
    EcsServiceNetworkConfiguration,
)
from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.iam_role_policy import IamRolePolicy
from constructs import Construct

from modules.common import task_life
from modules.common.account import Account
from modules.common.log_group import LogGroup
from modules.common.policies import Statement, policy_document, service_trust_policy
from modules.common.security_groups import SecurityGroup
from modules.encryption.key import AnyKey
from modules.service.capacity import ON_DEMAND, SPOT, capacity_provider_strategy
from modules.service.container import container_definition
from modules.service.container_insights import DISABLED, insights_log_groups
from modules.service.deployments import service_lifecycle, service_timeouts
from modules.service.exec_audit import NOT_RECORDED, ExecAudit
from modules.service.task_definition import TaskDefinition


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

    Without `allow_exec` nobody gets a shell in a task, and the container has no capability at all.

    Args:
        name: of the cluster, the service, the task family and, with suffixes, the roles.
        account: whose account and region this is.
        vpc_id, subnet_ids: where the tasks run.
        log_retention_days: a value CloudWatch Logs accepts.
        container_insights: `disabled`, `enabled` or `enhanced`: metrics of each task, which cost
            (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-container-insights.html).
        key: encrypts the log; None for none of the environment's own.
        log_group_name: None is `/ecs/<name>`.

    Attributes:
        task_role_arn, execution_role_arn, log_group_name, cluster_name, cluster_arn: of what it made.
        insights_log_groups: of Container Insights; none where that is disabled.
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
        container_insights: str = DISABLED,
        key: AnyKey | None = None,
        log_group_name: str | None = None,
    ) -> None:
        super().__init__(scope, id)
        self._name = name
        self._account = account
        self._subnet_ids = list(subnet_ids)
        self._prerequisites: list[ITerraformDependable] = []
        self._load_balancers: list[EcsServiceLoadBalancer] = []
        self._roll_back_alarms: list[str] = []
        self._bake_minutes = 0
        self._enable_execute_command = False
        self.security_group = SecurityGroup(
            self, "security_group", name=f"{name}-service", description="MLflow server", vpc_id=vpc_id
        )
        self.insights_log_groups = insights_log_groups(
            self, container_insights, cluster_name=name, retention_days=log_retention_days, key=key
        )
        self.cluster = EcsCluster(
            self,
            "cluster",
            name=name,
            setting=[EcsClusterSetting(name="containerInsights", value=container_insights)],
            # Written out: what is left out of a cluster's update stays as it was.
            configuration=EcsClusterConfiguration(execute_command_configuration=NOT_RECORDED),
            depends_on=self.insights_log_groups or None,
        )
        self.log_group = LogGroup(
            self,
            "log_group",
            name=log_group_name or f"/ecs/{name}",
            retention_days=log_retention_days,
            key=key,
        )
        trust = service_trust_policy("ecs-tasks.amazonaws.com", account_id=account.account_id)
        self.task_role = IamRole(
            self,
            "task",
            name=f"{name}-task",
            description="MLflow server",
            assume_role_policy=trust,
        )
        self.execution_role = IamRole(
            self,
            "execution",
            name=f"{name}-execution",
            description="Starts MLflow server tasks: pulls the image, writes the log",
            assume_role_policy=trust,
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

    def roll_back_on(self, *alarms: CloudwatchMetricAlarm, bake_minutes: int) -> None:
        """A deployment during which one of `alarms` goes off is rolled back.

        Args:
            bake_minutes: how long the slowest of them needs to go off.
        """
        self._roll_back_alarms += [alarm.alarm_name for alarm in alarms]
        self._bake_minutes = max(self._bake_minutes, bake_minutes)

    @property
    def keeps_revisions(self) -> bool:
        """Whether `destroy` leaves the revisions of the task definition: ECS may go back to the one before while it
        watches alarms, when Terraform has done its work."""
        return bool(self._roll_back_alarms)

    def allow_exec(self, audit: ExecAudit | None) -> None:
        """Lets `aws ecs execute-command` open a shell in a task; the API has no resources to narrow it by.

        The shell is root's, and its agent writes to the container's root file system
        (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html#ecs-exec-considerations). Which
        capabilities it needs is not documented, so the container keeps those that every container has.

        Args:
            audit: records the sessions; None records none.
        """
        self._enable_execute_command = True
        channels = Statement(
            sid="ExecuteCommand",
            actions=[
                "ssmmessages:CreateControlChannel",
                "ssmmessages:CreateDataChannel",
                "ssmmessages:OpenControlChannel",
                "ssmmessages:OpenDataChannel",
            ],
            resources=["*"],
        )
        self.grant_task("exec", channels, *(audit.statements if audit else []))
        if audit:
            self.cluster.put_configuration(execute_command_configuration=audit.configuration)

    def run(
        self,
        *,
        image_uri: str,
        platform: str,
        environment: Mapping[str, str],
        cpu_units: int,
        memory_mib: int,
        desired_count: int,
        scaled: bool,
        health_check_grace_period_seconds: int,
        platform_version: str,
        readonly_root_filesystem: bool,
        on_demand_count: int,
        spot_percent: int,
        assign_public_ip: bool,
        outbound: Sequence[Outbound],
    ) -> None:
        """Makes the task definition and the service, after every grant has been made.

        A deployment that does not become healthy is rolled back to the one before it
        (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html). The apply waits
        for that, and fails then: see `modules.service.deployments`. Tasks are spread over the subnets' zones, also
        again after one was away
        (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-rebalancing.html).

        Args:
            image_uri: by digest, so that a task started later runs the same image.
            platform: `linux/amd64` or `linux/arm64`, as the image was built.
            environment: the container's variables; no secret among them.
            cpu_units, memory_mib: one of Fargate's pairs.
            desired_count: how many tasks.
            scaled: whether others change the desired count, such as `AutoScaling`; Terraform only starts with it.
            health_check_grace_period_seconds: how long a new task may fail the load balancer's check: it upgrades the
                database's schema first.
            platform_version: of Fargate, or `LATEST`.
            readonly_root_filesystem: the container can write to `/tmp` only.
            on_demand_count, spot_percent: see `capacity_provider_strategy`.
            assign_public_ip: whether each task has a public address, which in a public subnet is its way out.
            outbound: how the tasks reach the AWS services they call.
        """
        for way in outbound:
            way.open_to(self)
        task_definition = TaskDefinition(
            self,
            "task_definition",
            family=self._name,
            platform=platform,
            cpu_units=cpu_units,
            memory_mib=memory_mib,
            task_role_arn=self.task_role_arn,
            execution_role_arn=self.execution_role_arn,
            keep_revisions=self.keeps_revisions,
            container=container_definition(
                image_uri=image_uri,
                environment=environment,
                log_group_name=self.log_group_name,
                region=self._account.region,
                readonly_root_filesystem=readonly_root_filesystem,
                drop_capabilities=not self._enable_execute_command,
            ),
        )
        capacity_providers = EcsClusterCapacityProviders(
            self,
            "capacity_providers",
            cluster_name=self.cluster_name,
            capacity_providers=[ON_DEMAND, SPOT],
            # By then ECS has made its own role in an account that never had a cluster.
            depends_on=self._prerequisites,
        )
        self.service = EcsService(
            self,
            "resource",
            name=self._name,
            cluster=self.cluster.arn,
            task_definition=task_definition.arn,
            desired_count=desired_count,
            capacity_provider_strategy=capacity_provider_strategy(
                on_demand_count=on_demand_count, spot_percent=spot_percent
            ),
            # Without it Terraform would replace the service where the strategy changes. The price: any change of the
            # service starts its tasks anew, one after the other.
            force_new_deployment=True,
            platform_version=platform_version,
            availability_zone_rebalancing="ENABLED",
            network_configuration=EcsServiceNetworkConfiguration(
                subnets=self._subnet_ids,
                security_groups=[self.security_group.security_group_id],
                assign_public_ip=assign_public_ip,
            ),
            load_balancer=self._load_balancers,
            health_check_grace_period_seconds=health_check_grace_period_seconds,
            deployment_circuit_breaker=EcsServiceDeploymentCircuitBreaker(enable=True, rollback=True),
            alarms=self._alarms(),
            deployment_minimum_healthy_percent=task_life.DEPLOYMENT_MINIMUM_HEALTHY_PERCENT,
            deployment_maximum_percent=task_life.DEPLOYMENT_MAXIMUM_PERCENT,
            enable_execute_command=self._enable_execute_command,
            enable_ecs_managed_tags=True,
            propagate_tags="SERVICE",
            wait_for_steady_state=True,
            timeouts=service_timeouts(
                grace_period_seconds=health_check_grace_period_seconds, bake_minutes=self._bake_minutes
            ),
            lifecycle=service_lifecycle(
                task_definition_arn=task_definition.reference,
                name=self._name,
                region=self._account.region,
                scaled=scaled,
            ),
            depends_on=[*self._prerequisites, capacity_providers],
        )
        self.service_name: str = self.service.name
        self.task_definition_arn: str = task_definition.arn

    def _alarms(self) -> EcsServiceAlarms | None:
        """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-alarm-failure.html"""
        if not self._roll_back_alarms:
            return None
        return EcsServiceAlarms(enable=True, rollback=True, alarm_names=self._roll_back_alarms)
