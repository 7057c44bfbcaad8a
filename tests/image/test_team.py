"""A team at work: many clients at once, that do all that clients do and try nothing twice."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from scripts.emulation.postgres import EmbeddedPostgres
from stacks.settings.connections import connections_of_task
from tests.image.replica import Replica
from tests.image.task import USER, Task
from tests.load.kinds import MIX
from tests.load.run import load

CLIENTS = 64
SECONDS = 15


@contextmanager
def connections_watched(postgres: EmbeddedPostgres) -> Iterator[list[int]]:
    """How many connections the server has, ten times in a second."""
    samples, stopping = [0], threading.Event()

    def watch() -> None:
        with postgres.connect() as connection, connection.cursor() as cursor:
            while not stopping.wait(0.1):
                cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE usename = %s", [USER])
                ((count,),) = cursor.fetchall()
                samples.append(count)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield samples
    finally:
        stopping.set()
        thread.join()


def test_no_request_of_a_team_fails(server: Replica, task: Task, postgres: EmbeddedPostgres) -> None:
    processes, variables = server.processes(), server.environment

    with connections_watched(postgres) as connections:
        seen = load(server.url, mix=MIX, clients=CLIENTS, seconds=SECONDS)

    assert {name: kind.failures for name, kind in seen.kinds.items() if kind.failed} == {}
    assert set(seen.kinds) == set(MIX)
    assert server.processes() == processes
    assert server.memory_mib() < task.memory_mib
    pool = int(variables["MLFLOW_SQLALCHEMYSTORE_POOL_SIZE"]) + int(
        variables["MLFLOW_SQLALCHEMYSTORE_MAX_OVERFLOW"]
    )
    workers = int(variables["MLFLOW_WORKERS"])
    assert 2 * workers <= max(connections) <= connections_of_task(workers, pool)
