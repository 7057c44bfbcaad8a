"""Experiments of a server whose clients wrote to S3 themselves: what works afterwards, and what the relocation adds."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import NoCredentialsError

from local.aws.account import EmulatedAws
from local.postgres import EmbeddedPostgres
from tests.image.replica import Replica, run
from tests.image.task import BUCKET, USER, with_database

DATABASE = "mlflow_of_old"
RELOCATE = ("-m", "tracking_server.relocate")
# A client with AWS credentials, as every client had to be.
LOG_A_RUN = """
import json, mlflow, os, pathlib
file = pathlib.Path("weights.txt")
file.write_text("weights")
experiment = mlflow.create_experiment("churn")
with mlflow.start_run(experiment_id=experiment) as run:
    mlflow.log_metric("accuracy", 0.9)
    mlflow.log_artifact("weights.txt")
client = mlflow.MlflowClient()
client.create_registered_model("churn")
client.create_model_version("churn", run.info.artifact_uri, run.info.run_id)
print(json.dumps({"experiment": experiment, "run": run.info.run_id, "uri": run.info.artifact_uri}))
"""


@dataclass(frozen=True)
class Old:
    """What the old server was told.

    Attributes:
        experiment, run: their ids.
        uri: of the run's artifacts.
    """

    experiment: str
    run: str
    uri: str


@pytest.fixture(scope="module")
def of_old(environment: Mapping[str, str], postgres: EmbeddedPostgres) -> Iterator[dict[str, str]]:
    """The task's environment on a database of its own."""
    postgres.create_database(DATABASE, owner=USER)
    yield with_database(environment, DATABASE)
    postgres.drop_database(DATABASE)


@pytest.fixture(scope="module")
def old(of_old: dict[str, str], aws: EmulatedAws, tmp_path_factory: pytest.TempPathFactory) -> Old:
    """A run and a model, logged through a server that leaves artifacts to its clients."""
    folder = tmp_path_factory.mktemp("old")
    leaves_artifacts = {**of_old, "MLFLOW_DEFAULT_ARTIFACT_ROOT": f"s3://{BUCKET}"}
    del leaves_artifacts["MLFLOW_ARTIFACTS_DESTINATION"]
    with Replica(leaves_artifacts, log=folder / "server.log") as server:
        server.wait_until_healthy()
        client = {**aws.environment(), "MLFLOW_TRACKING_URI": server.url, "MLFLOW_DISABLE_TELEMETRY": "true"}
        said = run(["-c", LOG_A_RUN], client, home=folder)
    assert said.returncode == 0, said.stdout
    return Old(**json.loads(said.stdout.splitlines()[-1]))


@pytest.fixture(scope="module")
def adopted(of_old: dict[str, str], old: Old, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replica]:
    """The task as it is deployed, on the old server's database."""
    with Replica(of_old, log=tmp_path_factory.mktemp("adopted") / "server.log") as replica:
        replica.wait_until_healthy()
        yield replica


@pytest.fixture(scope="module")
def mlflow(adopted: Replica, client_settings: pytest.MonkeyPatch) -> Any:
    """The client's package, without AWS credentials."""
    client_settings.setenv("MLFLOW_TRACKING_URI", adopted.url)
    import mlflow

    mlflow.set_tracking_uri(adopted.url)
    return mlflow


def test_runs_keep_their_addresses_in_s3(mlflow: Any, old: Old) -> None:
    kept = mlflow.MlflowClient().get_run(old.run)

    assert old.uri == kept.info.artifact_uri == f"s3://{BUCKET}/{old.experiment}/{old.run}/artifacts"
    assert kept.data.metrics == {"accuracy": 0.9}


def test_the_ui_shows_their_artifacts_through_the_server(adopted: Replica, old: Old) -> None:
    listed = adopted.request(f"/ajax-api/2.0/mlflow/artifacts/list?run_id={old.run}")
    shown = adopted.request(f"/get-artifact?path=weights.txt&run_uuid={old.run}")

    assert (listed[0], json.loads(listed[1])["files"][0]["path"]) == (http.client.OK, "weights.txt")
    assert shown == (http.client.OK, "weights")


def test_a_client_without_credentials_does_not_get_at_them(mlflow: Any, old: Old) -> None:
    with pytest.raises(NoCredentialsError):
        mlflow.MlflowClient().list_artifacts(old.run)


def test_without_apply_it_only_counts(mlflow: Any, of_old: dict[str, str], old: Old, tmp_path: Path) -> None:
    said = run(RELOCATE, of_old, home=tmp_path)

    assert said.returncode == 0, said.stdout
    assert "experiments.artifact_location: 2" in said.stdout  # the default one, too
    assert "runs.artifact_uri: 1" in said.stdout and "model_versions.source: 1" in said.stdout
    assert "Nothing was changed" in said.stdout
    assert mlflow.MlflowClient().get_run(old.run).info.artifact_uri == old.uri


def test_relocated_they_need_no_credentials(
    mlflow: Any, of_old: dict[str, str], old: Old, tmp_path: Path
) -> None:
    # When all addresses are changed
    said = run([*RELOCATE, "--apply"], of_old, home=tmp_path)
    assert said.returncode == 0, said.stdout

    # Then old artifacts and models are read, and new ones written in the same experiment
    client = mlflow.MlflowClient()
    served = f"mlflow-artifacts:/{old.experiment}/{old.run}/artifacts"
    read = mlflow.artifacts.download_artifacts(
        run_id=old.run, artifact_path="weights.txt", dst_path=str(tmp_path)
    )
    assert Path(read).read_text(encoding="utf-8") == "weights"
    assert client.get_run(old.run).info.artifact_uri == served
    model = mlflow.artifacts.download_artifacts("models:/churn/1", dst_path=str(tmp_path / "model"))
    assert (Path(model) / "weights.txt").read_text(encoding="utf-8") == "weights"
    with mlflow.start_run(experiment_id=old.experiment) as new:
        mlflow.log_text("new", "notes.txt")
    assert new.info.artifact_uri.startswith(f"mlflow-artifacts:/{old.experiment}/")
    assert mlflow.artifacts.load_text(f"{new.info.artifact_uri}/notes.txt") == "new"


def test_a_second_time_there_is_nothing_to_change(of_old: dict[str, str], tmp_path: Path) -> None:
    said = run([*RELOCATE, "--apply"], of_old, home=tmp_path)

    assert said.returncode == 0, said.stdout
    assert (
        said.stdout.splitlines()[-1] == f"0 addresses below s3://{BUCKET} are below mlflow-artifacts:/ now."
    )


def test_a_wrong_word_or_no_destination_changes_nothing(of_old: dict[str, str], tmp_path: Path) -> None:
    without = {name: value for name, value in of_old.items() if name != "MLFLOW_ARTIFACTS_DESTINATION"}
    without["MLFLOW_DEFAULT_ARTIFACT_ROOT"] = f"s3://{BUCKET}"

    assert run([*RELOCATE, "--yes"], of_old, home=tmp_path).returncode == 2
    refused = run([*RELOCATE, "--apply"], without, home=tmp_path)
    assert refused.returncode == 2 and "serves no artifacts" in refused.stdout
