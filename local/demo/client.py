"""A data scientist's program: the MLflow client, the tracking URI, and no AWS credentials.

`python -m local.demo.client URI` prints one JSON object for each thing it did.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

EXPERIMENT = "demo"
MODEL = "demo-model"
ARTIFACT_BYTES = 20 * 1000 * 1000
METRIC_STEPS = 100
PARAMETERS = {"learning_rate": 0.01, "epochs": METRIC_STEPS, "optimizer": "adam"}


def main(tracking_uri: str) -> None:
    """Logs a run, moves an artifact both ways, registers a model and loads it back."""
    import mlflow
    from mlflow import MlflowClient
    from mlflow.entities import Metric, Param

    mlflow.set_tracking_uri(tracking_uri)
    client = MlflowClient()
    with _told("Run", tracking_uri) as said, tempfile.TemporaryDirectory() as folder:
        experiment = mlflow.set_experiment(EXPERIMENT)
        with mlflow.start_run() as run:
            now = int(time.time() * 1000)
            metrics = [Metric("loss", 1 / (step + 1), now + step, step) for step in range(METRIC_STEPS)]
            params = [Param(name, str(value)) for name, value in PARAMETERS.items()]
            client.log_batch(run.info.run_id, metrics=metrics, params=params)
        read = client.get_run(run.info.run_id)
        history = client.get_metric_history(run.info.run_id, "loss")
        _expect(
            read.data.params == {name: str(value) for name, value in PARAMETERS.items()}, "parameters differ"
        )
        _expect(len(history) == METRIC_STEPS, f"{len(history)} of {METRIC_STEPS} metric values came back")
        said["what"] = f"{len(params)} parameters and {len(history)} metric values, logged and read back"
        said["link"] = f"{tracking_uri}/#/experiments/{experiment.experiment_id}/runs/{run.info.run_id}"
    with _told("Artifact", run.info.artifact_uri) as said, tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "weights.bin"
        source.write_bytes(os.urandom(ARTIFACT_BYTES))
        started = time.monotonic()
        client.log_artifact(run.info.run_id, str(source))
        uploaded = time.monotonic()
        target = Path(
            mlflow.artifacts.download_artifacts(
                run_id=run.info.run_id, artifact_path=source.name, dst_path=folder + "/back"
            )
        )
        downloaded = time.monotonic()
        digest = _sha256(source)
        _expect(_sha256(target) == digest, "the downloaded artifact differs from the uploaded one")
        said["what"] = (
            f"{ARTIFACT_BYTES // 1000000} MB up in {uploaded - started:.1f} s, down in {downloaded - uploaded:.1f} s, "
            f"sha256 {digest[:12]}… the same"
        )
    with _told("Model", f"models:/{MODEL}/1") as said:
        with mlflow.start_run(run_id=run.info.run_id):
            mlflow.pyfunc.log_model(
                name="model", python_model=_double, pip_requirements=[], registered_model_name=MODEL
            )
        client.set_registered_model_alias(MODEL, "champion", "1")
        loaded = mlflow.pyfunc.load_model(f"models:/{MODEL}@champion")
        answer = loaded.predict([1, 2, 3])
        _expect(answer == [2, 4, 6], f"the model answers {answer}")
        said["what"] = "registered as version 1, alias champion; loaded back through the server, it predicts"


def _double(model_input: list[int]) -> list[int]:
    return [2 * value for value in model_input]


@contextmanager
def _told(name: str, link: str) -> Iterator[dict[str, Any]]:
    said: dict[str, Any] = {"name": name, "link": link}
    started = time.monotonic()
    yield said
    print(json.dumps({**said, "seconds": round(time.monotonic() - started, 2)}), flush=True)


def _expect(condition: bool, problem: str) -> None:
    if not condition:
        sys.exit(problem)


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


if __name__ == "__main__":
    main(sys.argv[1])
