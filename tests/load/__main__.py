"""`make bench-server`: puts the server under load, and writes docs/performance.md.

It never fails on time: it shows which bars are met on this machine, and fails where a scenario could not be run.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from modules.common.bindings import make_lazy

make_lazy()  # before anything imports cdktf

from local.aws.account import EmulatedAwsError
from local.engine import EngineError
from local.postgres import PostgresError
from stacks.loading import load_environments
from tests.bench.report import hardware
from tests.load import bars, bars_of_changes, report
from tests.load.balancer import PROGRAM as BALANCER
from tests.load.bars import Bench
from tests.load.results import Results, Section
from tests.load.run import ClientsEnded
from tests.load.stand import stand
from tests.load.targets import Processes, Runner, ServerEnded, containers
from tools.setup.progress import PROJECT, Step

SCENARIOS = {**bars.SCENARIOS, **bars_of_changes.SCENARIOS}
# What a scenario or its surroundings fail with; the text says why, and where the log is.
FAILURES = (ServerEnded, ClientsEnded, EngineError, PostgresError, EmulatedAwsError, AssertionError)


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench-server ARGS=...", description=__doc__)
    parser.add_argument(
        "scenarios", nargs="*", metavar="scenario", help=f"which of {', '.join(SCENARIOS)}; all without any"
    )
    parser.add_argument(
        "--scale",
        type=float,
        default=1.0,
        help="of all durations and numbers of starts; only results of 1, the default, are kept",
    )
    parser.add_argument("--processes", action="store_true", help="run processes even where an engine is")
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="print, but keep no results and leave docs/performance.md as it is",
    )
    options = parser.parse_args()
    if unknown := [name for name in options.scenarios if name not in SCENARIOS]:
        parser.error(f"no such scenario: {', '.join(unknown)}; there are {', '.join(SCENARIOS)}")
    try:
        return _run(options)
    except FAILURES as error:
        print(f"The bench cannot run: {error}", file=sys.stderr)
        return 1


def _run(options: argparse.Namespace) -> int:
    results, failed = Results(), False
    with ExitStack() as opened:
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="mlflow-load-")))
        os.chmod(folder, 0o755)  # PostgreSQL runs as another user
        runner = _runner(opened, folder, processes=options.processes)
        stands = opened.enter_context(stand(folder / "stand"))
        for name in options.scenarios or SCENARIOS:
            if reason := _missing(name, runner):
                print(f"{name}: not run, as {reason}", file=sys.stderr)
                continue
            try:
                with Step(name, log=f"bench-server-{name}") as step:
                    section = SCENARIOS[name](Bench(stands, runner, step.tick, options.scale))
            except FAILURES as error:
                print(error, file=sys.stderr)
                failed = True
                continue
            section.machine = hardware()
            in_processes = name in bars_of_changes.SCENARIOS
            section.where = Processes.description if in_processes else runner.description
            results.sections[name] = section
            _show(section)
            if not options.dry_run and options.scale == 1:
                _keep(results)
    print(report.text(results))
    return int(failed)


def _keep(results: Results) -> None:
    """After each scenario, so that nothing is lost when a later one fails. What was not run keeps its older results."""
    kept = Results.read(report.RESULTS) if report.RESULTS.exists() else Results()
    kept.sections.update(results.sections)
    kept.sections = {name: kept.sections[name] for name in SCENARIOS if name in kept.sections}
    kept.write(report.RESULTS)
    report.DOCUMENT.write_text(report.document(kept), encoding="utf-8")


def _missing(name: str, runner: Runner) -> str | None:
    """Why a scenario cannot be run here; None where it can."""
    if name.startswith("stock") and not runner.limited:
        return "it compares with another command, which needs a container"
    if name == "deployments" and BALANCER is None:
        return "haproxy is not installed"
    return None


def _runner(opened: ExitStack, folder: Path, *, processes: bool) -> Runner:
    if processes:
        return Processes()
    base = load_environments(PROJECT / "environments", {})[0].image.base_image
    try:
        return opened.enter_context(
            containers(
                folder, configured_base=base, say=lambda line: print(line, file=sys.stderr, flush=True)
            )
        )
    except EngineError as error:
        print(f"Processes without limits instead of containers: {error}", file=sys.stderr)
        return Processes()


def _show(section: Section) -> None:
    for row in section.rows:
        met = {True: "met    ", False: "MISSED ", None: "       "}[row.met]
        bar = f" (bar: {row.bar})" if row.bar else ""
        print(f"  {met}{row.what}: {row.measured}{bar}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
