"""The variables of the server's container: what it has to know of everything else."""

from __future__ import annotations

import json

from modules.common.account import Account
from modules.common.task_life import GRACEFUL_SHUTDOWN_SECONDS, SHUTDOWN_DELAY_SECONDS
from modules.database.store import BackendStore
from modules.edge.load_balancer import LoadBalancer
from modules.service.container import CONTAINER_PORT
from modules.service.server_secret import ServerSecret
from modules.sign_in.openid import SignIn
from modules.sign_in.password import PasswordSignIn
from modules.storage.artifact_store import ArtifactStore
from stacks.environment import EnvironmentSettings

# The server closes an idle connection later than the load balancer does, or a request sent in between is a 502
# (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html).
KEEP_ALIVE_MARGIN_SECONDS = 5
# A person with a forwarded port (ECS exec, Session Manager) comes by these names.
LOCAL_HOSTS = ("localhost", "127.0.0.1")


def server_environment(
    *,
    settings: EnvironmentSettings,
    account: Account,
    database: BackendStore,
    artifact_store: ArtifactStore,
    load_balancer: LoadBalancer,
    sign_in: SignIn | PasswordSignIn | None,
    server_keys: ServerSecret,
) -> dict[str, str]:
    """The server's variables; `docs/image.md` says what each does. None is a secret."""
    hosts = (*load_balancer.hosts, *LOCAL_HOSTS)
    return {
        **settings.service.environment,
        **(sign_in.environment if sign_in else {}),
        **server_keys.environment,
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
        "MLFLOW_SERVER_CORS_ALLOWED_ORIGINS": ",".join(load_balancer.origins),
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": json.dumps(settings.service.job_execution),
        "MLFLOW_SHUTDOWN_DELAY_SECONDS": str(SHUTDOWN_DELAY_SECONDS),
        "PGSSLMODE": "verify-full",
    }
