"""What the server has to bear: one function for each scenario of `make bench-server`."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.image.replica import Replica
from tests.load.kinds import KINDS, MIX
from tests.load.results import Row, Section, Table
from tests.load.run import Clients, ClientsEnded, Kind, Outcome, load, together
from tests.load.sampling import sampled
from tests.load.stand import Stand
from tests.load.targets import Container, Limits, Runner, ServerEnded

WRITERS = {"log-batch (1)": 1}
COMPARED = ("log-batch (1)", "log-batch (100)", "runs/search", "runs/get")
SAMPLE_SECONDS = 0.5
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
    def server(self, limits: Limits) -> Iterator[Container | Replica]:
        """Our server, healthy."""
        with self.start(limits) as running:
            running.wait_until_healthy()
            yield running

    def start(self, limits: Limits) -> Container | Replica:
        return self.runner.run(self.stand.environment, limits, log=self._log("server"))

    def start_stock(self, limits: Limits, *, best: bool) -> Container | Replica:
        """MLflow of the same version in the same image, as it comes, but for its workers and connections if `best`."""
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
            log=self._log("stock"),
            command=["mlflow", "server", *(["--workers", "2"] if best else [])],
        )

    def _log(self, name: str) -> Path:
        self._servers += 1
        return self.stand.folder / f"{name}-{self._servers}.log"

    def load(self, name: str, url: str, **order: Any) -> Outcome:
        def report(said: Mapping[str, int]) -> None:
            self.say(f"{name}: {said['second']} s, {said['done']} done, {said['failed']} failed")

        return load(url, report=report, **order)


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
    section, seen = _under_load(bench, "200 writers", mix=WRITERS, clients=200)
    slowest = seen.total.slowest
    section.rows.append(Row("the slowest request", "10 s", f"{slowest:.1f} s", slowest < 10))
    return section


def mix(bench: Bench) -> Section:
    """64 clients that do all that a team does."""
    section, seen = _under_load(bench, "64 clients of a mix", mix=MIX, clients=64)
    section.tables.append(_by_kind("Each kind of request", seen))
    return section


def _under_load(bench: Bench, name: str, *, mix: Mapping[str, int], clients: int) -> tuple[Section, Outcome]:
    """A server with half a vCPU for a minute."""
    seconds = bench.seconds(60)
    with bench.server(HALF) as server, sampled(server.memory_mib, every_seconds=SAMPLE_SECONDS) as samples:
        seen = bench.load(name, server.url, mix=mix, clients=clients, seconds=seconds)
    highest = max(mib for _, mib in samples)
    share = highest / HALF.memory_mib
    rows = [
        Row(f"{name} for {seconds:.0f} s", "none fails", failures_text(seen.total), not seen.total.failed),
        Row("memory at the most", "below 90 %", f"{highest:.0f} MiB, {share:.0%}", share < 0.9),
        Row("requests in a second", "", f"{seen.rate:.0f}"),
    ]
    return Section(f"{name}, {HALF}", rows=rows), seen


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
    total = together([outcome.total for outcome in outcomes])
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
                with sampled(server.memory_mib, every_seconds=SAMPLE_SECONDS) as samples:
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
                memory[who] = max(memory.get(who, 0.0), *(mib for _, mib in samples))
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
        except ServerEnded:
            section.rows.append(Row("stock with its defaults", "", "killed before it was healthy"))
            return section
        section.rows.append(Row("stock with its defaults: healthy after", "", f"{started:.1f} s"))
        try:
            seen = bench.load("stock's defaults", server.url, mix=WRITERS, clients=64, seconds=seconds)
        except ClientsEnded:
            what = "the container was killed before each client had its run"
        else:
            ended = isinstance(server, Container) and server.has_ended()
            what = failures_text(seen.total) + ("; the container was killed" if ended else "")
    section.rows.append(Row(f"64 writers for {seconds:.0f} s", "", what))
    return section


SCENARIOS: dict[str, Callable[[Bench], Section]] = {
    "writers": writers,
    "mix": mix,
    "first-requests": first_requests,
    "starts": starts,
    "stock": against_stock,
    "stock-defaults": stock_defaults,
}
