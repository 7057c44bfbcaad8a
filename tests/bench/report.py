"""docs/performance.md: the figures between its markers, and the machine that they are from."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import subprocess

import psutil

from tests.bench.measure import Figure
from tests.bench.synthesis import Result, rows
from tools.documentation.markdown import between, table
from tools.setup.progress import PROJECT

DOCUMENT = PROJECT / "docs" / "performance.md"
BEGIN, END = "<!-- figures: begin -->\n", "<!-- figures: end -->\n"
GIB = 1 << 30
HEADINGS = ["program", "warm", "floor", "peak memory", "cold", "peak memory, cold"]


def text(results: list[Result], typed: dict[str, Figure], *, warm_runs: int, cold_runs: int) -> str:
    """The part between the markers."""
    floor = results[0].warm.seconds
    figures = (
        [name, f"{one.seconds:.1f} s", f"{one.seconds / floor:.0f} x", f"{one.peak_mib:.0f} MiB"]
        for name, one in typed.items()
    )
    return "\n".join(
        [
            f"Measured in one run on {machine()}.",
            f"Medians: {warm_runs} runs warm, {cold_runs} cold (jsii's cache empty), the programs in turn.",
            "",
            table(HEADINGS, rows(results), rule="---:"),
            "As typed, once, for the whole demo platform:",
            "",
            table(["command", "time", "floor", "peak memory"], figures, rule="---:"),
        ]
    )


def write(figures: str) -> None:
    """Replaces what is between the markers."""
    document = DOCUMENT.read_text(encoding="utf-8")
    DOCUMENT.write_text(between(document, BEGIN, END, figures), encoding="utf-8")


def machine() -> str:
    """The machine without its name, and what synthesizes on it."""
    node = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    jsii = importlib.metadata.version("jsii")
    versions = f"Python {platform.python_version()}, Node {node.removeprefix('v')}, jsii {jsii}"
    return f"{hardware()}, {versions}"


def hardware() -> str:
    """The machine without its name."""
    memory = psutil.virtual_memory().total / GIB
    return f"{os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} {platform.machine()}"
