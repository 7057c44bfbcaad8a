"""What was made from what, so that nothing is made twice: a stamp file holds the hash of a step's inputs."""

from __future__ import annotations

import fcntl
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from tools.setup.progress import TOOLS

STAMPS = TOOLS / "stamps"


class Stamp:
    """A step that was done for exactly these inputs.

    Attributes:
        key: the hash of the inputs.
    """

    def __init__(self, name: str, *inputs: str) -> None:
        self._file = STAMPS / name
        self.key = hashlib.sha256("\0".join(inputs).encode()).hexdigest()

    def holds(self) -> bool:
        return self._file.exists() and self._file.read_text(encoding="utf-8") == self.key

    def set(self) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._file.write_text(self.key, encoding="utf-8")

    def forget(self) -> None:
        self._file.unlink(missing_ok=True)


@contextmanager
def locked() -> Iterator[None]:
    """One set-up at a time in this checkout: a second waits for the first and then finds it done."""
    TOOLS.mkdir(exist_ok=True)
    with (TOOLS / "lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
