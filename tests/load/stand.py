"""Where scenarios run: a database, an emulated AWS, a task's environment; and what the database has kept afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from scripts.emulation.aws import EmulatedAws
from scripts.emulation.postgres import EmbeddedPostgres
from tests.image.replica import Replica
from tests.load.run import Outcome


@dataclass(frozen=True)
class Stand:
    """What a scenario needs.

    Attributes:
        postgres: `durable`, with the database that `environment` names.
        aws: with the bucket and the secret.
        environment: of the synthesized task definition, with what a task outside AWS has to be told.
        folder: for logs.
    """

    postgres: EmbeddedPostgres
    aws: EmulatedAws
    environment: Mapping[str, str] = field(repr=False)
    folder: Path

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
