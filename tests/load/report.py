"""The server's part of docs/performance.md, made from the kept results."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Sequence

import psutil

from scripts import markdown
from scripts.progress import PROJECT
from tests.load.results import Results

RESULTS = PROJECT / "tests" / "load" / "results.json"
DOCUMENT = PROJECT / "docs" / "performance.md"
BEGIN, END = "<!-- server: begin -->\n", "<!-- server: end -->\n"
GIB = 1 << 30


def text(results: Results) -> str:
    """The part between the markers."""
    lines = [
        f"Measured on {results.machine}. The server ran in {results.target}; database and clients ran beside it.",
        "",
    ]
    rows = [
        [row.what, row.bar, row.measured, {True: "yes", False: "**no**", None: ""}[row.met]]
        for section in results.sections.values()
        for row in section.rows
        if row.bar
    ]
    lines += [*_table(["what", "bar", "measured", "met"], rows), ""]
    for section in results.sections.values():
        others = [[row.what, row.measured] for row in section.rows if not row.bar]
        if others or section.tables:
            lines += [f"### {section.name}", ""]
        if others:
            lines += [*_table(["what", "measured"], others), ""]
        for one in section.tables:
            lines += [f"{one.title}:", "", *_table(one.headings, one.rows), ""]
    return "\n".join(lines)


def document(results: Results) -> str:
    """The whole document, with this part replaced."""
    before, rest = DOCUMENT.read_text(encoding="utf-8").split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}{text(results)}{END}{after}"


def machine() -> str:
    """The machine without its name."""
    memory = psutil.virtual_memory().total / GIB
    return f"{os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} {platform.machine()}"


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [headings, ["---"] * len(headings), *([markdown.text(cell) for cell in row] for row in rows)]
    return [markdown.row(*line).rstrip() for line in lines]
