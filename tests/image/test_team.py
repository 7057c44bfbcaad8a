"""A team at work: many clients at once, that do all that clients do and try nothing twice."""

from __future__ import annotations

from tests.image.replica import Replica
from tests.image.task import Task
from tests.load.kinds import MIX
from tests.load.run import load

CLIENTS = 64
SECONDS = 15


def test_no_request_of_a_team_fails(server: Replica, task: Task) -> None:
    processes = server.processes()

    seen = load(server.url, mix=MIX, clients=CLIENTS, seconds=SECONDS)

    assert {name: kind.failures for name, kind in seen.kinds.items() if kind.failed} == {}
    assert set(seen.kinds) == set(MIX)
    assert server.processes() == processes
    assert server.memory_mib() < task.memory_mib
