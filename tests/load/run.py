"""Starts the clients of `tests.load.clients` and reads what they saw."""

from __future__ import annotations

import json
import math
import os
import subprocess
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from tools.setup import toolchain
from tools.setup.progress import PROJECT

# A line for each second: what is done and what failed until then.
Report = Callable[[Mapping[str, int]], None]


@dataclass(frozen=True)
class Kind:
    """What clients saw of one kind of request; times in seconds.

    Attributes:
        times: of those that were done, sorted.
        failures: what went wrong, how often.
        failed_times: of those that failed, sorted.
    """

    times: Sequence[float]
    failures: Mapping[str, int]
    failed_times: Sequence[float] = ()

    @property
    def done(self) -> int:
        return len(self.times)

    @property
    def failed(self) -> int:
        return sum(self.failures.values())

    @property
    def slowest(self) -> float:
        return max([*self.times[-1:], *self.failed_times[-1:]], default=0.0)

    def percentile(self, percent: float) -> float:
        """Of those that were done; NaN where none was."""
        if not self.times:
            return math.nan
        return self.times[min(len(self.times) - 1, int(len(self.times) * percent / 100))]


def together(kinds: Collection[Kind]) -> Kind:
    """All of these as one."""
    failures = Counter[str]()
    for kind in kinds:
        failures.update(kind.failures)
    return Kind(
        sorted(time for kind in kinds for time in kind.times),
        failures,
        sorted(time for kind in kinds for time in kind.failed_times),
    )


@dataclass(frozen=True)
class Outcome:
    """What all clients saw.

    Attributes:
        seconds: from the first request to the last answer.
        kinds: by name.
        each_second: done and failed so far, for each second.
        runs: metrics acknowledged and sent, for each run id.
    """

    seconds: float
    kinds: Mapping[str, Kind]
    each_second: Sequence[tuple[int, int]] = ()
    runs: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def total(self) -> Kind:
        """Of all kinds together."""
        return together(list(self.kinds.values()))

    @property
    def rate(self) -> float:
        """Requests in a second."""
        return self.total.done / self.seconds


class ClientsEnded(Exception):
    """The clients ended before their time; the text is what they said."""


class Clients:
    """Running clients: a context manager; `outcome` waits for their end.

    Args:
        url: of the server.
        mix: kinds of requests (`tests.load.kinds.KINDS`), with weights.
        clients: how many at once.
        seconds: how long; 0 sends one request for each client, all at the same moment.
        report: told each second.
        more: other fields of `tests.load.clients.Order`.
    """

    def __init__(
        self,
        url: str,
        *,
        mix: Mapping[str, int],
        clients: int,
        seconds: float,
        host: str = "localhost",
        report: Report | None = None,
        **more: Any,
    ) -> None:
        self._order = {
            "url": url,
            "host": host,
            "mix": dict(mix),
            "clients": clients,
            "seconds": seconds,
            **more,
        }
        self._report = report
        self._said: list[str] = []
        self._outcome: Outcome | None = None

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [toolchain.server_python(), "-m", "tests.load.clients"],
            cwd=PROJECT,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(PROJECT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self._process.stdin is not None
        json.dump(self._order, self._process.stdin)
        self._process.stdin.close()
        return self

    def __exit__(self, *error: object) -> None:
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def wait_until_running(self) -> None:
        """Every client has its run, and begins."""
        self._read_until("prepared")

    def stop(self) -> None:
        """They end before their time is over; requests in flight are still answered."""
        self._process.terminate()

    def outcome(self) -> Outcome:
        """What they saw, at their end."""
        if self._outcome is None:
            self._outcome = self._read_outcome()
        return self._outcome

    def _read_outcome(self) -> Outcome:
        seen = self._read_until("outcome")
        kinds = {
            name: Kind(sorted(one["times"]), one["failures"], sorted(one["failed_times"]))
            for name, one in seen["kinds"].items()
        }
        runs = {run: (acknowledged, asked) for run, (acknowledged, asked) in seen["runs"].items()}
        each_second = [(done, failed) for done, failed in seen["each_second"]]
        return Outcome(seen["seconds"], kinds, each_second, runs)

    def _read_until(self, name: str) -> Any:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            try:
                said: dict[str, Any] = json.loads(line)
            except ValueError:
                self._said.append(line.rstrip())
                continue
            if self._report and "second" in said:
                self._report(said)
            if name in said:
                return said[name]
        raise ClientsEnded("the clients ended early:\n" + "\n".join(self._said))


def load(url: str, **order: Any) -> Outcome:
    """Runs clients to their end; the arguments are those of `Clients`."""
    with Clients(url, **order) as clients:
        return clients.outcome()
