"""The start: replicas together on an empty database, every state a schema can be in, and what is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from local.postgres import EmbeddedPostgres
from local.tls import CertificateAuthority
from tests.image.replica import Replica, exit_of, run

REPLICAS = 3
ROUNDS = 10
EXPERIMENTS = "/api/2.0/mlflow/experiments/get?experiment_id=0"
UPGRADING = "Upgrading the schema from"
STARTING = "Starting MLflow on"
# MLflow's own migrations, up to the one before the last.
UPGRADE_TO_THE_LAST_BUT_ONE = """
import os, sys
from alembic import command
from alembic.script import ScriptDirectory
from mlflow.store.db import utils
from mlflow.store.tracking.dbmodels.initial_models import Base
uri = os.environ["MLFLOW_BACKEND_STORE_URI"].replace("psycopg2", "rdssecret")
engine = utils.create_sqlalchemy_engine(uri)
config = utils._get_alembic_config(uri)
script = ScriptDirectory.from_config(config)
before = script.get_revision(script.get_current_head()).down_revision
Base.metadata.create_all(engine)
with engine.begin() as connection:
    config.attributes["connection"] = connection
    command.upgrade(config, before)
print(before)
"""

OnNewDatabase = Callable[[], dict[str, str]]


def database_of(environment: dict[str, str]) -> str:
    return environment["MLFLOW_BACKEND_STORE_URI"].rpartition("/")[2]


def revision(postgres: EmbeddedPostgres, database: str) -> str:
    with postgres.connect(database) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT version_num FROM alembic_version")
        ((found,),) = cursor.fetchall()
    return str(found)


@dataclass
class Round:
    """What became of replicas that were started at once on one database.

    Attributes:
        logs: of each.
        answers: to a request that reads the database.
        ends: exit status of each after SIGTERM.
    """

    logs: list[str]
    answers: list[int | None]
    ends: list[int]


def start_together(environment: dict[str, str], folder: Path) -> Round:
    with ExitStack() as stack:
        replicas = [
            stack.enter_context(Replica({**environment, "MLFLOW_WORKERS": "1"}, log=folder / f"{number}.log"))
            for number in range(REPLICAS)
        ]
        for replica in replicas:
            replica.wait_until_healthy()
        answers = [replica.status(EXPERIMENTS) for replica in replicas]
        for replica in replicas:
            replica.terminate()
        ends = [replica.wait()[0] for replica in replicas]
        return Round([replica.log for replica in replicas], answers, ends)


@pytest.mark.parametrize("attempt", range(1, ROUNDS + 1))
def test_replicas_started_together_on_an_empty_database_are_healthy(
    attempt: int, on_new_database: OnNewDatabase, tmp_path: Path
) -> None:
    # When three are started at once
    together = start_together(on_new_database(), tmp_path)

    # Then one makes the tables, all of them serve, and each ends on SIGTERM with 0 in its time
    assert sum(UPGRADING in log for log in together.logs) == 1
    assert together.answers == [200] * REPLICAS
    assert together.ends == [0] * REPLICAS


def test_an_outdated_schema_is_upgraded_once(
    server: Replica, on_new_database: OnNewDatabase, postgres: EmbeddedPostgres, tmp_path: Path
) -> None:
    # Given a database with the schema of an older MLflow
    environment = on_new_database()
    older = run(["-c", UPGRADE_TO_THE_LAST_BUT_ONE], environment, home=tmp_path)
    assert older.returncode == 0, older.stdout
    before = older.stdout.split()[-1]
    assert revision(postgres, database_of(environment)) == before

    # When two replicas of the newer one are started at once
    with ExitStack() as stack:
        logs = [tmp_path / f"{number}.log" for number in range(2)]
        replicas = [stack.enter_context(Replica(environment, log=log)) for log in logs]
        for replica in replicas:
            replica.wait_for_log(STARTING)

    # Then one of them has upgraded it to what a new database has
    head = revision(postgres, database_of(server.environment))
    upgrade = f"{UPGRADING} {before} to {head}"
    assert sorted(upgrade in replica.log for replica in replicas) == [False, True]
    assert revision(postgres, database_of(environment)) == head != before


def test_a_newer_schema_is_refused(
    on_new_database: OnNewDatabase, postgres: EmbeddedPostgres, tmp_path: Path
) -> None:
    # Given a database that a newer MLflow has upgraded
    environment = on_new_database()
    with postgres.connect(database_of(environment)) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE alembic_version (version_num varchar(32) NOT NULL)")
        cursor.execute("INSERT INTO alembic_version VALUES ('ffffffffffff')")
        cursor.execute("GRANT SELECT ON alembic_version TO PUBLIC")

    # When the server starts
    ended = exit_of(environment, home=tmp_path)

    # Then it says so, with the way out, and touches nothing
    assert ended.returncode == 1
    assert "has the schema ffffffffffff, which MLflow" in ended.stdout
    assert "fix: run an image with that MLflow or a newer one" in ended.stdout
    assert "Traceback" not in ended.stdout
    assert revision(postgres, database_of(environment)) == "ffffffffffff"


def test_an_upgrade_that_was_stopped_is_made_by_the_next(
    on_new_database: OnNewDatabase, tmp_path: Path
) -> None:
    # Given a replica that was stopped in the middle of the upgrade
    environment = on_new_database()
    with Replica(environment, log=tmp_path / "stopped.log") as stopped:
        stopped.wait_for_log("Updating database tables")
        stopped.terminate()
        status, _ = stopped.wait()
        assert (status, "Traceback" in stopped.log) == (143, False)

    # Then the next one makes it
    with Replica(environment, log=tmp_path / "next.log") as following:
        following.wait_for_log(STARTING)
    assert f"{UPGRADING} an empty database" in following.log
    assert "The schema is upgraded." in following.log


@pytest.fixture
def stranger(tmp_path: Path) -> Iterator[Path]:
    """The certificate of an authority that signed nothing here."""
    yield CertificateAuthority(tmp_path, name="Somebody else's CA").certificate_file


def test_a_certificate_of_a_stranger_is_refused(
    environment: dict[str, str], stranger: Path, tmp_path: Path
) -> None:
    ended = exit_of({**environment, "PGSSLROOTCERT": str(stranger)}, home=tmp_path)

    assert ended.returncode == 1
    assert "certificate verify failed" in ended.stdout
    assert "not signed by an authority in the file that PGSSLROOTCERT names" in ended.stdout


@pytest.mark.parametrize(
    ("changes", "reason", "remedy"),
    [
        (
            {"MLFLOW_BACKEND_STORE_URI": "postgresql://mlflow_user@another.example/mlflow"},
            'does not match host name "another.example"',
            "the host name that its certificate is for",
        ),
        (
            {"PGSSLROOTCERT": "/nowhere/ca.pem"},
            "root certificate file",
            "a file with the authority's certificate",
        ),
        ({"PGSSLMODE": "disable"}, "no pg_hba.conf entry", "PGSSLMODE=verify-full"),
        (
            {"MLFLOW_BACKEND_STORE_URI": "postgresql://mlflow_user@localhost/nothing"},
            'database "nothing" does not exist',
            "correct MLFLOW_BACKEND_STORE_URI",
        ),
        (
            {
                "MLFLOW_BACKEND_STORE_URI": "postgresql://mlflow_user:wrong@localhost/mlflow",
                "MLFLOW_DATABASE_SECRET_ARN": "",
            },
            "password authentication failed",
            "current password",
        ),
    ],
)
def test_a_refusal_has_its_remedy(
    changes: dict[str, str], reason: str, remedy: str, environment: dict[str, str], tmp_path: Path
) -> None:
    ended = exit_of({**environment, **changes}, home=tmp_path)

    assert ended.returncode == 1, ended.stdout
    assert reason in ended.stdout
    assert remedy in ended.stdout
    assert "Traceback" not in ended.stdout


def test_a_wrong_environment_is_refused_with_every_problem(
    environment: dict[str, str], tmp_path: Path
) -> None:
    ended = exit_of({**environment, "MLFLOW_WORKERS": "none", "MLFLOW_PORT": "http"}, home=tmp_path)

    assert ended.returncode == 2
    assert "The environment has 2 problems" in ended.stdout
