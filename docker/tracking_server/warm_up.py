"""Makes, before the server answers, what requests otherwise import and make on first use.

The first requests, often many at once, would each wait seconds for it, and threads would meet modules that another
thread is importing. It is done once, in the process that the workers are forked from. That process keeps no connection
to the database.
"""

from __future__ import annotations

import logging
import os
import weakref
from collections.abc import Mapping
from typing import Any

import boto3
from sqlalchemy import Connection, Engine, event

# Reads only: (method, path below /api, body).
REQUESTS: tuple[tuple[str, str, dict[str, Any] | None], ...] = (
    ("POST", "2.0/mlflow/experiments/search", {"max_results": 1}),
    ("GET", "2.0/mlflow/experiments/get?experiment_id=0", None),
    ("GET", "2.0/mlflow/runs/get?run_id=00000000000000000000000000000000", None),
    ("POST", "2.0/mlflow/runs/search", {"experiment_ids": ["0"], "max_results": 1}),
    ("POST", "2.0/mlflow/logged-models/search", {"experiment_ids": ["0"], "max_results": 1}),
    ("GET", "2.0/mlflow/registered-models/search?max_results=1", None),
    ("GET", "2.0/mlflow/model-versions/search?max_results=1", None),
    ("POST", "3.0/mlflow/traces/search", {"locations": [], "max_results": 1}),
)
GRAPHQL = {
    "operationName": "GetRun",
    "query": 'query GetRun { mlflowGetRun(input: {runId: "none"}) { apiError { message } } }',
}


def warm_up(flask: Any, headers: Mapping[str, str]) -> None:
    """Makes the stores, their engines and their statements, by requests that change nothing.

    Args:
        flask: MLflow's Flask application.
        headers: of the requests, where the application asks who sends them.
    """
    engines: weakref.WeakSet[Engine] = weakref.WeakSet()

    def remember(connection: Connection) -> None:
        engines.add(connection.engine)

    event.listen(Engine, "engine_connect", remember)
    try:
        from mlflow.server.handlers import initialize_backend_stores

        initialize_backend_stores(
            os.environ["_MLFLOW_SERVER_FILE_STORE"], os.environ["_MLFLOW_SERVER_REGISTRY_STORE"]
        )
        _ask(flask, headers)
        # Reads the service's description, which the session keeps for the clients of the workers. With keys given, it
        # does not ask for the task's, over a connection that all workers would have.
        boto3.client("s3", aws_access_key_id="none", aws_secret_access_key="none")
    finally:
        event.remove(Engine, "engine_connect", remember)
        for engine in engines:
            engine.dispose()


def _ask(flask: Any, headers: Mapping[str, str]) -> None:
    from mlflow.server.security import get_allowed_hosts

    client = flask.test_client()
    prefix = os.environ.get("MLFLOW_STATIC_PREFIX", "")
    hosts = sorted(get_allowed_hosts(), key=lambda host: "*" in host)
    url = f"http://{hosts[0].replace('*', '1') if hosts else 'localhost'}"
    level = logging.getLogger("mlflow").level
    # Runs that are not there are what is asked for.
    logging.getLogger("mlflow").setLevel(logging.CRITICAL)
    try:
        for method, path, body in REQUESTS:
            client.open(f"{prefix}/api/{path}", method=method, json=body, base_url=url, headers=headers)
        client.post(f"{prefix}/graphql", json=GRAPHQL, base_url=url, headers=headers)
    finally:
        logging.getLogger("mlflow").setLevel(level)
