"""Connections that are not tried: while the database's host does not answer, one request at a time finds that out.

Each attempt waits for a time-out and holds one of a worker's few threads; requests that queue behind it would wait for
one time-out after the other.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import TypeVar

import psycopg2

# After a timeout, and how long an attempt may take until another one is made in parallel.
PAUSE_SECONDS = 1.0
ATTEMPT_SECONDS = 5.0
# What refuses within this time answers: trying it costs nobody time.
PROMPT_SECONDS = 1.0
# How libpq shows an error of the server while a connection is made.
_SENT_BY_SERVER = "FATAL:"
Connection = TypeVar("Connection")


class NotTried(psycopg2.OperationalError):  # type: ignore[misc]
    """The host did not answer a moment ago. A database error, so that MLflow answers 503 and clients try again."""


class CircuitBreaker:
    """Decides whether a connection may be tried: for a while after a timeout, it may not.

    It has no lock, which a fork could copy while it is held: the worst that two threads do at once is one attempt more.

    Attributes:
        is_open: the host did not answer when it was tried last. Only its silence counts: an error that it sends is an
            answer, and so is a password that it refuses.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._reason = ""
        self._next_attempt = self._connected = -math.inf
        self.is_open = False

    def check(self) -> None:
        """Lets one at a time go on to an attempt while the host is silent.

        Raises:
            NotTried: it is not one's turn.
        """
        now = self._clock()
        if self.is_open:
            if now < self._next_attempt:
                raise NotTried(f"the database did not answer a moment ago: {self._reason}")
            self._next_attempt = now + ATTEMPT_SECONDS

    def attempt(self, connect: Callable[[], Connection]) -> Connection:
        """What `connect` gives; how long it takes says whether the host answers.

        Raises:
            psycopg2.OperationalError: the one of `connect`.
        """
        began = self._clock()
        try:
            connection = connect()
        except psycopg2.OperationalError as error:
            if self._clock() - began < PROMPT_SECONDS or _SENT_BY_SERVER in str(error):
                self.is_open = False
            elif self._connected < began:
                self.open(error)
            raise
        self._connected = self._clock()
        self.is_open = False
        return connection

    def open(self, error: Exception) -> None:
        """The host does not answer."""
        self._reason = str(error).strip()
        self._next_attempt = self._clock() + PAUSE_SECONDS
        self.is_open = True
