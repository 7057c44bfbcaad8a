"""The environment and the command of the server.

Every value goes by the environment, which MLflow reads for each of its options
(https://mlflow.org/docs/latest/self-hosting/architecture/tracking-server), so none stands on the command line.
"""

from __future__ import annotations

import sys
import uuid
from collections.abc import Mapping

from tracking_server.config import Config

# Unless the container's environment says otherwise.
DEFAULTS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    # It would keep providers' API keys under a passphrase that is printed in MLflow's source, and call addresses that
    # a client gives it.
    "MLFLOW_ENABLE_AI_GATEWAY": "false",
    # Eight more processes, 1.2 GiB.
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    "MLFLOW_SQLALCHEMYSTORE_POOL_RECYCLE": "1800",
}
# The MLflow app of pyproject.toml.
APP = "tracking-server"
# What MLflow gives runs as their place where the server passes artifacts on.
SERVED_ARTIFACTS = "mlflow-artifacts:/"
SETTINGS = "python:tracking_server.gunicorn_settings"


def server_environment(config: Config, environ: Mapping[str, str]) -> dict[str, str]:
    """The environment of any MLflow command in this container."""
    values = {
        **DEFAULTS,
        # Empty counts as absent, to MLflow too.
        **{name: value for name, value in environ.items() if value or not name.startswith("MLFLOW_")},
        "MLFLOW_BACKEND_STORE_URI": config.database.render_as_string(hide_password=False),
        "MLFLOW_HOST": config.host,
        "MLFLOW_PORT": str(config.port),
        "MLFLOW_WORKERS": str(config.workers),
        **_connections(config),
        **_for_workers(config),
    }
    if config.artifacts_destination is None:
        # Clients write to the artifact root themselves; there is nothing to pass on for them.
        values["MLFLOW_SERVE_ARTIFACTS"] = "false"
    # MLflow takes an empty variable for a value.
    return {
        name: value for name, value in values.items() if value or not name.startswith(("MLFLOW_", "_MLFLOW_"))
    }


def serving(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment of the server."""
    # MLflow's sign that this is a server, which never runs code that a client stored.
    return {**environment, "_MLFLOW_SERVER_BOOT_ID": uuid.uuid4().hex}


def runs_jobs(environment: Mapping[str, str]) -> bool:
    """Whether jobs run beside the server."""
    return environment["MLFLOW_SERVER_ENABLE_JOB_EXECUTION"].lower() in ("true", "1")


def mlflow_server(environment: Mapping[str, str]) -> list[str]:
    """The command that starts gunicorn with the application, and the jobs' processes beside it.

    These reach the server by the host given here; where gunicorn listens is in its settings.
    """
    return [
        sys.executable,
        "-m",
        "mlflow",
        "server",
        "--app-name",
        APP,
        "--host",
        _local_host(environment["MLFLOW_HOST"]),
        "--gunicorn-opts",
        f"-c {SETTINGS}",
    ]


def _local_host(host: str) -> str:
    """By which name a process of this container reaches a server that listens on `host`, as a URL has it."""
    # Both are among the allowed hosts of the task definition.
    host = {"0.0.0.0": "127.0.0.1", "::": "localhost"}.get(host, host)
    return f"[{host}]" if ":" in host else host


def _connections(config: Config) -> dict[str, str]:
    """Each store's pool; an overflow of 0 would be SQLAlchemy's default of 10 to MLflow."""
    return {
        "MLFLOW_SQLALCHEMYSTORE_POOL_SIZE": str(config.pool_size),
        "MLFLOW_SQLALCHEMYSTORE_MAX_OVERFLOW": str(config.pool_overflow),
    }


def _for_workers(config: Config) -> dict[str, str]:
    """What `mlflow server` passes on to its workers (mlflow.server._run_server), by MLflow's names."""
    values = {
        "_MLFLOW_SERVER_FILE_STORE": config.database.render_as_string(hide_password=False),
        "_MLFLOW_SERVER_REGISTRY_STORE": config.database.render_as_string(hide_password=False),
        "_MLFLOW_SERVER_ARTIFACT_ROOT": config.default_artifact_root or SERVED_ARTIFACTS,
        "_MLFLOW_SGI_NAME": "uvicorn",
        "_MLFLOW_IN_JOB_EXECUTOR": "false",
        "_MLFLOW_STATIC_PREFIX": config.static_prefix,
    }
    if config.artifacts_destination:
        values["_MLFLOW_SERVER_SERVE_ARTIFACTS"] = "true"
        values["_MLFLOW_SERVER_ARTIFACT_DESTINATION"] = config.artifacts_destination
    return values
