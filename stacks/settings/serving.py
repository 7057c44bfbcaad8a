"""What runs, and who reaches it: the tables `image`, `load_balancer` and `service` of an environment's file.

A field without a default here has one in `profiles.PROFILES`, or has to be set.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, Strict

from stacks.settings import aws, container, network
from stacks.settings.checks import (
    AWS,
    BOOLEAN,
    FROZEN,
    Allowed,
    Section,
    Setting,
    between,
    no_entries,
    one_of,
)

FARGATE = f"{AWS}/AmazonECS/latest/developerguide/fargate-tasks-services.html"
BALANCER = f"{AWS}/elasticloadbalancing/latest/application"

# Strict takes no list for a tuple: the items are strict, and the list is not.
Cidrs = Annotated[tuple[Annotated[str, Strict(), network.RANGE], ...], Strict(False)]
Variables = Annotated[
    Mapping[Annotated[str, container.VARIABLE_NAME], Annotated[str, container.VARIABLE_VALUE]], *FROZEN
]
BuildSecrets = Annotated[
    Mapping[Annotated[str, one_of(container.BUILD_SECRETS)], Annotated[str, container.BUILD_SECRET_SOURCE]],
    *FROZEN,
]


class ImageSettings(Section):
    """The server's image: built in the same plan, or a finished one."""

    uri: Annotated[
        str | None,
        Setting(
            "A finished image to run; left out, the image is built and pushed in the same plan",
            aws.IMAGE,
            f"{AWS}/AmazonECS/latest/APIReference/API_ContainerDefinition.html",
        ),
    ] = None
    base_image: Annotated[
        str,
        Setting("What the image is built from: Debian with Python 3.12 or compatible", aws.IMAGE),
    ] = "public.ecr.aws/docker/library/python:3.12-slim-bookworm"
    platform: Annotated[
        Literal["linux/amd64", "linux/arm64"],
        Setting(
            "The processor the image is built for and the tasks run on",
            Allowed('"linux/amd64" or "linux/arm64"'),
            f"{AWS}/AmazonECS/latest/developerguide/ecs-arm64.html",
        ),
    ] = "linux/amd64"
    registry_credentials: Annotated[
        Literal["token", "docker_config"],
        Setting(
            "How the push logs in to ECR: a token (which stands in the state for its twelve hours), "
            "or this machine's Docker configuration (which leaves nothing there)",
            Allowed('"token" or "docker_config"'),
            f"{AWS}/AmazonECR/latest/userguide/registry_auth.html",
        ),
    ] = "token"
    retained_images: Annotated[
        int,
        Setting(
            "How many images the repository keeps, to roll back to",
            between(1, 10000, "images"),
            f"{AWS}/AmazonECR/latest/userguide/LifecyclePolicies.html",
        ),
    ] = 10
    force_delete: Annotated[
        bool,
        Setting(
            "`destroy` deletes the images too, rather than stopping at a repository that is not empty",
            BOOLEAN,
            f"{AWS}/AmazonECR/latest/userguide/repository-delete.html",
        ),
    ]
    build_network_mode: Annotated[
        Literal["default", "host", "none"] | None,
        Setting(
            "The network of the build's RUN steps; left out, the builder's own",
            Allowed('"default", "host" or "none"'),
            "https://docs.docker.com/reference/cli/docker/buildx/build/#network",
        ),
    ] = None
    build_secrets: Annotated[
        BuildSecrets,
        Setting(
            "Files the build may read without their leaving a trace in the image: "
            "`ca_bundle`, more certificates to trust (PEM), and `pip_conf`, a pip.conf",
            Allowed("ca_bundle and pip_conf, each the absolute path of a file or env:<variable>"),
            "https://docs.docker.com/build/building/secrets/",
        ),
    ] = Field(default_factory=no_entries)
    revision: Annotated[
        int,
        Setting(
            "Raise it to build anew from the same files, under a new tag (for a base image's fixes)",
            between(1, 1_000_000),
        ),
    ] = 1


class LoadBalancerSettings(Section):
    """The Application Load Balancer in front of the server."""

    internal: Annotated[
        bool,
        Setting(
            "In the private subnets, reachable from the VPC and what is connected to it only",
            BOOLEAN,
            f"{BALANCER}/application-load-balancers.html#load-balancer-scheme",
        ),
    ]
    allowed_cidrs: Annotated[
        Cidrs,
        Setting(
            "The networks whose clients may connect",
            Allowed(f"different networks, each {network.RANGE.text}"),
            f"{BALANCER}/load-balancer-update-security-groups.html",
        ),
    ]
    idle_timeout_seconds: Annotated[
        int,
        Setting(
            "How long a connection may be silent, in seconds: longer than the longest pause of an upload",
            aws.IDLE_TIMEOUT_SECONDS,
            f"{BALANCER}/edit-load-balancer-attributes.html",
        ),
    ] = 300
    deletion_protection: Annotated[
        bool,
        Setting(
            "AWS refuses to delete the load balancer",
            BOOLEAN,
            f"{BALANCER}/edit-load-balancer-attributes.html",
        ),
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
            "How many tasks run",
            aws.DESIRED_COUNT,
            f"{AWS}/AmazonECS/latest/developerguide/service-quotas.html",
        ),
    ]
    workers: Annotated[
        int,
        Setting(
            "The server's worker processes in each task", between(1, 128, "workers, as the memory allows")
        ),
    ] = 2
    job_execution: Annotated[
        bool, Setting("MLflow's background jobs, which need 2,560 MiB of memory or more", BOOLEAN)
    ] = False
    health_check_grace_period_seconds: Annotated[
        int,
        Setting(
            "How long a new task may fail its health checks, in seconds",
            between(0, 2_147_483_647, "seconds"),
            f"{AWS}/AmazonECS/latest/APIReference/API_CreateService.html",
        ),
    ] = 300
    enable_execute_command: Annotated[
        bool,
        Setting(
            "ECS Exec: a shell in a running task",
            BOOLEAN,
            f"{AWS}/AmazonECS/latest/developerguide/ecs-exec.html",
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
