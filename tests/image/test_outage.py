"""What clients see of a database or a worker that goes away, and that nothing is lost: `tests.load.outages`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.image.replica import Replica
from tests.load.outages import (
    DatabaseOutage,
    database_failover,
    database_restart,
    only_task_stopped,
    worker_killed,
)
from tests.load.stand import Stand
from tests.load.steady import steady
from tests.load.vanishing import CAN_VANISH, VanishingHost


@pytest.fixture(scope="module")
def host(stand: Stand) -> Iterator[VanishingHost]:
    with VanishingHost(target_port=stand.postgres.port) as host:
        yield host


@pytest.fixture(scope="module")
def replica(stand: Stand, host: VanishingHost) -> Iterator[Replica]:
    """One for all: it has to be as good as new after each of these."""
    with stand.serving("outage", PGPORT=str(host.port)) as replica:
        yield replica


def assert_served_through(seen: DatabaseOutage) -> None:
    """Every failure is one that clients try again, nothing is lost, and no process had to end for it."""
    failures = seen.outcome.total.failures
    assert failures
    assert not [reason for reason in failures if not reason.startswith("503 ")]
    assert seen.kept.lost == 0
    assert seen.same_workers
    assert (seen.failed_after, seen.done_after > 0) == (0, True)


def test_a_database_that_starts_again(stand: Stand, replica: Replica) -> None:
    assert_served_through(database_restart(stand, away_seconds=1, settle_seconds=2, server=replica))


@pytest.mark.skipif(
    not CAN_VANISH, reason="a host that vanishes was not tried: only Linux can drop its packets"
)
def test_a_database_whose_host_vanishes(stand: Stand, host: VanishingHost, replica: Replica) -> None:
    # Longer than a connection waits, and afterwards longer than the last vain attempt to connect takes
    assert_served_through(database_failover(stand, away_seconds=6, settle_seconds=8, behind=(host, replica)))


def test_a_worker_that_is_killed(stand: Stand, replica: Replica) -> None:
    seen = worker_killed(stand, settle_seconds=1, server=replica)

    # No more fails than can have been in flight
    assert seen.outcome.total.failed <= seen.in_flight
    assert seen.outcome.total.done > 0
    assert seen.kept.lost == 0


def test_a_steady_load(stand: Stand, replica: Replica) -> None:
    seen = steady(stand, minutes=0.05, rate=20, clients=8, server=replica)

    assert seen.outcome.total.failures == {}
    assert seen.kept.stored == seen.kept.sent
    assert seen.memory_mib


def test_single_task_answers_all_accepted_requests(stand: Stand, replica: Replica) -> None:
    # The last of these: the task has ended then
    seen = only_task_stopped(stand, settle_seconds=1, server=replica)

    assert seen.unanswered == 0, seen.outcome.total.failures
    assert seen.refused > 0
    assert (seen.kept.lost, seen.exit_status) == (0, 0)
