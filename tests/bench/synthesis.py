"""The programs that are compared, each run cold (nothing unpacked by jsii yet) and warm, in turn."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.bench.measure import Figure, measure
from tools.setup.progress import PROJECT, TOOLS, Step
from tools.setup.python_environment import create, install, python_of
from tools.setup.stamps import Stamp

HERE = Path(__file__).parent
PROGRAMS = HERE / "programs"
CDKTN_REQUIREMENTS = HERE / "cdktn-requirements.txt"
CDKTN = TOOLS / "bench-cdktn"


@dataclass(frozen=True)
class Program:
    """What is measured: its name in the table, and its command."""

    name: str
    python: Path
    file: Path


@dataclass(frozen=True)
class Result:
    """A program's figures: medians over the runs."""

    name: str
    warm: Figure
    cold: Figure


def programs() -> list[Program]:
    """The floor first: everything is given as a multiple of it."""
    python = Path(sys.executable)
    return [
        Program("cdktf's floor: an App with one output", python, PROGRAMS / "floor.py"),
        Program("**ours: the whole demo platform**", python, PROJECT / "main.py"),
        Program("stock bindings: one VPC", python, PROGRAMS / "stock_vpc.py"),
        Program("CDK Terrain, stock bindings: one VPC", _cdktn_python(), PROGRAMS / "cdktn_vpc.py"),
    ]


def run_all(folder: Path, *, warm_runs: int, cold_runs: int, say: Callable[[str], None]) -> list[Result]:
    """Measures the programs in turn, so that what else the machine does meets all of them alike."""
    contestants = programs()
    warm: dict[str, list[Figure]] = {one.name: [] for one in contestants}
    cold: dict[str, list[Figure]] = {one.name: [] for one in contestants}
    for one in contestants:
        say(f"warm-up: {one.name}")
        _run(one, folder, cache=folder / "cache")
    for number in range(cold_runs):
        for one in contestants:
            say(f"cold run {number + 1} of {cold_runs}: {one.name}")
            cold[one.name].append(_run(one, folder, cache=folder / f"cache-{number}-{one.file.stem}"))
    for number in range(warm_runs):
        for one in contestants:
            say(f"warm run {number + 1} of {warm_runs}: {one.name}")
            warm[one.name].append(_run(one, folder, cache=folder / "cache"))
    return [
        Result(one.name, warm=_median(warm[one.name]), cold=_median(cold[one.name])) for one in contestants
    ]


def settings_environment() -> dict[str, str]:
    """This environment without what would shape the platform or the measured process."""
    foreign = ("MLFLOW_", "CDKTF_", "AWS_", "TF_VAR_", "JSII_", "NODE_OPTIONS", "PYTHON")
    return {name: value for name, value in os.environ.items() if not name.startswith(foreign)}


def _run(program: Program, folder: Path, *, cache: Path) -> Figure:
    output = folder / "out" / program.file.stem
    shutil.rmtree(output, ignore_errors=True)
    output.mkdir(parents=True)
    # CDKTF wants one above the folder that it writes assets to.
    (output / "cdktf.json").write_text("{}", encoding="utf-8")
    variables = {
        **settings_environment(),
        "JSII_RUNTIME_PACKAGE_CACHE_ROOT": str(cache),
        # Python's bytecode is there in cold runs too, as an installer leaves it.
        "PYTHONPYCACHEPREFIX": str(folder / "bytecode"),
        "CDKTF_OUTDIR": str(output / "cdktf.out"),
        "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "20",
    }
    return measure([program.python, program.file], directory=output, environment=variables)


def _median(figures: list[Figure]) -> Figure:
    return Figure(
        seconds=median(one.seconds for one in figures), peak_mib=median(one.peak_mib for one in figures)
    )


def _cdktn_python() -> Path:
    """CDK Terrain in an environment of its own; its packages are pinned by hash beside this file."""
    requirements = CDKTN_REQUIREMENTS.read_text(encoding="utf-8")
    stamp = Stamp("bench-cdktn", requirements, sys.version, str(CDKTN))
    if not (stamp.holds() and python_of(CDKTN).exists()):
        with Step("CDK Terrain, to measure it", log="bench-cdktn") as step:
            create(CDKTN, step)
            install(CDKTN, requirements, step)
            stamp.set()
    return python_of(CDKTN)


def rows(results: list[Result]) -> Iterator[list[str]]:
    """The table's rows: times as multiples of the floor's, and in seconds."""
    floor = results[0]
    for one in results:
        yield [
            one.name,
            f"{one.warm.seconds:.2f} s",
            f"{one.warm.seconds / floor.warm.seconds:.2f} x",
            f"{one.warm.peak_mib:.0f} MiB",
            f"{one.cold.seconds:.2f} s",
            f"{one.cold.peak_mib:.0f} MiB",
        ]
