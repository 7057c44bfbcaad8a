"""A team's load for a long time: does the server's memory grow, and does anything fail?"""

from __future__ import annotations

import statistics
from dataclasses import dataclass

from tests.image.replica import Replica
from tests.load.kinds import MIX
from tests.load.run import Clients, Outcome, Report
from tests.load.sampling import sampled
from tests.load.stand import Kept, Stand

SAMPLES = 200
SHORTEST_PAUSE_SECONDS = 0.5


@dataclass(frozen=True)
class Steady:
    """What a server did at a fixed rate of requests.

    Attributes:
        outcome: of all clients.
        kept: their metrics.
        memory_mib: seconds since the beginning, and what all processes of the server took.
    """

    outcome: Outcome
    kept: Kept
    memory_mib: tuple[tuple[float, float], ...]

    def memory_mib_at(self, percent: float) -> float:
        """When so much of the time had passed."""
        return self.memory_mib[round((len(self.memory_mib) - 1) * percent / 100)][1]

    @property
    def growth_mib_per_hour(self) -> float:
        """From 10 % of the time on, by least squares."""
        kept = self.memory_mib[len(self.memory_mib) // 10 :]
        return statistics.linear_regression(*zip(*kept, strict=True)).slope * 3600


def steady(
    stand: Stand,
    minutes: float,
    rate: float,
    *,
    clients: int = 16,
    server: Replica | None = None,
    report: Report | None = None,
) -> Steady:
    """`rate` requests in a second for `minutes`, the server's memory sampled all along."""
    seconds = minutes * 60
    with stand.serving("steady", server) as server:
        with Clients(
            server.url, host=stand.host, mix=MIX, clients=clients, seconds=seconds, rate=rate, report=report
        ) as load:
            load.wait_until_running()
            with sampled(
                server.memory_mib, every_seconds=max(SHORTEST_PAUSE_SECONDS, seconds / SAMPLES)
            ) as samples:
                outcome = load.outcome()
    return Steady(outcome, stand.kept(outcome), tuple(samples))
