"""What the server's own variables may be: numbers in a range, and the path that everything is below.

The image refuses the same when it starts (docker/tracking_server/config.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from settings.language.errors import Refusal

STATIC_PREFIX = "MLFLOW_STATIC_PREFIX"
# It becomes a part of the load balancer's paths as it is, so that spaces around it are refused, too.
PREFIX_PATTERN = re.compile(r"(/[^/{}\s]+)+")
_WHOLE_NUMBER = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True, kw_only=True)
class WholeNumber:
    """A variable that holds a whole number.

    Attributes:
        name: the variable.
        default: what the image takes where it is absent or empty.
        lowest, highest: what the image accepts.
    """

    name: str
    default: int
    lowest: int = 1
    highest: int

    def of(self, variables: Mapping[str, str]) -> int | Refusal:
        """The number, or why the server does not start with what is there."""
        text = variables.get(self.name, "").strip()
        if not text:
            return self.default
        if _WHOLE_NUMBER.fullmatch(text) and self.lowest <= int(text) <= self.highest:
            return int(text)
        return Refusal(
            "The server does not start with it.",
            f"a whole number from {self.lowest} to {self.highest}, in quotes",
            f"correct it, or leave it out for {self.default}.",
        )


WAITS = (
    WholeNumber(name="MLFLOW_DATABASE_WAIT_SECONDS", default=120, highest=3600),
    WholeNumber(name="MLFLOW_SCHEMA_WAIT_SECONDS", default=1800, highest=86400),
)


def unusable(variables: Mapping[str, str]) -> Iterator[tuple[str, Refusal]]:
    """The variables with which the server does not start, but for those that its size is computed from."""
    for wait in WAITS:
        number = wait.of(variables)
        if isinstance(number, Refusal):
            yield wait.name, number
    prefix = variables.get(STATIC_PREFIX, "")
    if prefix and not PREFIX_PATTERN.fullmatch(prefix):
        refusal = Refusal(
            f'The server does not start with "{prefix}", or the load balancer would not find it there.',
            "a path that begins with / and does not end in /, without spaces and braces, such as /mlflow",
            "correct it, or leave it out to serve at /.",
        )
        yield STATIC_PREFIX, refusal
