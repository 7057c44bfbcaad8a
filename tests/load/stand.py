"""What a server needs beside it: a database, an account, and the variables of the synthesized task definition."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.demo.server import Overrides
from scripts.emulation.aws import EmulatedAws
from scripts.emulation.postgres import EmbeddedPostgres
from tests.image.task import BUCKET, DATABASE_HOST, REGION, USER, Task, task_definition

DATABASE = "mlflow"


@dataclass(frozen=True)
class Stand:
    """Attributes:
    postgres, aws: running.
    task: as it is synthesized.
    environment: the task's variables, and what a task outside AWS has to be told besides.
    password: of the database, in its secret.
    folder: for logs.
    """

    postgres: EmbeddedPostgres
    aws: EmulatedAws
    task: Task
    environment: Mapping[str, str]
    password: str
    folder: Path

    @property
    def plain_uri(self) -> str:
        """The backend store's address with the password in it, for an MLflow without our image's entry point."""
        return f"postgresql+psycopg2://{USER}:{self.password}@127.0.0.1:{self.postgres.plain_port}/{DATABASE}"


@contextmanager
def stand(folder: Path) -> Iterator[Stand]:
    """Everything but the server. The database is spoken to without TLS, which a proxy of the tests would add here."""
    with (
        EmbeddedPostgres(folder / "postgres", server_names=[DATABASE_HOST]) as postgres,
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
        task = task_definition(secret_arn=arn)
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
        }
        yield Stand(postgres, aws, task, environment, password, folder)
