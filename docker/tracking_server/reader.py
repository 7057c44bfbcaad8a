"""Reads the container's environment one variable after the other, and collects everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


class ConfigError(Exception):
    """The environment is not usable; the text lists every problem with its fix."""


class Reader:
    """Values of `environ`; an empty variable counts as absent."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._problems: list[str] = []

    def problem(self, name: str, *, given: str, allowed: str, fix: str) -> None:
        self._problems.append(f"{name}\n    given:   {given}\n    allowed: {allowed}\n    fix:     {fix}")

    def raise_problems(self) -> None:
        if self._problems:
            count = "1 problem" if len(self._problems) == 1 else f"{len(self._problems)} problems"
            raise ConfigError("\n  ".join([f"The environment has {count}:", *self._problems]))

    def text(self, name: str) -> str | None:
        return self._environ.get(name, "").strip() or None

    def choice(self, name: str, values: Sequence[str]) -> str:
        """One of `values`; without the variable, the first."""
        text = self.text(name)
        if text is None or text in values:
            return text or values[0]
        self.problem(
            name,
            given=repr(text),
            allowed=", ".join(values),
            fix=f"correct it, or leave it out for {values[0]}",
        )
        return values[0]

    def integer(self, name: str, *, default: int, low: int, high: int) -> int:
        text = self.text(name)
        if text is None:
            return default
        if text.isascii() and text.isdigit() and low <= int(text) <= high:
            return int(text)
        self.problem(
            name,
            given=repr(text),
            allowed=f"a whole number from {low} to {high}",
            fix=f"correct it, or leave it out for {default}",
        )
        return default
