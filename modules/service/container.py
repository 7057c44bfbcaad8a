"""The MLflow server's container, as ECS is to run it: what it may write to, who it is, and what it may do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from modules.common import task_life
from modules.service.secrets import container_secrets

CONTAINER_NAME = "mlflow"
CONTAINER_PORT = 5000
# The image's own user; set here, it applies to any image.
USER = "10001:10001"
# All that the server writes to: uploads on their way, and its home.
SCRATCH_VOLUME = "tmp"
SCRATCH_PATH = "/tmp"


def container_definition(
    *,
    image_uri: str,
    environment: Mapping[str, str],
    secrets: Mapping[str, str],
    command: Sequence[str],
    log_group_name: str,
    region: str,
    readonly_root_filesystem: bool,
    drop_capabilities: bool,
    repository_credentials_arn: str | None = None,
) -> dict[str, Any]:
    """The container definition
    (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html).

    It is never privileged and gets no capability that a container does not have anyway.

    Args:
        image_uri: by digest.
        environment: its variables; no secret among them.
        secrets: variables that ECS reads from secrets: name → ARN, or `<ARN>:<JSON key>`.
        command: what the image's entry point gets; empty for the image's own.
        log_group_name, region: where its log goes.
        readonly_root_filesystem: it can write to `/tmp` only, a volume of the task's
            (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/bind-mounts.html).
        drop_capabilities: it loses those too that every container has
            (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_KernelCapabilities.html).
        repository_credentials_arn: the secret with the login to the image's registry; None where it takes none
            (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RepositoryCredentials.html).
    """
    # An init as PID 1 passes SIGTERM on and reaps what ECS Exec leaves behind.
    linux_parameters: dict[str, Any] = {"initProcessEnabled": True}
    if drop_capabilities:
        # Both lists, as ECS answers them: the provider compares them as they are, and a list that is left out would be
        # a change in every plan.
        linux_parameters["capabilities"] = {"add": [], "drop": ["ALL"]}
    return {
        "name": CONTAINER_NAME,
        "image": image_uri,
        **(
            {"repositoryCredentials": {"credentialsParameter": repository_credentials_arn}}
            if repository_credentials_arn
            else {}
        ),
        "essential": True,
        **({"command": list(command)} if command else {}),
        "user": USER,
        "readonlyRootFilesystem": readonly_root_filesystem,
        "mountPoints": [{"sourceVolume": SCRATCH_VOLUME, "containerPath": SCRATCH_PATH, "readOnly": False}],
        "portMappings": [{"containerPort": CONTAINER_PORT, "hostPort": CONTAINER_PORT, "protocol": "tcp"}],
        "environment": [{"name": name, "value": environment[name]} for name in sorted(environment)],
        # Left out where there are none, as ECS answers it.
        **({"secrets": container_secrets(secrets)} if secrets else {}),
        "stopTimeout": task_life.STOP_TIMEOUT_SECONDS,
        # ECS ignores a Dockerfile's HEALTHCHECK, and a slim image has no curl.
        "healthCheck": {
            "command": ["CMD", "python", "-m", "tracking_server.healthcheck"],
            "interval": task_life.CONTAINER_CHECK_INTERVAL_SECONDS,
            "timeout": task_life.CONTAINER_CHECK_TIMEOUT_SECONDS,
            "retries": task_life.CONTAINER_CHECK_RETRIES,
            "startPeriod": task_life.START_SECONDS,
        },
        "linuxParameters": linux_parameters,
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {
                "awslogs-group": log_group_name,
                "awslogs-region": region,
                "awslogs-stream-prefix": CONTAINER_NAME,
                # Blocking, the default of old, stops the server while CloudWatch Logs is away.
                "mode": "non-blocking",
                "max-buffer-size": "25m",
            },
        },
    }
