"""Where scenarios run: a database, an emulated AWS, a task's environment; and what the database has kept afterwards."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from local.aws.account import EmulatedAws
from local.demo.server import Overrides
from local.postgres import EmbeddedPostgres
from tests.image.replica import Replica
from tests.image.task import BUCKET, DATABASE_HOST, REGION, USER, task_definition
from tests.load.run import Clients, Outcome

DATABASE = "mlflow"
LONGEST_SECONDS = 900
SHUTDOWN_DELAY = "MLFLOW_SHUTDOWN_DELAY_SECONDS"


@dataclass(frozen=True)
class Stand:
    """What a scenario needs.

    Attributes:
        postgres: `durable`, with the database that `environment` names.
        aws: with the bucket and the secret.
        environment: of the synthesized task definition, with what a task outside AWS has to be told.
        folder: for logs.
        password: of the database; empty where nothing needs it beside the secret.
    """

    postgres: EmbeddedPostgres
    aws: EmulatedAws
    environment: Mapping[str, str] = field(repr=False)
    folder: Path
    password: str = field(default="", repr=False)

    @property
    def plain_uri(self) -> str:
        """The backend store's address with the password in it, for an MLflow without the image's entry point."""
        return f"postgresql+psycopg2://{USER}:{self.password}@127.0.0.1:{self.postgres.plain_port}/{self.database}"

    @property
    def host(self) -> str:
        """The name by which clients reach the load balancer."""
        return self.environment["MLFLOW_SERVER_ALLOWED_HOSTS"].split(",")[0]

    @property
    def database(self) -> str:
        return urlsplit(self.environment["MLFLOW_BACKEND_STORE_URI"]).path.lstrip("/")

    def replica(self, name: str, **variables: str) -> Replica:
        """A task of its own, not yet healthy."""
        return Replica({**self.environment, **variables}, log=self.folder / f"{name}.log")

    @contextmanager
    def serving(self, name: str, server: Replica | None = None, **variables: str) -> Iterator[Replica]:
        """`server` where there is one, else a task of its own; healthy."""
        if server:
            yield server
            return
        with self.replica(name, **variables) as own:
            own.wait_until_healthy()
            yield own

    @contextmanager
    def at_work(self, url: str, *, mix: Mapping[str, int], clients: int, **order: Any) -> Iterator[Clients]:
        """Clients that have their runs and log, until the context ends; `outcome` then has what they saw."""
        with Clients(
            url, host=self.host, mix=mix, clients=clients, seconds=LONGEST_SECONDS, **order
        ) as working:
            working.wait_until_running()
            yield working
            working.stop()
            working.outcome()

    def kept(self, outcome: Outcome) -> Kept:
        """What the database has of the metrics that clients sent."""
        with self.postgres.connect(self.database) as connection, connection.cursor() as cursor:
            cursor.execute(
                "SELECT run_uuid, count(*) FROM metrics WHERE run_uuid = ANY(%s) GROUP BY run_uuid",
                [list(outcome.runs)],
            )
            stored = dict(cursor.fetchall())
        of_each = [
            (acknowledged, stored.get(run, 0), sent) for run, (acknowledged, sent) in outcome.runs.items()
        ]
        return Kept(
            acknowledged=sum(acknowledged for acknowledged, _, _ in of_each),
            stored=sum(count for _, count, _ in of_each),
            sent=sum(sent for _, _, sent in of_each),
            lost=sum(max(0, acknowledged - count) for acknowledged, count, _ in of_each),
        )


@dataclass(frozen=True)
class Kept:
    """Metrics.

    Attributes:
        acknowledged: the server said it has them.
        stored: the database has them.
        sent: with those whose request failed.
        lost: acknowledged and not stored.
    """

    acknowledged: int
    stored: int
    sent: int
    lost: int


@contextmanager
def stand(folder: Path) -> Iterator[Stand]:
    """Everything but the server. The database is spoken to without TLS, which a proxy of the tests would add here.

    What is acknowledged is on the disk, as on RDS.
    """
    with (
        EmbeddedPostgres(folder / "postgres", server_names=[DATABASE_HOST], durable=True) as postgres,
        EmulatedAws(folder / "aws", region=REGION) as aws,
    ):
        s3: Any = aws.session().client("s3")
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        password = secrets.token_hex(16)
        secret: Any = aws.session().client("secretsmanager")
        value = json.dumps({"username": USER, "password": password})
        arn = secret.create_secret(Name="rds!db-load", SecretString=value)["ARN"]
        postgres.create_role(USER, password)
        postgres.create_database(DATABASE, owner=USER)
        keys_arn = secret.create_secret(Name="mlflow-load-server-keys")["ARN"]
        task = task_definition(secret_arn=arn, keys_arn=keys_arn)
        given = aws.environment()
        overrides = Overrides(
            aws={
                name: given[name]
                for name in ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
            },
            database_port=postgres.plain_port,
            ca_bundle=postgres.ca_bundle,
            port=5000,
        )
        environment = {
            **task.environment,
            **overrides.environment(ca_bundle=str(postgres.ca_bundle)),
            "PGSSLMODE": "disable",
            # Here a balancer has to notice that a task stops.
            SHUTDOWN_DELAY: task.environment[SHUTDOWN_DELAY],
        }
        yield Stand(postgres, aws, environment, folder, password)
