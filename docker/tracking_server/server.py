"""The environment and the command of `mlflow server`.

Everything but the app's name goes by the environment, which MLflow reads for each of its options
(https://mlflow.org/docs/latest/self-hosting/architecture/tracking-server), so no value stands on the command line.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping

from tracking_server.config import Config

# The MLflow app of pyproject.toml that wants people to sign in.
SIGN_IN_APP = "sign-in"

# Unless the container's environment says otherwise.
DEFAULTS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    # It would keep providers' API keys under a passphrase that is printed in MLflow's source, and call addresses that
    # a client gives it.
    "MLFLOW_ENABLE_AI_GATEWAY": "false",
    # Eight more processes, 1.2 GiB.
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    # Per store and process, and a process has a few stores: two tasks of two workers, as a deployment has for a while,
    # stay below the 80 or so connections of a db.t4g.micro.
    "MLFLOW_SQLALCHEMYSTORE_POOL_SIZE": "4",
    "MLFLOW_SQLALCHEMYSTORE_MAX_OVERFLOW": "4",
    "MLFLOW_SQLALCHEMYSTORE_POOL_RECYCLE": "1800",
}
# uvicorn kills a worker that does not answer its supervisor for 5 s; half a CPU needs longer under load.
WORKER_HEALTHCHECK_SECONDS = 30


def server_environment(config: Config, environ: Mapping[str, str]) -> dict[str, str]:
    """The environment of `mlflow server`, and of any other MLflow command in this container."""
    values = {
        **DEFAULTS,
        **environ,
        "MLFLOW_BACKEND_STORE_URI": config.database.render_as_string(hide_password=False),
        "MLFLOW_HOST": config.host,
        "MLFLOW_PORT": str(config.port),
        "MLFLOW_WORKERS": str(config.workers),
        "MLFLOW_UVICORN_OPTS": _uvicorn_options(config, environ.get("MLFLOW_UVICORN_OPTS", "")),
    }
    if config.artifacts_destination is None:
        # Clients write to the artifact root themselves; there is nothing to pass on for them.
        values["MLFLOW_SERVE_ARTIFACTS"] = "false"
    # MLflow takes an empty variable for a value.
    return {name: value for name, value in values.items() if value or not name.startswith("MLFLOW_")}


def server_command(config: Config) -> list[str]:
    """`mlflow server`, by this very interpreter; its app has no variable."""
    app = ["--app-name", SIGN_IN_APP] if config.sign_in else []
    return [sys.executable, "-m", "mlflow", "server", *app]


def _uvicorn_options(config: Config, given: str) -> str:
    # What is given comes last, and wins.
    return " ".join(
        [
            f"--timeout-keep-alive {config.keep_alive_seconds}",
            f"--timeout-graceful-shutdown {config.graceful_shutdown_seconds}",
            f"--timeout-worker-healthcheck {WORKER_HEALTHCHECK_SECONDS}",
            given,
        ]
    ).strip()
