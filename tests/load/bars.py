"""What the server has to bear: one function for each scenario of `make bench-server`."""

from __future__ import annotations

import statistics
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.load.kinds import KINDS, MIX
from tests.load.results import Row, Section, Table
from tests.load.run import Clients, Kind, Outcome, load
from tests.load.stand import Stand
from tests.load.targets import Container, Limits, Process, Runner

WRITERS = {"log-batch (1)": 1}
COMPARED = ("log-batch (1)", "log-batch (100)", "runs/search", "runs/get")
HALF, ONE = Limits(0.5, 1024), Limits(1, 2048)
# Of stock MLflow, at its best: as many connections as its requests can hold.
STOCK_BEST = {
    "MLFLOW_SQLALCHEMYSTORE_POOL_SIZE": "45",
    "MLFLOW_SQLALCHEMYSTORE_MAX_OVERFLOW": "10",
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
}


@dataclass
class Bench:
    """What scenarios are run with.

    Attributes:
        stand: database and account.
        runner: starts servers.
        say: shows progress, as a short state.
        scale: of all durations; 1 is the whole bench.
    """

    stand: Stand
    runner: Runner
    say: Callable[[str], None]
    scale: float = 1.0
    _servers: int = field(default=0, init=False)

    def seconds(self, whole: float) -> float:
        return max(3.0, whole * self.scale)

    def times(self, whole: int) -> int:
        return max(1, round(whole * self.scale))

    @contextmanager
    def server(self, limits: Limits, **variables: str) -> Iterator[Container | Process]:
        """Our server, healthy."""
        with self.start(limits, **variables) as running:
            running.wait_until_healthy()
            yield running

    def start(self, limits: Limits, **variables: str) -> Container | Process:
        self._servers += 1
        log = self.stand.folder / f"server-{self._servers}.log"
        return self.runner.run({**self.stand.environment, **variables}, limits, log=log)

    def start_stock(self, limits: Limits, *, best: bool) -> Container | Process:
        """MLflow of the same version in the same image, as it comes, but for its workers and connections if `best`."""
        self._servers += 1
        aws = {name: value for name, value in self.stand.environment.items() if name.startswith("AWS_")}
        variables = {
            **aws,
            "PGSSLMODE": "disable",
            "MLFLOW_BACKEND_STORE_URI": self.stand.plain_uri,
            "MLFLOW_ARTIFACTS_DESTINATION": self.stand.environment["MLFLOW_ARTIFACTS_DESTINATION"],
            "MLFLOW_SERVE_ARTIFACTS": "true",
            **(STOCK_BEST if best else {}),
        }
        return self.runner.run(
            variables,
            limits,
            log=self.stand.folder / f"stock-{self._servers}.log",
            command=["mlflow", "server", *(["--workers", "2"] if best else [])],
        )

    def load(self, name: str, url: str, **order: Any) -> Outcome:
        def report(said: Mapping[str, int]) -> None:
            self.say(f"{name}: {said['second']} s, {said['done']} done, {said['failed']} failed")

        return load(url, report=report, **order)


@contextmanager
def watched(server: Container | Process) -> Iterator[list[float]]:
    """Samples of its memory in MiB, twice in a second."""
    samples, stopping = [server.memory_mib()], threading.Event()

    def watch() -> None:
        while not stopping.wait(0.5):
            samples.append(server.memory_mib())

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield samples
    finally:
        stopping.set()
        thread.join()


def failures_text(seen: Kind) -> str:
    """What was done, and the commonest failures."""
    if not seen.failed:
        return f"{seen.done} done, none failed"
    worst = sorted(seen.failures.items(), key=lambda item: -item[1])[:3]
    return f"{seen.done} done, {seen.failed} failed: " + "; ".join(
        f"{count} × {what}" for what, count in worst
    )


