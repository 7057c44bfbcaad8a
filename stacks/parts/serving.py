"""What runs: the service, how many of its tasks, and the variables of their container."""

from __future__ import annotations

import json

from constructs import Construct

from modules.common.account import Account
from modules.common.task_life import GRACEFUL_SHUTDOWN_SECONDS, SHUTDOWN_DELAY_SECONDS
from modules.database.instance import Database
from modules.edge.load_balancer import LoadBalancer
from modules.encryption.key import AnyKey
from modules.service.autoscaling import AutoScaling
from modules.service.container import CONTAINER_PORT
from modules.service.exec_audit import ExecAudit
from modules.service.tracking_service import Outbound, TrackingService
from modules.storage.artifact_store import ArtifactStore
from stacks.parts.edge import Edge
from stacks.parts.network import AnyNetwork
from stacks.settings import EnvironmentSettings

# The server closes an idle connection later than the load balancer does, or a request sent in between is a 502
# (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html).
KEEP_ALIVE_MARGIN_SECONDS = 5
# A person with a forwarded port (ECS exec, Session Manager) comes by these names.
LOCAL_HOSTS = ("localhost", "127.0.0.1")


def service_of(
    scope: Construct,
    *,
    settings: EnvironmentSettings,
    account: Account,
    network: AnyNetwork,
    key: AnyKey | None,
) -> TrackingService:
    """The service, which may do nothing yet and does not run."""
    return TrackingService(
        scope,
        "service",
        name=settings.full_name,
        account=account,
        vpc_id=network.vpc_id,
        subnet_ids=network.private_subnet_ids if _is_private(settings) else network.public_subnet_ids,
        log_retention_days=settings.logs.retention_days,
        container_insights=settings.service.container_insights,
        key=key,
        log_group_name=settings.adopt.log_group,
    )


def exec_audit_of(
    service: TrackingService, *, settings: EnvironmentSettings, key: AnyKey | None
) -> ExecAudit | None:
    """Lets the service's tasks be entered, where the settings say so; returns what records it."""
    if not settings.service.enable_execute_command:
        return None
    audit = None
    if settings.service.audit_execute_command:
        audit = ExecAudit(
            service,
            "exec",
            name=f"/ecs/{settings.full_name}/exec",
            log_retention_days=settings.logs.retention_days,
            key=key,
        )
    service.allow_exec(audit)
    return audit


def run(
    service: TrackingService,
    *,
    settings: EnvironmentSettings,
    image_uri: str,
    environment: dict[str, str],
    outbound: list[Outbound],
) -> None:
    """Runs it, after every grant has been made."""
    tasks = settings.service
    service.run(
        image_uri=image_uri,
        platform=settings.image.platform,
        environment=environment,
        cpu_units=tasks.cpu_units,
        memory_mib=tasks.memory_mib,
        desired_count=tasks.desired_count,
        scaled=settings.scaling.enabled,
        health_check_grace_period_seconds=tasks.health_check_grace_period_seconds,
        platform_version=tasks.platform_version,
        readonly_root_filesystem=tasks.readonly_root_filesystem,
        on_demand_count=tasks.on_demand_count,
        spot_percent=tasks.spot_percent,
        assign_public_ip=not _is_private(settings),
        outbound=outbound,
    )


def scale(
    scope: Construct, *, settings: EnvironmentSettings, service: TrackingService, load_balancer: LoadBalancer
) -> None:
    """Lets the number of tasks of the running service follow their load, where the settings say so."""
    scaling = settings.scaling
    if scaling.enabled:
        AutoScaling(
            scope,
            "scaling",
            service=service,
            load_balancer=load_balancer,
            min_count=scaling.min_count,
            max_count=scaling.max_count,
            cpu_percent=scaling.cpu_percent,
            memory_percent=scaling.memory_percent,
            requests_per_target=scaling.requests_per_target,
        )


def _is_private(settings: EnvironmentSettings) -> bool:
    return settings.network.service_subnets == "private"


def container_environment(
    *,
    settings: EnvironmentSettings,
    account: Account,
    database: Database,
    artifact_store: ArtifactStore,
    edge: Edge,
) -> dict[str, str]:
    """The server's variables; `docs/image.md` says what each does. None is a secret."""
    load_balancer = edge.load_balancer
    hosts = (load_balancer.host, *LOCAL_HOSTS)
    return {
        **settings.service.environment,
        **edge.environment,
        **settings.concurrency.variables,
        "AWS_DEFAULT_REGION": settings.region,
        "AWS_REGION": settings.region,
        "MLFLOW_ARTIFACTS_DESTINATION": f"s3://{artifact_store.bucket_name}",
        "MLFLOW_BACKEND_STORE_URI": database.uri,
        "MLFLOW_DATABASE_SECRET_ARN": database.secret_arn,
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "MLFLOW_ENABLE_AI_GATEWAY": "false",
        "MLFLOW_GRACEFUL_SHUTDOWN_SECONDS": str(GRACEFUL_SHUTDOWN_SECONDS),
        "MLFLOW_HOST": "0.0.0.0",
        "MLFLOW_KEEP_ALIVE_SECONDS": str(load_balancer.idle_timeout_seconds + KEEP_ALIVE_MARGIN_SECONDS),
        "MLFLOW_PORT": str(CONTAINER_PORT),
        "MLFLOW_S3_EXPECTED_BUCKET_OWNER": account.account_id,
        # MLflow compares the Host header exactly, so each name is listed with and without a port.
        "MLFLOW_SERVER_ALLOWED_HOSTS": ",".join(f"{host},{host}:*" for host in hosts),
        "MLFLOW_SERVER_CORS_ALLOWED_ORIGINS": load_balancer.origin,
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": json.dumps(settings.service.job_execution),
        "MLFLOW_SHUTDOWN_DELAY_SECONDS": str(SHUTDOWN_DELAY_SECONDS),
        "PGSSLMODE": "verify-full",
    }
