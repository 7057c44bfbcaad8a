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
    lines: list[str] = []
    for section in results.sections.values():
        met = {True: "yes", False: "**no**", None: ""}
        rows = [[row.what, row.bar, row.measured, met[row.met]] for row in section.rows]
        lines += [f"### {section.name}", "", f"In {section.where}, on {section.machine}.", ""]
        lines += [*_table(["what", "bar", "measured", "met"], rows), ""]
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
