"""The password changes while clients log: RDS sets it in the database and, a moment later, in Secrets Manager."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from local.postgres import EmbeddedPostgres
from tests.image.conftest import DatabaseSecret
from tests.image.replica import Replica
from tests.image.task import USER

CLIENTS = 16
NEW_CONNECTIONS = 32
LAG_SECONDS = 1.0
PATIENCE_SECONDS = 120


@dataclass
class Traffic:
    """Requests of clients that try nothing twice."""

    done: int = 0
    failures: list[str] = field(default_factory=list)


@contextmanager
def clients_logging(server: Replica) -> Iterator[Traffic]:
    """Clients that log metrics as fast as they can."""
    from mlflow import MlflowClient

    client, traffic, stopping, lock = MlflowClient(server.url), Traffic(), threading.Event(), threading.Lock()

    def log(run_id: str) -> None:
        step = 0
        while not stopping.is_set():
            step += 1
            try:
                client.log_metric(run_id, "loss", 1 / step, step=step)
            except Exception as error:
                with lock:
                    traffic.failures.append(str(error))
            else:
                with lock:
                    traffic.done += 1

    runs = [client.create_run("0").info.run_id for _ in range(CLIENTS)]
    threads = [threading.Thread(target=log, args=[run_id]) for run_id in runs]
    for thread in threads:
        thread.start()
    try:
        yield traffic
    finally:
        stopping.set()
        for thread in threads:
            thread.join()


def connections_made(postgres: EmbeddedPostgres) -> int:
    """Since the database was made."""
    with postgres.connect() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute("SELECT sessions FROM pg_stat_database WHERE datname = 'mlflow'")
        ((count,),) = cursor.fetchall()
    return int(count)


def wait_until(reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def at_once(postgres: EmbeddedPostgres, secret: DatabaseSecret, password: str) -> None:
    postgres.set_password(USER, password)
    secret.put(password)


def database_first(postgres: EmbeddedPostgres, secret: DatabaseSecret, password: str) -> None:
    postgres.set_password(USER, password)
    time.sleep(LAG_SECONDS)
    secret.put(password)


def as_rds_does(postgres: EmbeddedPostgres, secret: DatabaseSecret, password: str) -> None:
    """https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html"""
    pending = secret.put_pending(password)
    postgres.set_password(USER, password)
    time.sleep(LAG_SECONDS)
    secret.promote(pending)


@pytest.fixture(scope="module")
def forgetful(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replica]:
    """A server that keeps no connection for more than a second: it opens new ones all the time."""
    environment = {**environment, "MLFLOW_SQLALCHEMYSTORE_POOL_RECYCLE": "1"}
    with Replica(environment, log=tmp_path_factory.mktemp("forgetful") / "server.log") as replica:
        replica.wait_until_healthy()
        yield replica


@pytest.mark.parametrize("rotate", [at_once, database_first, as_rds_does])
def test_no_request_fails_and_nothing_restarts(
    rotate: Callable[[EmbeddedPostgres, DatabaseSecret, str], None],
    forgetful: Replica,
    postgres: EmbeddedPostgres,
    secret: DatabaseSecret,
    client_settings: Any,
) -> None:
    # Given clients that log
    processes = forgetful.processes()
    with clients_logging(forgetful) as traffic:
        wait_until(lambda: bool(traffic.failures) or traffic.done > CLIENTS)

        # When the password is rotated
        rotate(postgres, secret, secrets.token_urlsafe(24))
        made, done = connections_made(postgres), traffic.done

        # Then connections are opened with the new one, and no request notices
        wait_until(lambda: bool(traffic.failures) or connections_made(postgres) - made > NEW_CONNECTIONS)
        wait_until(lambda: bool(traffic.failures) or traffic.done - done > CLIENTS)
    assert traffic.failures == []
    assert forgetful.processes() == processes


def test_lost_connections_are_opened_again_with_the_new_password(
    server: Replica, postgres: EmbeddedPostgres, secret: DatabaseSecret, client_settings: Any
) -> None:
    from mlflow import MlflowClient

    # Given connections that all were opened with the old password
    client = MlflowClient(server.url)
    run_id = client.create_run("0").info.run_id

    # When it is rotated, and the database, as at a fail-over, drops them
    at_once(postgres, secret, secrets.token_urlsafe(24))
    with postgres.connect() as connection, connection.cursor() as cursor:
        # Each has ended before the next request comes, which may be within a millisecond.
        cursor.execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE usename = %s", [USER]
        )
        assert {ended for (ended,) in cursor.fetchall()} == {True}

    # Then no request notices
    for step in range(20):
        client.log_metric(run_id, "loss", 1.0, step=step)
