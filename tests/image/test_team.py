"""A team at work: many clients at once, that do all that clients do and try nothing twice."""

from __future__ import annotations

from local.postgres import EmbeddedPostgres
from stacks.connections import connections_of_task
from tests.image.replica import Replica
from tests.image.task import USER, Task
from tests.load.kinds import MIX
from tests.load.run import load
from tests.load.sampling import sampled

CLIENTS = 64
SECONDS = 15


def open_connections(postgres: EmbeddedPostgres) -> int:
    """Of the servers' user."""
    with postgres.connect() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE usename = %s", [USER])
        ((count,),) = cursor.fetchall()
    return int(count)


def test_no_request_of_a_team_fails(server: Replica, task: Task, postgres: EmbeddedPostgres) -> None:
    processes, variables = server.processes(), server.environment

    with sampled(lambda: open_connections(postgres), every_seconds=0.1) as samples:
        seen = load(server.url, mix=MIX, clients=CLIENTS, seconds=SECONDS)

    assert {name: kind.failures for name, kind in seen.kinds.items() if kind.failed} == {}
    assert set(seen.kinds) == set(MIX)
    assert server.processes() == processes
    assert server.memory_mib() < task.memory_mib
    pool = int(variables["MLFLOW_SQLALCHEMYSTORE_POOL_SIZE"]) + int(
        variables["MLFLOW_SQLALCHEMYSTORE_MAX_OVERFLOW"]
    )
    workers = int(variables["MLFLOW_WORKERS"])
    most = max(count for _, count in samples)
    assert 2 * workers <= most <= connections_of_task(workers, pool)
