"""The tables `service` and `scaling`: the tasks that run the server, and how many."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from modules.common import aws, sizes
from modules.common.task_life import START_SECONDS
from modules.service import values as container
from modules.service.server_variables import STATIC_PREFIX
from modules.service.sizing import JOBS_MIB, JOBS_RESERVE_MIB, MOST_WORKERS
from settings.language.errors import Refusal
from settings.language.setting import (
    AWS,
    BOOLEAN,
    FROZEN,
    Allowed,
    Defaults,
    Section,
    Setting,
    Unsafe,
    between,
    is_not_set,
    no_entries,
)

ECS = f"{AWS}/AmazonECS/latest/developerguide"
FARGATE = f"{ECS}/fargate-tasks-services.html"
SPOT = f"{ECS}/fargate-capacity-providers.html"
Variables = Annotated[
    Mapping[Annotated[str, container.VARIABLE_NAME], Annotated[str, container.VARIABLE_VALUE]], *FROZEN
]

Secrets = Annotated[
    Mapping[Annotated[str, container.SECRET_NAME], Annotated[str, container.SECRET_REFERENCE]], *FROZEN
]

# One, while another or its zone is away.
LEAST_TASKS = 2


class ServiceSettings(Section):
    """The ECS service on Fargate that runs the server.

    Attributes:
        path_prefix: what every path of the server begins with, such as `/mlflow` (MLflow's `--static-prefix`).
    """

    cpu_units: Annotated[
        int,
        Setting(
            "CPU of each task, in units; 1,024 are one vCPU",
            aws.CPU_UNITS,
            FARGATE,
            defaults=Defaults(demo=sizes.DEMO.cpu_units, production=sizes.PRODUCTION.cpu_units),
        ),
    ]
    memory_mib: Annotated[
        int,
        Setting(
            "Memory of each task, in MiB",
            aws.MEMORY_MIB,
            FARGATE,
            defaults=Defaults(demo=sizes.DEMO.memory_mib, production=sizes.PRODUCTION.memory_mib),
        ),
    ]
    ephemeral_storage_gib: Annotated[
        int | None,
        Setting(
            "Disk of each task, in GiB, including the image. Uploads pass through it (docs/clients.md). "
            "Default: 20, as of Fargate",
            between(21, 200, "GiB"),
            f"{ECS}/fargate-task-storage.html",
        ),
    ] = None
    desired_count: Annotated[
        int,
        Setting(
            "Number of tasks; with `scaling.enabled`, the initial number",
            aws.DESIRED_COUNT,
            f"{ECS}/service-quotas.html",
            defaults=Defaults(demo=1, production=2),
        ),
        Unsafe(
            lambda tasks: tasks < LEAST_TASKS,
            Refusal(
                "With one task, the server is unavailable while the task or its zone is down.",
                f"{LEAST_TASKS} tasks or more in production",
                f"remove the line, or set it to {LEAST_TASKS} or more.",
            ),
        ),
    ]
    workers: Annotated[
        int | None,
        Setting(
            "Worker processes in each task. Default: one for each vCPU, at least 2, as far as the memory "
            "allows",
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
            "Time in which a new task can fail its health checks, in seconds",
            between(0, 2_147_483_647, "seconds"),
            f"{AWS}/AmazonECS/latest/APIReference/API_CreateService.html",
        ),
    ] = START_SECONDS
    enable_execute_command: Annotated[
        bool,
        Setting(
            "Allow ECS Exec: a shell in a running task",
            BOOLEAN,
            f"{ECS}/ecs-exec.html",
            defaults=Defaults(demo=True, production=False),
        ),
    ]
    audit_execute_command: Annotated[
        bool,
        Setting(
            "Record input and output of ECS Exec sessions in a separate log group",
            BOOLEAN,
            f"{ECS}/ecs-exec.html#ecs-exec-logging",
            defaults=Defaults(demo=False, production=True),
        ),
        Unsafe(
            is_not_set,
            Refusal(
                "Commands in ECS Exec sessions would not be recorded.",
                "true in production",
                "remove the line; without service.enable_execute_command nothing is made for it.",
            ),
        ),
    ]
    readonly_root_filesystem: Annotated[
        bool,
        Setting(
            "Make the root file system read-only, except `/tmp`; not possible with ECS Exec",
            BOOLEAN,
            f"{ECS}/ecs-exec.html#ecs-exec-considerations",
            defaults=Defaults(demo=False, production=True),
        ),
    ]
    on_demand_count: Annotated[
        int,
        Setting(
            "Number of tasks that run on demand before tasks run on Fargate Spot",
            aws.DESIRED_COUNT,
            SPOT,
            defaults=Defaults(demo=0, production=2),
        ),
        Unsafe(
            lambda count: count < 1,
            Refusal(
                "AWS can stop all Fargate Spot tasks within two minutes, and no other task would run.",
                "1 task or more in production",
                "remove the line, or set it to 1 or more.",
            ),
        ),
    ]
    spot_percent: Annotated[
        int,
        Setting(
            "Share of Fargate Spot among the other tasks, in percent; Spot is cheaper, and AWS can stop "
            "its tasks with two minutes' notice",
            between(0, 90, "percent"),
            SPOT,
        ),
    ] = 0
    container_insights: Annotated[
        Literal["disabled", "enabled", "enhanced"],
        Setting(
            "CloudWatch Container Insights: metrics of each task, for a charge",
            Allowed('"disabled", "enabled" or "enhanced"'),
            f"{AWS}/AmazonCloudWatch/latest/monitoring/cloudwatch-container-insights.html",
            defaults=Defaults(demo="disabled", production="enabled"),
        ),
    ]
    environment: Annotated[
        Variables,
        Setting(
            "Additional environment variables of the server; no secrets",
            Allowed(container.VARIABLE_NAME.text),
            "https://mlflow.org/docs/latest/api_reference/python_api/mlflow.environment_variables.html",
        ),
    ] = Field(default_factory=no_entries)
    secrets: Annotated[
        Secrets,
        Setting(
            "Additional environment variables of the server that ECS reads from Secrets Manager: variable → the "
            "secret's ARN, or `<ARN>:<key>` for a key of a JSON secret",
            Allowed(container.SECRET_REFERENCE.text),
            f"{ECS}/secrets-envvar-secrets-manager.html",
        ),
    ] = Field(default_factory=no_entries)

    @property
    def path_prefix(self) -> str:
        return self.environment.get(STATIC_PREFIX, "")


SCALING = f"{AWS}/AmazonECS/latest/developerguide/service-auto-scaling.html"
TARGET_TRACKING = f"{AWS}/AmazonECS/latest/developerguide/service-autoscaling-targettracking.html"
HIGHEST_MEMORY_PERCENT = 95


class ScalingSettings(Section):
    """Autoscaling of the tasks; the target that needs the most tasks decides."""

    enabled: Annotated[
        bool,
        Setting(
            "Adjust the number of tasks to their load; `service.desired_count` is then only the initial "
            "number",
            BOOLEAN,
            SCALING,
            defaults=Defaults(demo=False, production=True),
        ),
    ]
    min_count: Annotated[
        int,
        Setting("Minimum number of tasks", aws.DESIRED_COUNT, SCALING),
        Unsafe(
            lambda tasks: tasks < LEAST_TASKS,
            Refusal(
                "Scaled in to one task, the server is unavailable while the task or its zone is down.",
                f"{LEAST_TASKS} tasks or more in production",
                f"remove the line, or set it to {LEAST_TASKS} or more.",
            ),
        ),
    ] = 2
    max_count: Annotated[int, Setting("Maximum number of tasks", aws.DESIRED_COUNT, SCALING)] = 6
    cpu_percent: Annotated[
        int,
        Setting("Target for the average CPU use of the tasks", between(10, 90, "percent"), TARGET_TRACKING),
    ] = 60
    memory_percent: Annotated[
        int,
        Setting(
            "Target for the average memory use of the tasks; scaling cannot reduce what an idle server uses",
            between(10, HIGHEST_MEMORY_PERCENT, "percent"),
            TARGET_TRACKING,
        ),
    ] = 85
    requests_per_target: Annotated[
        int,
        Setting(
            "Target for the requests of each task in a minute",
            between(1, 1_000_000, "requests in a minute"),
            TARGET_TRACKING,
        ),
    ] = 1000
