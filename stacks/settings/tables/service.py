"""The table `service`: the tasks that run the server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from modules.common.task_life import START_SECONDS
from stacks.settings import aws, container
from stacks.settings.checks import AWS, BOOLEAN, FROZEN, Allowed, Section, Setting, between, no_entries
from stacks.settings.sizing import JOBS_MIB, JOBS_RESERVE_MIB, MOST_WORKERS

ECS = f"{AWS}/AmazonECS/latest/developerguide"
FARGATE = f"{ECS}/fargate-tasks-services.html"
SPOT = f"{ECS}/fargate-capacity-providers.html"
Variables = Annotated[
    Mapping[Annotated[str, container.VARIABLE_NAME], Annotated[str, container.VARIABLE_VALUE]], *FROZEN
]


class ServiceSettings(Section):
    """The ECS service on Fargate that runs the server."""

    cpu_units: Annotated[
        int, Setting("CPU of each task, in units; 1,024 are one vCPU", aws.CPU_UNITS, FARGATE)
    ] = 512
    memory_mib: Annotated[int, Setting("Memory of each task, in MiB", aws.MEMORY_MIB, FARGATE)] = 1024
    desired_count: Annotated[
        int,
        Setting(
            "How many tasks run; with `scaling.enabled`, how many there are at first",
            aws.DESIRED_COUNT,
            f"{ECS}/service-quotas.html",
        ),
    ]
    workers: Annotated[
        int | None,
        Setting(
            "The server's worker processes in each task; left out, one for each vCPU and at least 2, as memory allows",
            between(1, MOST_WORKERS, "workers, as the memory allows"),
        ),
    ] = None
    job_execution: Annotated[
        bool,
        Setting(
            f"MLflow's background jobs, which need {JOBS_MIB + JOBS_RESERVE_MIB:,} MiB of memory more",
            BOOLEAN,
        ),
    ] = False
    health_check_grace_period_seconds: Annotated[
        int,
        Setting(
            "How long a new task may fail its health checks, in seconds",
            between(0, 2_147_483_647, "seconds"),
            f"{AWS}/AmazonECS/latest/APIReference/API_CreateService.html",
        ),
    ] = START_SECONDS
    enable_execute_command: Annotated[
        bool,
        Setting(
            "ECS Exec: a shell in a running task",
            BOOLEAN,
            f"{ECS}/ecs-exec.html",
        ),
    ]
    audit_execute_command: Annotated[
        bool,
        Setting(
            "What is typed and shown in an ECS Exec session is kept in a log group of its own",
            BOOLEAN,
            f"{ECS}/ecs-exec.html#ecs-exec-logging",
        ),
    ]
    readonly_root_filesystem: Annotated[
        bool,
        Setting(
            "The server can write to `/tmp` only; ECS Exec cannot be had with it",
            BOOLEAN,
            f"{ECS}/ecs-exec.html#ecs-exec-considerations",
        ),
    ]
    platform_version: Annotated[
        Literal["1.4.0", "LATEST"],
        Setting(
            "Fargate's platform version",
            Allowed('"1.4.0" or "LATEST"'),
            f"{ECS}/platform-fargate.html",
        ),
    ] = "1.4.0"
    on_demand_count: Annotated[
        int,
        Setting("How many tasks run on demand before any runs on Fargate Spot", aws.DESIRED_COUNT, SPOT),
    ]
    spot_percent: Annotated[
        int,
        Setting(
            "The share of Fargate Spot among the tasks beyond these, in percent: cheaper, "
            "and taken back by AWS with two minutes' notice",
            between(0, 90, "percent"),
            SPOT,
        ),
    ] = 0
    container_insights: Annotated[
        Literal["disabled", "enabled", "enhanced"],
        Setting(
            "CloudWatch Container Insights: metrics of each task, which cost",
            Allowed('"disabled", "enabled" or "enhanced"'),
            f"{AWS}/AmazonCloudWatch/latest/monitoring/cloudwatch-container-insights.html",
        ),
    ]
    environment: Annotated[
        Variables,
        Setting(
            "More variables for the server, name to value; no secrets",
            Allowed(container.VARIABLE_NAME.text),
            "https://mlflow.org/docs/latest/api_reference/python_api/mlflow.environment_variables.html",
        ),
    ] = Field(default_factory=no_entries)
