"""Looks at something again and again while a scenario runs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import psutil

from local.engine import EngineError


@contextmanager
def sampled(look: Callable[[], float], *, every_seconds: float) -> Iterator[list[tuple[float, float]]]:
    """Seconds since the beginning and what `look` gave, at least once, until the context ends.

    A process or container that has ended gives no sample: whether it should have is for the scenario to say.
    """
    began, samples, ended = time.monotonic(), list[tuple[float, float]](), threading.Event()

    def watch() -> None:
        while True:
            with suppress(psutil.NoSuchProcess, EngineError, OSError):
                samples.append((time.monotonic() - began, look()))
            if ended.wait(every_seconds):
                return

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield samples
    finally:
        ended.set()
        thread.join()
