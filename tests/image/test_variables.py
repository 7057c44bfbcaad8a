"""What can be set besides, and commands other than the server: a seed's variables, a path prefix, `mlflow gc`."""

from __future__ import annotations

import http.client
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from local.aws.account import EmulatedAws
from tests.image.conftest import DatabaseSecret
from tests.image.replica import Replica, run
from tests.image.task import BUCKET, USER

# As docs/image.md has it: `mlflow gc` reads neither from the environment.
GC = (
    'mlflow gc --backend-store-uri "$MLFLOW_BACKEND_STORE_URI" '
    '--tracking-uri "http://127.0.0.1:$MLFLOW_PORT$MLFLOW_STATIC_PREFIX"'
)
OnNewDatabase = Callable[[], dict[str, str]]


@pytest.fixture
def seed_environment(on_new_database: OnNewDatabase, secret: DatabaseSecret) -> dict[str, str]:
    """The password in the URI, no secret, and artifacts that clients write to S3 themselves."""
    environment = on_new_database()
    environment.pop("MLFLOW_DATABASE_SECRET_ARN")
    environment.pop("MLFLOW_ARTIFACTS_DESTINATION")
    uri = environment["MLFLOW_BACKEND_STORE_URI"]
    password = quote(secret.passwords[-1], safe="")
    return {
        **environment,
        "MLFLOW_BACKEND_STORE_URI": uri.replace(f"{USER}@", f"{USER}:{password}@"),
        "MLFLOW_DEFAULT_ARTIFACT_ROOT": f"s3://{BUCKET}/seed",
        "MLFLOW_STATIC_PREFIX": "/mlflow",
        "MLFLOW_WORKERS": "1",
    }


def test_the_seeds_variables(
    seed_environment: dict[str, str],
    secret: DatabaseSecret,
    aws: EmulatedAws,
    client_settings: Any,
    log: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from mlflow import MlflowClient

    weights = tmp_path / "weights.bin"
    weights.write_bytes(b"weights")
    with Replica(seed_environment, log=log) as server:
        # Given a server below a path; it is there and nowhere else
        server.wait_until_healthy("/mlflow/health")
        assert server.status("/health") == http.client.NOT_FOUND
        checked = run(["-m", "tracking_server.healthcheck"], server.environment, home=tmp_path)
        assert (checked.returncode, checked.stdout) == (0, "")

        # When a client that has AWS credentials logs an artifact
        for name, value in aws.environment().items():
            monkeypatch.setenv(name, value)
        client = MlflowClient(f"{server.url}/mlflow")
        run_info = client.create_run("0").info
        client.log_artifact(run_info.run_id, str(weights))

        # Then it has written it to S3 itself; the server passes nothing on
        assert run_info.artifact_uri.startswith(f"s3://{BUCKET}/seed/0/")
        s3: Any = aws.session().client("s3")
        key = run_info.artifact_uri.removeprefix(f"s3://{BUCKET}/") + "/weights.bin"
        assert s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() == b"weights"
        proxied = server.status("/mlflow/api/2.0/mlflow-artifacts/artifacts/0")
        assert proxied == http.client.SERVICE_UNAVAILABLE

        # And the password in the URI is not shown
        assert secret.passwords[-1] not in server.log
        assert not [line for line in server.command_lines() if secret.passwords[-1] in line]


def test_gc_removes_a_deleted_run_and_its_artifacts(
    server: Replica, aws: EmulatedAws, client_settings: Any, tmp_path: Path
) -> None:
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    # Given a deleted run with an artifact
    client = MlflowClient(server.url)
    deleted = client.create_run("0").info
    client.log_text(deleted.run_id, "weights", "weights.txt")
    client.delete_run(deleted.run_id)

    # When `mlflow gc` is run in the server's container
    command = ["-m", "tracking_server", "run", "sh", "-c", f"{GC} --run-ids {deleted.run_id}"]
    ended = run(command, server.environment, home=tmp_path)

    # Then both are gone
    assert ended.returncode == 0, ended.stdout
    with pytest.raises(MlflowException, match="not found"):
        client.get_run(deleted.run_id)
    s3: Any = aws.session().client("s3")
    assert s3.list_objects_v2(Bucket=BUCKET, Prefix=f"0/{deleted.run_id}/")["KeyCount"] == 0


def test_command_gets_the_server_environment_and_its_exit_status(
    environment: dict[str, str], tmp_path: Path
) -> None:
    program = "import os, sys; print(os.environ['MLFLOW_BACKEND_STORE_URI']); sys.exit(7)"

    ended = run(["-m", "tracking_server", "run", "python", "-c", program], environment, home=tmp_path)

    assert ended.returncode == 7
    assert ended.stdout.startswith("postgresql+rdssecret://mlflow_user@")


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["run", "no-such-program"], 1, "no-such-program cannot be run: No such file or directory"),
        (
            ["run"],
            2,
            "usage: python -m tracking_server [serve [--sign-in MODE] | run COMMAND [ARGUMENT ...]]",
        ),
        (["serve", "now"], 2, "usage: "),
    ],
)
def test_a_command_that_cannot_be_run(
    arguments: list[str], status: int, words: str, environment: dict[str, str], tmp_path: Path
) -> None:
    ended = run(["-m", "tracking_server", *arguments], environment, home=tmp_path)

    assert ended.returncode == status
    assert words in ended.stdout
    assert "Traceback" not in ended.stdout
