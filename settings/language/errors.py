"""What is wrong with the settings, all of it at once: the one error type and how it reads."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

LONGEST_VALUE = 80
# Unicode's categories of control, format, surrogate, private and unassigned characters, and of separators of lines.
UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


class SettingsError(Exception):
    """The settings cannot be used. Its text is the whole report, every problem of every file."""


@dataclass(frozen=True)
class Refusal:
    """Why a value is not accepted, and the way out.

    Attributes:
        problem: what is wrong with the value, a sentence.
        allowed: what would be accepted.
        fix: what to write instead.
    """

    problem: str
    allowed: str
    fix: str


@dataclass(frozen=True)
class Problem:
    """A refusal and where it belongs.

    Attributes:
        source: the file or the variable the value came from.
        path: the setting, such as `service.memory_mib`; empty for a whole file or variable.
        given: the value as it was written; empty where there is none, or where it must not be shown.
        environments: the environments it was found in, where the source does not say so.
    """

    source: str
    refusal: Refusal
    path: str = ""
    given: str = ""
    environments: tuple[str, ...] = ()

    def __str__(self) -> str:
        where = f"{self.source}: {self.path}" if self.path else self.source
        given = f" = {self.given}" if self.given else ""
        environments = f" (environment {', '.join(self.environments)})" if self.environments else ""
        lines = (
            f"{where}{given}{environments}",
            f"    {self.refusal.problem}",
            f"    Allowed: {self.refusal.allowed}",
            f"    Fix: {self.refusal.fix}",
        )
        return "\n".join(map(printable, lines))


def report(problems: Sequence[Problem]) -> SettingsError:
    """One error with every problem; a wrong variable that affects several environments is reported once."""
    merged: dict[tuple[str, str, str, Refusal], tuple[str, ...]] = {}
    for problem in problems:
        key = (problem.source, problem.path, problem.given, problem.refusal)
        merged[key] = merged.get(key, ()) + problem.environments
    told = [
        Problem(source=source, path=path, given=given, refusal=refusal, environments=environments)
        for (source, path, given, refusal), environments in merged.items()
    ]
    count = "1 problem" if len(told) == 1 else f"{len(told)} problems"
    return SettingsError("\n\n".join([f"{count} in the settings; nothing was synthesized.", *map(str, told)]))


def printable(text: str) -> str:
    """`text` in one line, with escapes for what a terminal would obey, hide or turn round rather than show."""
    return "".join(
        character if unicodedata.category(character) not in UNPRINTABLE else _escape(character)
        for character in text
    )


def _escape(character: str) -> str:
    return f"\\u{ord(character):04x}" if ord(character) < 0x10000 else f"\\U{ord(character):08x}"


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name a mistyped one was probably meant to be, whatever its case."""
    by_folded = {candidate.casefold(): candidate for candidate in known}
    close = get_close_matches(name.casefold(), by_folded, n=3, cutoff=0.6)
    # Among equally near ones, that with the same letters: two of them were swapped.
    swapped = [candidate for candidate in close if sorted(candidate) == sorted(name.casefold())]
    # An abbreviation is not near by its letters.
    longer = [candidate for candidate in by_folded if name and candidate.startswith(name.casefold())]
    return next((by_folded[candidate] for candidate in (*swapped, *close, *longer)), None)


def as_written(value: Any) -> str:
    """A value as it stands in a TOML file, shortened."""
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):  # TOML's dates and times
        text = str(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"
