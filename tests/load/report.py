"""The server's part of docs/performance.md, made from the kept results."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tests.load.results import Results
from tools.documentation import markdown
from tools.setup.progress import PROJECT

RESULTS = PROJECT / "tests" / "load" / "results.json"
DOCUMENT = PROJECT / "docs" / "performance.md"
BEGIN, END = "<!-- server: begin -->\n", "<!-- server: end -->\n"
MET = {True: "yes", False: "**no**", None: ""}


def text(results: Results) -> str:
    """The part between the markers."""
    lines: list[str] = []
    for section in results.sections.values():
        rows = [[row.what, row.bar, row.measured, MET[row.met]] for row in section.rows]
        lines += [f"### {section.name}", "", f"In {section.where}, on {section.machine}.", ""]
        lines.append(_table(["what", "bar", "measured", "met"], rows))
        for one in section.tables:
            lines += [f"{one.title}:", "", _table(one.headings, one.rows)]
    return "\n".join(lines)


def document(results: Results) -> str:
    """The whole document, with this part replaced."""
    return markdown.between(DOCUMENT.read_text(encoding="utf-8"), BEGIN, END, text(results))


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return markdown.table(headings, ([markdown.text(one) for one in row] for row in rows))