def _by_kind(title: str, outcome: Outcome) -> Table:
    return Table(
        title,
        ["request", "done", "failed", "median", "p99", "slowest"],
        [
            [
                name,
                str(kind.done),
                str(kind.failed),
                f"{kind.percentile(50):.2f} s",
                f"{kind.percentile(99):.2f} s",
                f"{kind.slowest:.2f} s",
            ]
            for name, kind in ((name, outcome.kinds[name]) for name in KINDS if name in outcome.kinds)
        ],
    )


def writers(bench: Bench) -> Section:
    """200 clients that write without a pause and try nothing twice."""
    section, seconds = Section(f"200 writers, {HALF}"), bench.seconds(60)
    with bench.server(HALF) as server, watched(server) as memory:
        seen = bench.load("200 writers", server.url, mix=WRITERS, clients=200, seconds=seconds)
    total = seen.total
    section.rows += [
        Row(f"200 writers for {seconds:.0f} s", "none fails", failures_text(total), total.failed == 0),
        Row("the slowest request", "10 s", f"{total.slowest:.1f} s", total.slowest < 10),
        _memory_row(memory, HALF),
        Row("requests in a second", "", f"{seen.rate:.0f}"),
    ]
    return section


def mix(bench: Bench) -> Section:
    """64 clients that do all that a team does."""
    section, seconds = Section(f"64 clients of a mix, {HALF}"), bench.seconds(60)
    with bench.server(HALF) as server, watched(server) as memory:
        seen = bench.load("64 clients", server.url, mix=MIX, clients=64, seconds=seconds)
    total = seen.total
    section.rows += [
        Row(f"64 clients for {seconds:.0f} s", "none fails", failures_text(total), total.failed == 0),
        _memory_row(memory, HALF),
        Row("requests in a second", "", f"{seen.rate:.0f}"),
    ]
    section.tables.append(_by_kind("64 clients, all kinds of requests", seen))
    return section


def first_requests(bench: Bench) -> Section:
    """100 clients whose requests are the first that a server gets."""
    section, times = Section(f"First requests, {HALF}"), bench.times(20)
    outcomes: list[Outcome] = []
    with bench.server(ONE) as other:
        for number in range(times):
            bench.say(f"start {number + 1} of {times}")
            with bench.start(HALF) as server:
                with Clients(
                    server.url,
                    mix=dict.fromkeys(KINDS, 1),
                    clients=100,
                    seconds=0,
                    prepare_url=other.url,
                    await_health=True,
                ) as clients:
                    outcomes.append(clients.outcome())
    failures: dict[str, int] = {}
    for outcome in outcomes:
        for reason, count in outcome.total.failures.items():
            failures[reason] = failures.get(reason, 0) + count
    times_of_all = sorted(time for outcome in outcomes for time in outcome.total.times)
    total = Kind(times_of_all, failures)
    section.rows += [
        Row(
            f"{times} starts, each with 100 requests of every kind at once",
            "none fails",
            failures_text(total),
            total.failed == 0,
        ),
        Row("the slowest of them", "", f"{total.slowest:.1f} s"),
    ]
    return section


def starts(bench: Bench) -> Section:
    """From the container's start to its first healthy answer, the schema being current."""
    section, times = Section("Start"), bench.times(5)
    with bench.server(ONE):
        pass  # makes the schema
    for limits, bar in ((HALF, 8.0), (ONE, 5.0)):
        taken = []
        for number in range(times):
            bench.say(f"{limits}: start {number + 1} of {times}")
            with bench.start(limits) as server:
                taken.append(server.wait_until_healthy())
        median = statistics.median(taken)
        measured = f"{median:.1f} s ({min(taken):.1f} to {max(taken):.1f})"
        section.rows.append(
            Row(f"healthy at {limits}, median of {times}", f"{bar:.0f} s", measured, median <= bar)
        )
    return section


