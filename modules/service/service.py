"""The tracking server: an ECS service on Fargate, its cluster and its security group."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from cdktf import TerraformResource
from cdktf_cdktf_provider_aws.cloudwatch_metric_alarm import CloudwatchMetricAlarm
from cdktf_cdktf_provider_aws.ecs_cluster import EcsCluster, EcsClusterConfiguration, EcsClusterSetting
from cdktf_cdktf_provider_aws.ecs_cluster_capacity_providers import EcsClusterCapacityProviders
from cdktf_cdktf_provider_aws.ecs_service import (
    EcsService,
    EcsServiceDeploymentCircuitBreaker,
    EcsServiceLoadBalancer,
    EcsServiceNetworkConfiguration,
)
from constructs import Construct

from modules.common import task_life
from modules.common.account import Account
from modules.common.addresses import address_of
from modules.common.policies import Statement
from modules.common.security_groups import SecurityGroup
from modules.encryption.key import AnyKey
from modules.service.capacity import ON_DEMAND, SPOT, capacity_provider_strategy
from modules.service.container_insights import insights_log_groups
from modules.service.deployments import service_lifecycle, service_timeouts
from modules.service.exec_audit import NOT_RECORDED, ExecAudit
from modules.service.settings import ServiceSettings
from modules.service.task import Task

# The current one; LATEST would change it in a deployment of something else
# (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/platform-fargate.html).
PLATFORM_VERSION = "1.4.0"


class Outbound(Protocol):
    """A way from the tasks to the AWS services they call."""

    def open_to(self, service: Service) -> None:
        """Opens the way, for all that the service has been granted until then; it starts after that."""


class Service(Construct):
    """One MLflow server container, run by ECS on Fargate as often as wanted
    (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/AWS_Fargate.html).

    The task can do nothing until others grant it: `database.allow_from(service)`, `store.grant_read_write(service)`,
    `repository.grant_pull(service)`, `load_balancer.forward_to(service)`. What they make is in this construct's scope,
    and the service starts after it.

    A deployment that does not become healthy is rolled back to the one before it
    (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-circuit-breaker.html). The apply waits for
    that, and fails then: see `modules.service.deployments`. Tasks are spread over the subnets' zones, also again after
    one was away (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-rebalancing.html).

    Args:
        settings: the table `service`.
        name: of the cluster, the service, the task family and, with suffixes, the roles.
        account: whose account and region this is.
        vpc_id, subnet_ids: where the tasks run.
        assign_public_ip: whether each task has a public address, which in a public subnet is its way out.
        image_uri: by digest, so that a task started later runs the same image.
        platform: `linux/amd64` or `linux/arm64`, as the image was built.
        environment: the container's variables; no secret among them.
        sign_in_mode: `none`, `openid` or `password`: an image that does not know it ends with an error at once.
        scaled: whether others change the desired count, such as `AutoScaling`; Terraform only starts with it.
        log_retention_days: a value CloudWatch Logs accepts.
        key: encrypts the logs; None for none of the environment's own.
        log_group_name: None is `/ecs/<name>`.
        repository_credentials_arn: the secret with the login to the image's registry; None where it takes none.

    Attributes:
        task: what it runs.
        service: the resource itself.
        enable_execute_command: a shell can be opened in a task.
        health_check_grace_period_seconds: how long a new task may be unhealthy.
        service_name, cluster_name, cluster_arn, log_group_name: of what it made.
        task_definition_arn, task_role_arn, execution_role_arn: of the task.
        security_group: the tasks' own.
        granted: role ARN → what it has been granted.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        settings: ServiceSettings,
        name: str,
        account: Account,
        vpc_id: str,
        subnet_ids: Sequence[str],
        assign_public_ip: bool,
        image_uri: str,
        platform: str,
        environment: Mapping[str, str],
        sign_in_mode: str,
        scaled: bool,
        log_retention_days: int,
        key: AnyKey | None = None,
        log_group_name: str | None = None,
        repository_credentials_arn: str | None = None,
    ) -> None:
        super().__init__(scope, id)
        self._name = name
        self._settings = settings
        self.enable_execute_command = settings.enable_execute_command
        self.health_check_grace_period_seconds = settings.health_check_grace_period_seconds
        self._load_balancers: list[EcsServiceLoadBalancer] = []
        self._roll_back_alarms: list[str] = []
        self._bake_minutes = 0
        self.security_group = SecurityGroup(
            self, "security_group", name=f"{name}-service", description="MLflow server", vpc_id=vpc_id
        )
        log_groups = insights_log_groups(
            self, settings.container_insights, cluster_name=name, retention_days=log_retention_days, key=key
        )
        self.cluster = EcsCluster(
            self,
            "cluster",
            name=name,
            setting=[EcsClusterSetting(name="containerInsights", value=settings.container_insights)],
            # Written out: what is left out of a cluster's update stays as it was.
            configuration=EcsClusterConfiguration(execute_command_configuration=NOT_RECORDED),
            depends_on=log_groups or None,
        )
        self.cluster_name: str = self.cluster.name
        self.cluster_arn: str = self.cluster.arn
        self._capacity_providers = EcsClusterCapacityProviders(
            self,
            "capacity_providers",
            cluster_name=self.cluster_name,
            capacity_providers=[ON_DEMAND, SPOT],
        )
        self._prerequisites: list[str] = []
        self._waiting: list[EcsClusterCapacityProviders | EcsService] = [self._capacity_providers]
        self.task = Task(
            self,
            "resource",
            name=name,
            account=account,
            image_uri=image_uri,
            platform=platform,
            environment=environment,
            secrets=settings.secrets,
            command=() if sign_in_mode == "none" else ("serve", "--sign-in", sign_in_mode),
            cpu_units=settings.cpu_units,
            memory_mib=settings.memory_mib,
            ephemeral_storage_gib=settings.ephemeral_storage_gib,
            readonly_root_filesystem=settings.readonly_root_filesystem,
            drop_capabilities=not settings.enable_execute_command,
            log_retention_days=log_retention_days,
            key=key,
            repository_credentials_arn=repository_credentials_arn,
            log_group_name=log_group_name,
            start_after=self.start_after,
        )
        self.service = EcsService(
            self,
            "service",
            name=name,
            cluster=self.cluster_arn,
            task_definition=self.task.arn,
            desired_count=settings.desired_count,
            capacity_provider_strategy=capacity_provider_strategy(
                on_demand_count=settings.on_demand_count, spot_percent=settings.spot_percent
            ),
            # Without it Terraform would replace the service where the strategy changes. The price: any change of the
            # service starts its tasks anew, one after the other.
            force_new_deployment=True,
            platform_version=PLATFORM_VERSION,
            availability_zone_rebalancing="ENABLED",
            network_configuration=EcsServiceNetworkConfiguration(
                subnets=list(subnet_ids),
                security_groups=[self.security_group.security_group_id],
                assign_public_ip=assign_public_ip,
            ),
            load_balancer=[],
            health_check_grace_period_seconds=settings.health_check_grace_period_seconds,
            deployment_circuit_breaker=EcsServiceDeploymentCircuitBreaker(enable=True, rollback=True),
            deployment_minimum_healthy_percent=task_life.DEPLOYMENT_MINIMUM_HEALTHY_PERCENT,
            deployment_maximum_percent=task_life.DEPLOYMENT_MAXIMUM_PERCENT,
            enable_execute_command=settings.enable_execute_command,
            enable_ecs_managed_tags=True,
            propagate_tags="SERVICE",
            wait_for_steady_state=True,
            timeouts=service_timeouts(
                grace_period_seconds=settings.health_check_grace_period_seconds, bake_minutes=0
            ),
            lifecycle=service_lifecycle(
                task_definition_arn=self.task.reference, name=name, region=account.region, scaled=scaled
            ),
        )
        self._waiting.append(self.service)
        # By then ECS has made its own role in an account that never had a cluster.
        self.start_after()
        self.service_name: str = self.service.name
        self.log_group_name: str = self.task.log_group.name
        self.task_definition_arn: str = self.task.arn
        self.task_role_arn: str = self.task.task_role_arn
        self.execution_role_arn: str = self.task.execution_role_arn
        self.granted = self.task.granted
        if settings.enable_execute_command:
            self._allow_exec(log_retention_days=log_retention_days, key=key)

    def grant_task(self, id: str, *statements: Statement) -> None:
        """Lets the server do what `statements` say."""
        self.task.grant_task(id, *statements)

    def grant_execution(self, id: str, *statements: Statement) -> None:
        """Lets ECS do what `statements` say when it starts a task."""
        self.task.grant_execution(id, *statements)

    def start_after(self, *prerequisites: TerraformResource) -> None:
        """No task starts before `prerequisites` are there, and they go only after the last task went."""
        self._prerequisites += [address_of(one) for one in prerequisites]
        for resource in self._waiting:
            resource.depends_on = [
                *self._prerequisites,
                *([address_of(self._capacity_providers)] if resource is not self._capacity_providers else []),
            ]

    def register_with(self, *, target_group_arn: str, container_name: str, container_port: int) -> None:
        """Registers the tasks with a target group."""
        self._load_balancers.append(
            EcsServiceLoadBalancer(
                target_group_arn=target_group_arn,
                container_name=container_name,
                container_port=container_port,
            )
        )
        self.service.put_load_balancer(self._load_balancers)

    def roll_back_on(self, *alarms: CloudwatchMetricAlarm, bake_minutes: int) -> None:
        """A deployment during which one of `alarms` goes off is rolled back
        (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-alarm-failure.html).

        Args:
            bake_minutes: how long the slowest of them needs to go off.
        """
        self._roll_back_alarms += [alarm.alarm_name for alarm in alarms]
        self._bake_minutes = max(self._bake_minutes, bake_minutes)
        self.service.put_alarms(enable=True, rollback=True, alarm_names=self._roll_back_alarms)
        timeouts = service_timeouts(
            grace_period_seconds=self._settings.health_check_grace_period_seconds,
            bake_minutes=self._bake_minutes,
        )
        self.service.put_timeouts(create=timeouts.create, update=timeouts.update)
        self.task.keep_revisions()

    @property
    def keeps_revisions(self) -> bool:
        """Whether `destroy` leaves the revisions of the task definition: ECS may go back to the one before while it
        watches alarms, when Terraform has done its work."""
        return bool(self._roll_back_alarms)

    def _allow_exec(self, *, log_retention_days: int, key: AnyKey | None) -> None:
        """Lets `aws ecs execute-command` open a shell in a task; the API has no resources to narrow it by.

        The shell is root's, and its agent writes to the container's root file system
        (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html#ecs-exec-considerations). Which
        capabilities it needs is not documented, so the container keeps those that every container has.
        """
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
        if not self._settings.audit_execute_command:
            self.grant_task("exec", channels)
            return
        audit = ExecAudit(
            self, "exec", name=f"/ecs/{self._name}/exec", log_retention_days=log_retention_days, key=key
        )
        self.grant_task("exec", channels, *audit.statements)
        self.cluster.put_configuration(execute_command_configuration=audit.configuration)
