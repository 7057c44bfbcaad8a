"""What the server has to bear when something goes or comes: tasks, workers, the database. And a long time.

These run as processes: what counts is what fails, not how fast.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from modules.common.task_life import HEALTHY_WITHIN_SECONDS
from tests.load.bars import Bench, failures_text
from tests.load.deployment import interrupted_task, rolling_deployment
from tests.load.outages import (
    DatabaseOutage,
    database_failover,
    database_restart,
    only_task_stopped,
    worker_killed,
)
from tests.load.results import Row, Section
from tests.load.run import Outcome
from tests.load.stand import Kept
from tests.load.steady import steady

STEADY_RATE = 20.0


def deployments(bench: Bench) -> Section:
    """Tasks are replaced behind the balancer."""
    section, settle = Section("Deployments behind a balancer, 32 clients"), bench.seconds(10)
    bench.say("rolling deployment")
    rolling = rolling_deployment(bench.stand, settle_seconds=settle)
    section.rows += [
        _none_fails("rolling deployment, two tasks to two", rolling.outcome),
        _nothing_lost(rolling.kept),
        Row(
            "a new task is sent requests after its first good answer within",
            f"{HEALTHY_WITHIN_SECONDS + 1} s",
            ", ".join(f"{seconds:.1f} s" for seconds in rolling.seconds_until_used),
            max(rolling.seconds_until_used) <= HEALTHY_WITHIN_SECONDS + 1,
        ),
        Row(
            "the old tasks end in good order",
            "status 0",
            ", ".join(map(str, rolling.exit_statuses)),
            set(rolling.exit_statuses) == {0},
        ),
    ]
    bench.say("SIGTERM before the balancer knows")
    early = interrupted_task(bench.stand, deregistered_after_seconds=2, settle_seconds=settle)
    section.rows += [
        _none_fails("SIGTERM to one of two tasks, deregistered 2 s later", early.outcome),
        _nothing_lost(early.kept),
    ]
    bench.say("SIGTERM to the only task")
    stopped = only_task_stopped(bench.stand, settle_seconds=settle)
    section.rows += [
        Row(
            "SIGTERM to the only task: accepted requests that are not answered",
            "none",
            f"{stopped.unanswered}, of {stopped.outcome.total.done}",
            stopped.unanswered == 0,
        ),
        _nothing_lost(stopped.kept),
    ]
    return section


def outages(bench: Bench) -> Section:
    """The database goes away, and a worker."""
    section, settle = Section("Outages, 16 clients that write"), bench.seconds(10)
    bench.say("database restart")
    section.rows += _of_outage(
        "the database crashes and is back after 10 s",
        database_restart(bench.stand, away_seconds=10, settle_seconds=settle),
    )
    bench.say("fail-over")
    section.rows += _of_outage(
        "its host vanishes, and its name leads to another after 30 s",
        database_failover(bench.stand, away_seconds=30, settle_seconds=settle),
    )
    bench.say("SIGKILL of a worker")
    killed = worker_killed(bench.stand, settle_seconds=settle)
    section.rows += [
        Row(
            "a worker is killed under 32 clients: requests that fail",
            "those in flight on it",
            f"{killed.outcome.total.failed} of {killed.outcome.total.done}, {killed.in_flight} in flight",
            killed.outcome.total.failed <= killed.in_flight,
        ),
        _nothing_lost(killed.kept),
        Row("a new worker is there after", "", f"{killed.seconds_until_replaced:.2f} s"),
    ]
    return section


def long_run(bench: Bench) -> Section:
    """Half an hour at a steady rate."""
    minutes = max(0.5, 30 * bench.scale)
    section = Section(f"{minutes:.0f} minutes of a mix, {STEADY_RATE:.0f} requests in a second")

    def report(said: Mapping[str, int]) -> None:
        bench.say(
            f"{said['second'] // 60} of {minutes:.0f} min, {said['done']} done, {said['failed']} failed"
        )

    seen = steady(bench.stand, minutes, STEADY_RATE, report=report)
    begin, end, growth = seen.memory_mib_at(10), seen.memory_mib_at(100), seen.growth_mib_per_hour
    section.rows += [
        _none_fails(f"{minutes:.0f} minutes", seen.outcome),
        _nothing_lost(seen.kept),
        Row(
            "memory after a tenth of the time, and at the end",
            "flat: at most 5 % more",
            f"{begin:.0f} MiB, {end:.0f} MiB ({growth:+.0f} MiB in an hour by least squares)",
            end <= begin * 1.05,
        ),
    ]
    return section


def _of_outage(what: str, seen: DatabaseOutage) -> list[Row]:
    others = {
        reason: count for reason, count in seen.outcome.total.failures.items() if not reason.startswith("503")
    }
    slowest = seen.slowest_failure_seconds
    return [
        Row(f"{what}: answers while it is away", "503", "503" if not others else str(others), not others),
        Row("the slowest of them", "5 s", f"{slowest:.1f} s", slowest <= 5),
        _nothing_lost(seen.kept),
        Row(
            "afterwards",
            "the same processes, none fails",
            f"{'the same processes' if seen.same_workers else 'other processes'}, {seen.done_after} done, "
            f"{seen.failed_after} failed",
            seen.same_workers and not seen.failed_after and seen.done_after > 0,
        ),
    ]


def _none_fails(what: str, outcome: Outcome) -> Row:
    return Row(what, "none fails", failures_text(outcome.total), outcome.total.failed == 0)


def _nothing_lost(kept: Kept) -> Row:
    measured = f"{kept.lost} of {kept.acknowledged} metrics"
    return Row("acknowledged and lost", "none", measured, kept.lost == 0)


SCENARIOS: dict[str, Callable[[Bench], Section]] = {
    "deployments": deployments,
    "outages": outages,
    "long": long_run,
}