def against_stock(bench: Bench) -> Section:
    """The same requests to stock MLflow at its best, by turns."""
    section, seconds = Section(f"Beside stock MLflow, {HALF}"), bench.seconds(15)
    rates: dict[tuple[str, str], list[float]] = {}
    late: dict[tuple[str, str], list[float]] = {}
    failed: dict[tuple[str, str], int] = {}
    memory: dict[str, float] = {}
    for turn in range(bench.times(2)):
        for who in ("ours", "stock"):
            starting = bench.start(HALF) if who == "ours" else bench.start_stock(HALF, best=True)
            with starting as server:
                server.wait_until_healthy()
                with watched(server) as samples:
                    # What is done for the first time only is not compared.
                    bench.load("first", server.url, mix=dict.fromkeys(COMPARED, 1), clients=16, seconds=3)
                    for kind in COMPARED:
                        seen = bench.load(
                            f"{who}, turn {turn + 1}, {kind}",
                            server.url,
                            mix={kind: 1},
                            clients=16,
                            seconds=seconds,
                        )
                        key = (who, kind)
                        rates.setdefault(key, []).append(seen.rate)
                        late.setdefault(key, []).append(seen.total.percentile(99))
                        failed[key] = failed.get(key, 0) + seen.total.failed
                memory[who] = max(memory.get(who, 0.0), *samples)
    cells = []
    for kind in COMPARED:
        ours, stock = (statistics.mean(rates[who, kind]) for who in ("ours", "stock"))
        p99, p99_stock = (max(late[who, kind]) for who in ("ours", "stock"))
        cells.append(
            [
                kind,
                f"{ours:.0f} /s",
                f"{stock:.0f} /s",
                f"{ours / stock:.2f} ×",
                f"{p99:.2f} s",
                f"{p99_stock:.2f} s",
                f"{failed['ours', kind]} and {failed['stock', kind]}",
            ]
        )
        section.rows.append(
            Row(
                f"{kind}: requests in a second, ours to stock's; p99",
                "1.5 ×, lower",
                f"{ours / stock:.2f} ×; {p99:.2f} s to {p99_stock:.2f} s",
                ours >= 1.5 * stock and p99 < p99_stock,
            )
        )
    section.tables.append(
        Table(
            f"16 clients, {seconds:.0f} s for each kind, by turns",
            ["request", "ours", "stock", "ratio", "p99, ours", "p99, stock", "failed, ours and stock"],
            cells,
        )
    )
    section.rows.append(
        Row("memory at the most, ours and stock's", "", f"{memory['ours']:.0f} and {memory['stock']:.0f} MiB")
    )
    return section


def stock_defaults(bench: Bench) -> Section:
    """What stock MLflow with its defaults bears of the same."""
    section, seconds = Section(f"Stock MLflow with its defaults, {HALF}"), bench.seconds(30)
    with bench.start_stock(HALF, best=False) as server:
        try:
            started = server.wait_until_healthy()
        except RuntimeError:
            section.rows.append(Row("stock with its defaults", "", "killed before it was healthy"))
            return section
        try:
            seen = bench.load("stock's defaults", server.url, mix=WRITERS, clients=64, seconds=seconds)
        except RuntimeError:
            # The clients could not even make their runs.
            section.rows += [
                Row("stock with its defaults: healthy after", "", f"{started:.1f} s"),
                Row("64 writers", "", "the container was killed before each client had its run"),
            ]
            return section
        ended = isinstance(server, Container) and server.has_ended()
    section.rows += [
        Row("stock with its defaults: healthy after", "", f"{started:.1f} s"),
        Row(
            f"64 writers for {seconds:.0f} s",
            "",
            failures_text(seen.total) + ("; the container was killed" if ended else ""),
        ),
    ]
    return section


def _memory_row(samples: list[float], limits: Limits) -> Row:
    highest = max(samples)
    share = highest / limits.memory_mib
    return Row("memory at the most", "below 90 %", f"{highest:.0f} MiB, {share:.0%}", share < 0.9)
