"""What the generated pages are written with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

MADE_BY = "<!-- Made by tools/documentation/__main__.py from {source}. Change those, then run it. -->"


def row(*cells: str) -> str:
    """A row of a table."""
    return f"| {' | '.join(cells)} |\n"


def table(headings: Sequence[str], rows: Iterable[Sequence[str]], *, rule: str = "---") -> str:
    """A whole table; `rule` is under each heading but the first, and says how its column is aligned."""
    rules = ["---", *[rule] * (len(headings) - 1)]
    return "".join(row(*cells) for cells in (headings, rules, *rows))


def between(document: str, begin: str, end: str, part: str) -> str:
    """`document` with `part` in the place of what is between the two markers."""
    before, rest = document.split(begin)
    _, after = rest.split(end)
    return f"{before}{begin}{part}{end}{after}"


def text(plain: str) -> str:
    """`plain` in a cell of a table."""
    return plain.replace("|", "\\|").replace("<", "&lt;").replace(">", "&gt;")
