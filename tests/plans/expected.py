"""The differences that are wanted, from `expected.txt`: a pattern for each, as the shell has them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import translate
from pathlib import Path
from typing import Self

FILE = Path(__file__).with_name("expected.txt")


@dataclass
class Expected:
    patterns: dict[str, re.Pattern[str]]
    counts: dict[str, int] = field(default_factory=dict)

    @classmethod
    def read(cls) -> Self:
        return cls.of(FILE.read_text(encoding="utf-8").splitlines())

    @classmethod
    def of(cls, lines: Sequence[str]) -> Self:
        """Of a file's lines, of which `#` begins a comment. Brackets are part of an argument's path, and no set of
        characters."""
        wanted = [line for line in lines if line and not line.startswith("#")]
        return cls({line: re.compile(translate(line.replace("[", "[[]"))) for line in wanted})

    def has(self, difference: str) -> bool:
        for line, pattern in self.patterns.items():
            if pattern.fullmatch(difference):
                self.counts[line] = self.counts.get(line, 0) + 1
                return True
        return False

    def summary(self) -> str:
        """How often each was met; one that is met no more says nothing any more."""
        unmet = [line for line in self.patterns if line not in self.counts]
        return f"{sum(self.counts.values())} that are" + (f"; never met: {unmet}" if unmet else "")
