"""Tasks that come and go behind the load balancer while clients log: a deployment, and a task that is taken away."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass

from modules.common.task_life import STOP_TIMEOUT_SECONDS
from tests.image.replica import Replica
from tests.load.balancer import Balancer, BalancerSettings, Target, synthesized_settings
from tests.load.run import Outcome
from tests.load.stand import Kept, Stand

CLIENTS = 32
WRITERS = {"log-batch (1)": 30, "log-batch (100)": 10, "artifact of 1 MB, up and down": 2}


@dataclass(frozen=True)
class Deployment:
    """What a rolling deployment did.

    Attributes:
        outcome: of all clients.
        kept: their metrics.
        seconds_until_used: for each new task, from its first healthy answer to its first request.
        draining_seconds: for each old task.
        exit_statuses, stop_seconds: of the old tasks, after SIGTERM.
    """

    outcome: Outcome
    kept: Kept
    seconds_until_used: tuple[float, ...]
    draining_seconds: tuple[float, ...]
    exit_statuses: tuple[int, ...]
    stop_seconds: tuple[float, ...]


def rolling_deployment(
    stand: Stand,
    *,
    tasks: int = 2,
    settle_seconds: float = 10,
    settings: BalancerSettings | None = None,
    rate: float | None = None,
) -> Deployment:
    """New tasks take the place of old ones, step by step as ECS does it, while clients log without a retry.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-type-ecs.html

    Args:
        tasks: before and after.
        settle_seconds: how long clients log before, between the steps, and after.
        settings: of the balancer; those of the plan by default.
        rate: requests in a second; None is as fast as the clients can.
    """
    settings = settings or synthesized_settings()
    with ExitStack() as opened:
        balancer = opened.enter_context(Balancer(settings, folder=stand.folder))
        old = _started(stand, opened, balancer, "old", tasks)
        for _, target in old:
            target.wait_until_healthy()
        with stand.at_work(balancer.url, mix=WRITERS, clients=CLIENTS, rate=rate) as working:
            time.sleep(settle_seconds)
            # ECS registers a task as soon as it runs.
            new = _started(stand, opened, balancer, "new", tasks)
            watches = [_Watch(replica, target) for replica, target in new]
            for _, target in new:
                target.wait_until_healthy()
            time.sleep(settle_seconds)
            for _, target in old:
                target.deregister()
            draining = tuple(target.wait_until_drained() for _, target in old)
            for replica, _ in old:
                replica.terminate()
            ended = [replica.wait(STOP_TIMEOUT_SECONDS) for replica, _ in old]
            time.sleep(settle_seconds)
        used = tuple(watch.seconds() for watch in watches)
    outcome = working.outcome()
    return Deployment(
        outcome,
        stand.kept(outcome),
        used,
        draining,
        tuple(status for status, _ in ended),
        tuple(seconds for _, seconds in ended),
    )


@dataclass(frozen=True)
class Interruption:
    """What became of requests when one of two tasks was told to end while it still got some.

    Attributes:
        outcome: of all clients.
        kept: their metrics.
        exit_status, stop_seconds: of the task, after SIGTERM.
    """

    outcome: Outcome
    kept: Kept
    exit_status: int
    stop_seconds: float


def interrupted_task(
    stand: Stand,
    *,
    deregistered_after_seconds: float,
    settle_seconds: float = 10,
    settings: BalancerSettings | None = None,
    rate: float | None = None,
) -> Interruption:
    """SIGTERM to one of two tasks, and the load balancer stops sending requests to it only a while later.

    ECS deregisters a task before it sends SIGTERM, but on Fargate Spot does not wait until that has taken effect
    (https://aws.amazon.com/about-aws/whats-new/2023/02/amazon-elastic-container-service-accuracy-service-load-balancing/).

    Args:
        deregistered_after_seconds: how much later.
        settle_seconds: how long clients log before and after.
        settings: of the balancer; those of the plan by default.
        rate: requests in a second; None is as fast as the clients can.
    """
    settings = settings or synthesized_settings()
    with ExitStack() as opened:
        balancer = opened.enter_context(Balancer(settings, folder=stand.folder))
        (leaving, target), (_, staying) = _started(stand, opened, balancer, "task", 2)
        for one in (target, staying):
            one.wait_until_healthy()
        with stand.at_work(balancer.url, mix=WRITERS, clients=CLIENTS, rate=rate) as working:
            time.sleep(settle_seconds)
            leaving.terminate()
            time.sleep(deregistered_after_seconds)
            target.deregister()
            status, seconds = leaving.wait(STOP_TIMEOUT_SECONDS)
            time.sleep(settle_seconds)
    outcome = working.outcome()
    return Interruption(outcome, stand.kept(outcome), status, seconds + deregistered_after_seconds)


def _started(
    stand: Stand, opened: ExitStack, balancer: Balancer, name: str, count: int
) -> list[tuple[Replica, Target]]:
    replicas = [opened.enter_context(stand.replica(f"{name}-{number}")) for number in range(count)]
    return [(replica, balancer.register(replica.port)) for replica in replicas]


class _Watch:
    """Notes when a new task is healthy, and when it gets its first request."""

    def __init__(self, replica: Replica, target: Target) -> None:
        self._replica, self._target = replica, target
        self._seconds = float("inf")
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def seconds(self) -> float:
        self._thread.join(1)
        return self._seconds

    def _watch(self) -> None:
        self._replica.wait_until_healthy()
        healthy = time.monotonic()
        while not self._target.requests:
            time.sleep(0.05)
        self._seconds = time.monotonic() - healthy
