"""What a bench measured: rows with a bar and a measured value, kept as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Row:
    """Attributes:
    what: is measured.
    bar: what it should be; empty where there is none.
    measured: as text.
    met: whether the bar is; None where there is none.
    """

    what: str
    bar: str
    measured: str
    met: bool | None = None


@dataclass(frozen=True)
class Table:
    """A table of figures beside the bars.

    Attributes:
        title: above it.
        headings, rows: its cells.
    """

    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass
class Section:
    """What one scenario measured.

    Attributes:
        name: of the scenario.
        machine, where: it ran.
        rows: against bars.
        tables: more figures.
    """

    name: str
    machine: str = ""
    where: str = ""
    rows: list[Row] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)


@dataclass
class Results:
    """By scenario; each may be of another run."""

    sections: dict[str, Section] = field(default_factory=dict)

    def write(self, file: Path) -> None:
        file.write_text(json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, file: Path) -> Results:
        return cls.of(json.loads(file.read_text(encoding="utf-8")))

    @classmethod
    def of(cls, kept: Mapping[str, Any]) -> Results:
        sections = {
            name: Section(
                one["name"],
                one["machine"],
                one["where"],
                [Row(**row) for row in one["rows"]],
                [Table(**table) for table in one["tables"]],
            )
            for name, one in kept["sections"].items()
        }
        return cls(sections)
