"""Attempts to connect that are not made, as the host did not answer a moment ago."""

from __future__ import annotations

from collections.abc import Callable

import psycopg2
import pytest
from tracking_server.circuit_breaker import ATTEMPT_SECONDS, PAUSE_SECONDS, CircuitBreaker, NotTried


class Clock:
    """A clock that only the test moves."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


class Host:
    """A database that answers, refuses at once, or lets a client wait in vain."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.attempts = 0
        self.does: Callable[[], str] = self.answer

    def connect(self) -> str:
        self.attempts += 1
        return self.does()

    def answer(self) -> str:
        return "connection"

    def refuse(self) -> str:
        raise psycopg2.OperationalError("Connection refused")

    def be_silent(self) -> str:
        self._clock.now += 3
        raise psycopg2.OperationalError("timeout expired")


def ask(breaker: CircuitBreaker, host: Host) -> str:
    """As the dialect does it for a connection."""
    breaker.check()
    return breaker.attempt(host.connect)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def host(clock: Clock) -> Host:
    return Host(clock)


@pytest.fixture
def breaker(clock: Clock, host: Host) -> CircuitBreaker:
    """After a timeout."""
    breaker = CircuitBreaker(clock=clock)
    host.does = host.be_silent
    with pytest.raises(psycopg2.OperationalError, match="timeout expired"):
        ask(breaker, host)
    return breaker


def test_no_attempt_for_a_while_after_a_timeout(breaker: CircuitBreaker, host: Host) -> None:
    with pytest.raises(NotTried, match="did not answer a moment ago: timeout expired"):
        ask(breaker, host)

    assert host.attempts == 1


def test_one_at_a_time_tries_again(breaker: CircuitBreaker, host: Host, clock: Clock) -> None:
    # Given the pause is over
    clock.now += PAUSE_SECONDS

    def meanwhile() -> str:
        with pytest.raises(NotTried):
            ask(breaker, host)
        return host.answer()

    # When one tries, and another one wants to while it does
    host.does = meanwhile
    assert ask(breaker, host) == "connection"

    # Then only that one was made, and as it succeeded all are made again
    host.does = host.answer
    assert (ask(breaker, host), host.attempts) == ("connection", 3)


def test_hanging_attempt_does_not_block_others(breaker: CircuitBreaker, host: Host, clock: Clock) -> None:
    clock.now += PAUSE_SECONDS

    def hang() -> str:
        clock.now += ATTEMPT_SECONDS
        host.does = host.answer
        return ask(breaker, host)

    host.does = hang

    assert ask(breaker, host) == "connection"


def test_a_host_that_refuses_at_once_is_asked_by_everybody(
    breaker: CircuitBreaker, host: Host, clock: Clock
) -> None:
    clock.now += PAUSE_SECONDS
    host.does = host.refuse

    for _ in range(3):
        with pytest.raises(psycopg2.OperationalError, match="refused"):
            ask(breaker, host)

    assert host.attempts == 4


@pytest.mark.parametrize(
    "error", ["FATAL:  password authentication failed", "FATAL:  remaining connection slots are reserved"]
)
def test_late_response_counts_as_an_answer(error: str, clock: Clock, host: Host) -> None:
    breaker = CircuitBreaker(clock=clock)

    def say() -> str:
        clock.now += 5
        raise psycopg2.OperationalError(f'connection to server at "db.example" failed: {error}')

    host.does = say
    with pytest.raises(psycopg2.OperationalError):
        ask(breaker, host)

    assert not breaker.is_open


def test_timeout_while_another_connects_does_not_open_the_circuit(clock: Clock, host: Host) -> None:
    breaker = CircuitBreaker(clock=clock)

    def while_another_connects() -> str:
        clock.now += 1
        host.does = host.answer
        ask(breaker, host)
        return host.be_silent()

    host.does = while_another_connects
    with pytest.raises(psycopg2.OperationalError, match="timeout expired"):
        ask(breaker, host)

    assert not breaker.is_open


def test_time_that_is_not_the_hosts_does_not_count(clock: Clock, host: Host) -> None:
    breaker = CircuitBreaker(clock=clock)
    breaker.check()
    # When reading the secret takes its time, and fails
    clock.now += 20

    assert not breaker.is_open
    assert ask(breaker, host) == "connection"
