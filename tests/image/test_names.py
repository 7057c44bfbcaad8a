"""MLflow's internal names that the entry point relies on, as the MLflow of the image has them."""

from __future__ import annotations

import json
from pathlib import Path

from tests.image.replica import run

NAMES = """
import json
from mlflow import environment_variables
from mlflow.server import constants, handlers
print(json.dumps(sorted([
    constants.BACKEND_STORE_URI_ENV_VAR,
    constants.REGISTRY_STORE_URI_ENV_VAR,
    constants.ARTIFACT_ROOT_ENV_VAR,
    constants.ARTIFACTS_DESTINATION_ENV_VAR,
    constants.SERVE_ARTIFACTS_ENV_VAR,
    handlers.STATIC_PREFIX_ENV_VAR,
    environment_variables._MLFLOW_SGI_NAME.name,
    environment_variables._MLFLOW_IN_JOB_EXECUTOR.name,
    environment_variables._MLFLOW_SERVER_BOOT_ID.name,
])))
"""
OURS = """
import json
from tracking_server.config import read_config
from tracking_server.server import server_environment, serving
given = {
    "MLFLOW_BACKEND_STORE_URI": "postgresql://user@host/database",
    "MLFLOW_ARTIFACTS_DESTINATION": "s3://bucket",
    "MLFLOW_STATIC_PREFIX": "/prefix",
}
values = serving(server_environment(read_config(given), given))
print(json.dumps(sorted(name for name in values if name.startswith("_MLFLOW"))))
"""


def test_worker_settings_use_the_names_that_mlflow_reads(tmp_path: Path) -> None:
    mlflows, ours = (run(["-c", code], {}, home=tmp_path).stdout.splitlines()[-1] for code in (NAMES, OURS))

    assert json.loads(ours) == json.loads(mlflows)


IN_THREADS = """
import inspect, json, os
os.environ["_MLFLOW_SERVER_FILE_STORE"] = "sqlite://"
from mlflow.server.fastapi_app import app
from tracking_server.routing import IN_THREAD
routes = [one for router in app.routes[:-1] for one in router.effective_route_contexts()]
print(json.dumps([
    [route.path, bool(IN_THREAD.fullmatch(route.path)), not inspect.iscoroutinefunction(route.endpoint)]
    for route in routes
]))
"""


def test_routes_that_run_in_threads_are_known(tmp_path: Path) -> None:
    routes = json.loads(run(["-c", IN_THREADS], {}, home=tmp_path).stdout.splitlines()[-1])

    assert any(in_thread for _, _, in_thread in routes)
    assert [path for path, known, in_thread in routes if in_thread and not known] == []
    # What streams, or checks health, holds no place.
    others = [path for path, known, _ in routes if not known]
    assert {"/health", "/v1/traces"} <= set(others)
    assert any("mlflow-artifacts" in path for path in others)
