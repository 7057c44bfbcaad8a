"""What the generated pages are written with."""

from __future__ import annotations

MADE_BY = "<!-- Made by scripts/generate_docs.py from {source}. Change those, then run it. -->"


def row(*cells: str) -> str:
    """A row of a table."""
    return f"| {' | '.join(cells)} |\n"


def text(plain: str) -> str:
    """`plain` in a cell of a table."""
    return plain.replace("|", "\\|").replace("<", "&lt;").replace(">", "&gt;")
