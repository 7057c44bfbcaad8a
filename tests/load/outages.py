"""What goes away while clients log: the database, its host, a worker, or the only task."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass

import psutil

from modules.common.task_life import STOP_TIMEOUT_SECONDS
from tests.image.replica import Replica
from tests.load.run import Outcome
from tests.load.stand import Kept, Stand
from tests.load.vanishing import VanishingHost

METRICS = {"log-batch (1)": 3, "log-batch (100)": 1}
# Clients.
FEW, MANY = 16, 32
REPLACED_SECONDS = 60


@dataclass(frozen=True)
class DatabaseOutage:
    """What clients saw of a time without a database.

    Attributes:
        outcome: of all clients.
        kept: their metrics.
        same_workers: no process of the server has ended.
        done_after, failed_after: requests in the last half of the time with the database back.
    """

    outcome: Outcome
    kept: Kept
    same_workers: bool
    done_after: int
    failed_after: int

    @property
    def slowest_failure_seconds(self) -> float:
        return max(self.outcome.total.failed_times, default=0.0)


def database_restart(
    stand: Stand,
    *,
    away_seconds: float = 10,
    settle_seconds: float = 10,
    server: Replica | None = None,
) -> DatabaseOutage:
    """PostgreSQL crashes, and starts again with its data after `away_seconds`.

    Args:
        settle_seconds: how long clients log afterwards, and a quarter of that before.
        server: a healthy task; by default one that is started for this; so in all of these.
    """
    with stand.serving("restart", server) as server:
        return _outage(
            stand,
            server,
            stand.postgres.stop_immediately,
            stand.postgres.start_again,
            away_seconds=away_seconds,
            settle_seconds=settle_seconds,
        )


def database_failover(
    stand: Stand,
    *,
    away_seconds: float = 30,
    settle_seconds: float = 10,
    behind: tuple[VanishingHost, Replica] | None = None,
) -> DatabaseOutage:
    """The database's host vanishes without a word; after `away_seconds` its name leads to another one.

    https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.MultiAZ.Failover.html

    Args:
        behind: the host, and a healthy task whose database it is; by default both are made for this.
    """
    with ExitStack() as opened:
        if behind:
            host, server = behind
        else:
            host = opened.enter_context(VanishingHost(target_port=int(stand.environment["PGPORT"])))
            server = opened.enter_context(stand.serving("failover", PGPORT=str(host.port)))
        return _outage(
            stand,
            server,
            host.vanish,
            host.come_back,
            away_seconds=away_seconds,
            settle_seconds=settle_seconds,
        )


def _outage(
    stand: Stand,
    server: Replica,
    begin: Callable[[], None],
    end: Callable[[], None],
    *,
    away_seconds: float,
    settle_seconds: float,
) -> DatabaseOutage:
    processes = server.processes()
    with stand.at_work(server.url, mix=METRICS, clients=FEW) as working:
        time.sleep(settle_seconds / 4)
        begin()
        time.sleep(away_seconds)
        end()
        time.sleep(settle_seconds)
    outcome = working.outcome()
    last = max(1, int(settle_seconds / 2))
    (done, failed), (done_at_end, failed_at_end) = outcome.each_second[-last - 1], outcome.each_second[-1]
    return DatabaseOutage(
        outcome,
        stand.kept(outcome),
        server.processes() == processes,
        done_at_end - done,
        failed_at_end - failed,
    )


@dataclass(frozen=True)
class KilledWorker:
    """What clients saw of the end of a worker process.

    Attributes:
        outcome: of all clients.
        kept: their metrics.
        in_flight: the most requests that the worker can have had: one for each of its connections.
        seconds_until_replaced: until there are as many workers as before.
    """

    outcome: Outcome
    kept: Kept
    in_flight: int
    seconds_until_replaced: float


def worker_killed(
    stand: Stand,
    *,
    settle_seconds: float = 10,
    server: Replica | None = None,
) -> KilledWorker:
    """SIGKILL to one of the worker processes, as the kernel does when memory is short."""
    with stand.serving("killed", server) as server:
        with stand.at_work(server.url, mix=METRICS, clients=MANY) as working:
            time.sleep(settle_seconds)
            processes = server.processes()
            victim = processes[-1]
            in_flight = _connections(victim, server.port)
            victim.kill()
            began = time.monotonic()
            while len(set(server.processes()) - {victim}) < len(processes):
                assert time.monotonic() - began < REPLACED_SECONDS, server.log[-2000:]
                time.sleep(0.02)
            replaced = time.monotonic() - began
            time.sleep(settle_seconds)
    outcome = working.outcome()
    return KilledWorker(outcome, stand.kept(outcome), in_flight, replaced)


def _connections(process: psutil.Process, port: int) -> int:
    return sum(
        1
        for one in process.net_connections("tcp")
        if one.status == psutil.CONN_ESTABLISHED and one.laddr.port == port
    )


@dataclass(frozen=True)
class StoppedTask:
    """What clients saw of the end of the only task.

    Attributes:
        outcome: of all clients.
        kept: their metrics.
        refused: connections that were refused, as nothing listened any more.
        unanswered: requests that were sent and not answered with 200.
        exit_status, stop_seconds: after SIGTERM.
    """

    outcome: Outcome
    kept: Kept
    refused: int
    unanswered: int
    exit_status: int
    stop_seconds: float


def only_task_stopped(
    stand: Stand,
    *,
    settle_seconds: float = 5,
    server: Replica | None = None,
) -> StoppedTask:
    """SIGTERM to the only task; clients go on asking for it. A `server` that is given has ended."""
    with stand.serving("stopped", server) as server:
        with stand.at_work(server.url, mix=METRICS, clients=MANY) as working:
            time.sleep(settle_seconds)
            server.terminate()
            status, seconds = server.wait(STOP_TIMEOUT_SECONDS)
            time.sleep(min(1.0, settle_seconds))
    outcome = working.outcome()
    failures = outcome.total.failures
    refused = failures.get("ClientConnectorError", 0)
    return StoppedTask(
        outcome, stand.kept(outcome), refused, sum(failures.values()) - refused, status, seconds
    )
