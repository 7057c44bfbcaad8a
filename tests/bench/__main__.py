"""`make bench`: measures, prints, and writes docs/performance.md (ARGS=--dry-run: only prints)."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.bench import plan, report, synthesis
from tests.bench.measure import BenchError


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench ARGS=...", description=__doc__)
    parser.add_argument("--warm", type=int, default=7, help="runs of each program with jsii's cache filled")
    parser.add_argument("--cold", type=int, default=3, help="runs of each program with jsii's cache empty")
    parser.add_argument(
        "--dry-run", action="store_true", help="print, but leave docs/performance.md as it is"
    )
    options = parser.parse_args()

    def say(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    with tempfile.TemporaryDirectory(prefix="mlflow-bench-") as folder:
        try:
            results = synthesis.run_all(Path(folder), warm_runs=options.warm, cold_runs=options.cold, say=say)
            typed = plan.run_all(Path(folder), say=say)
        except BenchError as error:
            print(f"A measured program failed: {error}", file=sys.stderr)
            return 1
    figures = report.text(results, typed, warm_runs=options.warm, cold_runs=options.cold)
    print(figures)
    if not options.dry_run:
        report.write(figures)
    return 0


if __name__ == "__main__":
    sys.exit(main())
