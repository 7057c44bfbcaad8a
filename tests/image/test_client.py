"""What data scientists do, with the real MLflow client, the tracking URI, and no AWS credentials."""

from __future__ import annotations

import hashlib
import json
import os
import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest

from local.aws.account import EmulatedAws
from tests.image.replica import Replica
from tests.image.task import BUCKET

MEGABYTE = 1000 * 1000
ARTIFACT_BYTES = 60 * MEGABYTE


@pytest.fixture(scope="module")
def mlflow(server: Replica, client_settings: pytest.MonkeyPatch) -> Any:
    """The client's package, pointed at the server."""
    client_settings.setenv("MLFLOW_TRACKING_URI", server.url)
    import mlflow

    mlflow.set_experiment("image")
    return mlflow


@pytest.fixture(scope="module")
def client(mlflow: Any) -> Any:
    return mlflow.MlflowClient()


@pytest.fixture(scope="module")
def big_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("artifact") / "weights.bin"
    file.write_bytes(os.urandom(ARTIFACT_BYTES))
    return file


def sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def test_this_client_has_no_aws_credentials() -> None:
    assert boto3.Session().get_credentials() is None


def test_parameters_metrics_and_tags(mlflow: Any, client: Any) -> None:
    from mlflow.entities import Metric, Param, RunTag

    # Given a run with a batch, and values logged one by one
    now = int(time.time() * 1000)
    with mlflow.start_run() as run:
        client.log_batch(
            run.info.run_id,
            metrics=[Metric("loss", 1 / (step + 1), now + step, step) for step in range(500)],
            params=[Param(f"parameter_{number}", str(number)) for number in range(100)],
            tags=[RunTag("team", "search")],
        )
        mlflow.log_param("optimizer", "adam")
        mlflow.log_metric("accuracy", 0.93, step=7)
        mlflow.set_tag("team", "ranking")

    # Then all of it is read back
    read = client.get_run(run.info.run_id)
    assert read.info.status == "FINISHED"
    assert len(read.data.params) == 101
    assert read.data.params["optimizer"] == "adam"
    assert read.data.tags["team"] == "ranking"
    assert read.data.metrics["accuracy"] == 0.93
    history = client.get_metric_history(run.info.run_id, "loss")
    assert [metric.value for metric in history] == [1 / (step + 1) for step in range(500)]


def test_search_finds_nested_runs(mlflow: Any, client: Any) -> None:
    # Given a run with three runs in it
    with mlflow.start_run() as parent:
        for depth in range(3):
            with mlflow.start_run(nested=True):
                mlflow.log_param("depth", depth)
                mlflow.log_metric("score", depth / 2)

    # When those above a score are searched, the best first
    found = client.search_runs(
        [parent.info.experiment_id],
        f"tags.mlflow.parentRunId = '{parent.info.run_id}' and metrics.score > 0.2",
        order_by=["metrics.score DESC"],
    )

    # Then they are these two
    assert [run.data.params["depth"] for run in found] == ["2", "1"]


@pytest.mark.parametrize(
    "direct", [True, False], ids=["download by a signed URL", "download through the server"]
)
def test_downloaded_artifact_equals_the_upload(
    direct: bool,
    server: Replica,
    mlflow: Any,
    client: Any,
    big_file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Given a client that reaches S3, as MLflow takes for granted, or one that does not, set as docs/image.md has it
    if not direct:
        monkeypatch.setenv("MLFLOW_ENABLE_PROXY_MULTIPART_DOWNLOAD", "false")
        monkeypatch.setenv("MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD", "false")
        monkeypatch.setenv("MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE", "1")

    signed = server.log.count("/mlflow-artifacts/presigned/")

    # When 60 MB go up and come down
    with mlflow.start_run() as run:
        client.log_artifact(run.info.run_id, str(big_file), "model")
    back = mlflow.artifacts.download_artifacts(
        run_id=run.info.run_id, artifact_path="model/weights.bin", dst_path=str(tmp_path)
    )

    # Then they are the same, and their address is the server's, not the bucket's
    assert sha256(Path(back)) == sha256(big_file)
    assert run.info.artifact_uri.startswith("mlflow-artifacts:/")
    assert (server.log.count("/mlflow-artifacts/presigned/") > signed) == direct
    assert [(file.path, file.file_size) for file in client.list_artifacts(run.info.run_id, "model")] == [
        ("model/weights.bin", ARTIFACT_BYTES)
    ]


def test_large_artifact_is_uploaded_in_parts(
    mlflow: Any,
    client: Any,
    big_file: Path,
    aws: EmulatedAws,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Given a client for which 60 MB are many, as 500 MB are by default
    monkeypatch.setenv("MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE", str(ARTIFACT_BYTES))

    # When it uploads them
    with mlflow.start_run() as run:
        client.log_artifact(run.info.run_id, str(big_file))

    # Then they went in parts, and come back the same
    s3: Any = aws.session().client("s3")
    key = f"{run.info.experiment_id}/{run.info.run_id}/artifacts/weights.bin"
    assert s3.head_object(Bucket=BUCKET, Key=key)["ETag"].strip('"').endswith("-6")
    back = mlflow.artifacts.download_artifacts(
        run_id=run.info.run_id, artifact_path="weights.bin", dst_path=str(tmp_path)
    )
    assert sha256(Path(back)) == sha256(big_file)


def test_signed_upload_needs_no_extra_header(server: Replica) -> None:
    # Given the bucket's owner, which the server wants S3 to check
    assert server.environment["MLFLOW_S3_EXPECTED_BUCKET_OWNER"]

    # When a client asks where to upload a part
    status, answer = server.request(
        "/api/2.0/mlflow-artifacts/mpu/create/0/run/artifacts",
        method="POST",
        headers={"Content-Type": "application/json"},
        body=json.dumps({"path": "weights.bin", "num_parts": 2}).encode(),
    )

    # Then the answer names each header that the signature covers, or S3 answers SignatureDoesNotMatch
    assert status == 200, answer
    for credential in json.loads(answer)["credentials"]:
        (signed,) = parse_qs(urlsplit(credential["url"]).query)["X-Amz-SignedHeaders"]
        sent = {"host", *map(str.lower, credential.get("headers", {}))}
        assert set(signed.split(";")) <= sent


@pytest.mark.filterwarnings("ignore:Decorate your function")
def test_the_model_registry(mlflow: Any, client: Any, tmp_path: Path) -> None:
    # Given a model that was logged and registered
    with mlflow.start_run():
        mlflow.pyfunc.log_model(
            name="model", python_model=_double, pip_requirements=[], registered_model_name="doubling"
        )

    # When its first version gets an alias
    client.set_registered_model_alias("doubling", "champion", "1")

    # Then it is found by it, loads, and predicts
    version = client.get_model_version_by_alias("doubling", "champion")
    assert (version.version, version.status) == ("1", "READY")
    assert mlflow.pyfunc.load_model("models:/doubling@champion").predict([1, 2, 3]) == [2, 4, 6]
    folder = Path(mlflow.artifacts.download_artifacts("models:/doubling/1", dst_path=str(tmp_path)))
    assert (folder / "MLmodel").is_file()


def _double(model_input: list[int]) -> list[int]:
    return [2 * value for value in model_input]
