"""What ECS would run, read back from the account as ECS reads it: service, task definition, container, and the rest."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import boto3

from local.demo.report import DemoError


@dataclass(frozen=True)
class HealthCheck:
    """A target group's: what the load balancer asks of a task before it sends it requests."""

    path: str
    statuses: frozenset[int]
    interval_seconds: int
    timeout_seconds: int
    healthy_threshold: int
    unhealthy_threshold: int


@dataclass(frozen=True)
class Task:
    """The deployed task definition, and what it refers to.

    Attributes:
        arn: the revision that the service runs.
        image: as the container definition has it.
        environment: the container's, exactly.
        command: what the image's entry point gets.
        cpu_units, memory_mib: the task's size.
        init, stop_timeout_seconds: how the container is run and stopped.
        user, readonly_root_filesystem, dropped_capabilities: what it may do.
        volume_paths: where the task's empty volumes are in it.
        grace_period_seconds: how long the service lets a new task fail the health check.
        database_host, database_name, database_user: of the backend store's URI.
        database_password: from the secret that the task may read.
        load_balancer_host, listener_port: where clients would go.
    """

    arn: str
    image: str
    environment: Mapping[str, str]
    command: tuple[str, ...]
    cpu_units: int
    memory_mib: int
    init: bool
    stop_timeout_seconds: int
    user: str
    readonly_root_filesystem: bool
    dropped_capabilities: tuple[str, ...]
    volume_paths: tuple[str, ...]
    grace_period_seconds: int
    container_port: int
    desired_count: int
    health_check: HealthCheck
    database_host: str
    database_name: str
    database_user: str
    database_password: str = field(repr=False)
    load_balancer_host: str
    listener_port: int


def read_task(session: boto3.Session, name: str) -> Task:
    """The task of the service `name` in the cluster `name`.

    Raises:
        DemoError: something of it is not there.
    """
    ecs, balancing = session.client("ecs"), session.client("elbv2")
    services = ecs.describe_services(cluster=name, services=[name])["services"]
    if not services or services[0]["status"] != "ACTIVE":
        raise DemoError(f"the account has no active ECS service {name} in a cluster of that name")
    service = services[0]
    definition: Any = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"]
    container = definition["containerDefinitions"][0]
    environment = {variable["name"]: variable["value"] for variable in container["environment"]}
    target = service["loadBalancers"][0]
    group: Any = balancing.describe_target_groups(TargetGroupArns=[target["targetGroupArn"]])["TargetGroups"][
        0
    ]
    balancer: Any = balancing.describe_load_balancers(LoadBalancerArns=group["LoadBalancerArns"])[
        "LoadBalancers"
    ][0]
    listener = balancing.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"][0]
    uri = urlsplit(environment["MLFLOW_BACKEND_STORE_URI"])
    secret = session.client("secretsmanager").get_secret_value(
        SecretId=environment["MLFLOW_DATABASE_SECRET_ARN"]
    )
    credentials = json.loads(secret["SecretString"])
    if credentials["username"] != uri.username:
        raise DemoError(f"the secret is for the user {credentials['username']}, the URI names {uri.username}")
    linux: Any = container.get("linuxParameters", {})
    return Task(
        arn=definition["taskDefinitionArn"],
        image=container["image"],
        environment=environment,
        command=tuple(container.get("command", ())),
        cpu_units=int(definition["cpu"]),
        memory_mib=int(definition["memory"]),
        init=bool(linux.get("initProcessEnabled")),
        stop_timeout_seconds=int(container.get("stopTimeout", 30)),
        user=container["user"],
        readonly_root_filesystem=bool(container.get("readonlyRootFilesystem")),
        dropped_capabilities=tuple(linux.get("capabilities", {}).get("drop", [])),
        volume_paths=tuple(mount["containerPath"] for mount in container["mountPoints"]),
        grace_period_seconds=int(service.get("healthCheckGracePeriodSeconds") or 0),
        container_port=int(target["containerPort"]),
        desired_count=int(service["desiredCount"]),
        health_check=_health_check(group),
        database_host=str(uri.hostname),
        database_name=uri.path.removeprefix("/"),
        database_user=str(uri.username),
        database_password=credentials["password"],
        load_balancer_host=balancer["DNSName"],
        listener_port=int(listener["Port"]),
    )


def read_credentials(session: boto3.Session, task: Task) -> Mapping[str, str]:
    """The variables by which the MLflow client signs in: the first user's, whom the server makes at its first start."""
    arn = task.environment.get("MLFLOW_ADMIN_SECRET_ARN")
    if arn is None:
        return {}
    value = json.loads(session.client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"])
    return {"MLFLOW_TRACKING_USERNAME": value["username"], "MLFLOW_TRACKING_PASSWORD": value["password"]}


def _health_check(group: Any) -> HealthCheck:
    return HealthCheck(
        path=group["HealthCheckPath"],
        statuses=_statuses(group["Matcher"]["HttpCode"]),
        interval_seconds=group["HealthCheckIntervalSeconds"],
        timeout_seconds=group["HealthCheckTimeoutSeconds"],
        healthy_threshold=group["HealthyThresholdCount"],
        unhealthy_threshold=group["UnhealthyThresholdCount"],
    )


def _statuses(matcher: str) -> frozenset[int]:
    """`200`, `200,202` or `200-299`
    (https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_Matcher.html)."""
    found: set[int] = set()
    for part in matcher.split(","):
        first, _, last = part.partition("-")
        found.update(range(int(first), int(last or first) + 1))
    return frozenset(found)
