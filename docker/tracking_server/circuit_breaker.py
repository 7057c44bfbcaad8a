"""Connections that are not tried: while the database's host does not answer, one request at a time finds that out.

Each attempt waits for a time-out and holds one of a worker's few threads; requests that queue behind it would wait for
one time-out after the other.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

import psycopg2

# After an attempt that waited in vain, and how long an attempt may take until another one is made beside it.
PAUSE_SECONDS = 1.0
ATTEMPT_SECONDS = 5.0
# What refuses within this time answers: trying it costs nobody time.
PROMPT_SECONDS = 1.0
Connection = TypeVar("Connection")


class NotTried(psycopg2.OperationalError):  # type: ignore[misc]
    """The host did not answer a moment ago. A database error, so that MLflow answers 503 and clients try again."""


class CircuitBreaker:
    """Lets attempts to connect through, but for a while after one that waited in vain.

    It has no lock, which a fork could copy while it is held: the worst that two threads do at once is one attempt more.

    Attributes:
        is_open: the host did not answer when it was tried last.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._reason = ""
        self._next_attempt = 0.0
        self.is_open = False

    def attempt(self, connect: Callable[[], Connection]) -> Connection:
        """What `connect` gives.

        Raises:
            psycopg2.OperationalError: the one of `connect`, or `NotTried`.
        """
        began = self._clock()
        if self.is_open:
            if began < self._next_attempt:
                raise NotTried(f"the database did not answer a moment ago: {self._reason}")
            self._next_attempt = began + ATTEMPT_SECONDS
        try:
            connection = connect()
        except psycopg2.OperationalError as error:
            if self._clock() - began < PROMPT_SECONDS:
                self.is_open = False
            else:
                self.open(error)
            raise
        self.is_open = False
        return connection

    def open(self, error: Exception) -> None:
        """The host does not answer."""
        self._reason = str(error).strip()
        self._next_attempt = self._clock() + PAUSE_SECONDS
        self.is_open = True
