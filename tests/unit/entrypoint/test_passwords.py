"""The guard in front of MLflow's users: who passes, how often a password is compared, and when attempts end."""

from __future__ import annotations

import asyncio
import base64
import json
import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from tracking_server.passwords import (
    FAILURES_OF_A_USER,
    FAILURES_OF_AN_ADDRESS,
    MOST_WAITING,
    REMEMBERED_SECONDS,
    WINDOW_SECONDS,
    Passwords,
    client_network,
    credentials,
)

Headers = list[tuple[bytes, bytes]]
ADA = ("ada", "correct-horse")


def basic(name: str, password: str) -> tuple[bytes, bytes]:
    return b"authorization", b"Basic " + base64.b64encode(f"{name}:{password}".encode())


class Server:
    """The guard around an application that answers 200, with one user and a clock that stands still."""

    def __init__(self, verify: Callable[[str, str], bool] | None = None, *, proxies: int = 0) -> None:
        self.now = 100.0
        self.compared: list[tuple[str, str]] = []
        self.passed = 0
        self._verify = verify or (lambda *given: given == ADA)
        self.guard = Passwords(
            self._app, verify=self._compare, open_path="/health", proxies=proxies, clock=lambda: self.now
        )

    def _compare(self, name: str, password: str) -> bool:
        self.compared.append((name, password))
        return self._verify(name, password)

    async def _app(self, scope: Any, receive: Any, send: Any) -> None:
        self.passed += 1
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def ask(
        self, *headers: tuple[bytes, bytes], path: str = "/api", method: str = "GET", client: str = "10.0.0.1"
    ) -> tuple[int, dict[bytes, bytes], bytes]:
        sent: list[Any] = []

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {
            "type": "http",
            "path": path,
            "method": method,
            "headers": list(headers),
            "client": (client, 1),
        }
        await self.guard(scope, None, send)  # type: ignore[arg-type]
        return sent[0]["status"], dict(sent[0]["headers"]), sent[1]["body"]

    def answers(self, *requests: Sequence[tuple[bytes, bytes]], **more: str) -> list[int]:
        async def all_of_them() -> list[int]:
            return [(await self.ask(*headers, **more))[0] for headers in requests]

        return asyncio.run(all_of_them())


def test_a_user_passes_and_the_password_is_compared_once() -> None:
    server = Server()

    assert server.answers([basic(*ADA)], [basic(*ADA)], [basic(*ADA)]) == [200, 200, 200]
    assert (server.compared, server.passed) == ([ADA], 3)


def test_a_password_is_compared_again_after_a_while() -> None:
    server = Server()
    server.answers([basic(*ADA)])
    server.now += REMEMBERED_SECONDS

    assert server.answers([basic(*ADA)]) == [200]
    assert server.compared == [ADA, ADA]


def test_many_requests_at_once_compare_the_password_once() -> None:
    server = Server()

    async def story() -> list[int]:
        return [answer[0] for answer in await asyncio.gather(*(server.ask(basic(*ADA)) for _ in range(32)))]

    assert asyncio.run(story()) == [200] * 32
    assert server.compared == [ADA]


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [(b"authorization", b"")],
        [(b"authorization", b"Basic")],
        [(b"authorization", b"Basic !!!")],
        [(b"authorization", b"Basic " + base64.b64encode(b"no colon"))],
        [(b"authorization", b"Basic " + base64.b64encode(b":no name"))],
        [(b"authorization", b"Basic " + base64.b64encode("ada:pässword".encode("latin-1")))],
        [(b"authorization", b"Bearer abc")],
        [basic("ada", "nul\0")],
        [basic("a\tb", "password")],
        [basic(*ADA), basic(*ADA)],
        [(b"x-forwarded-user", b"ada"), (b"x-mlflow-authorization", basic(*ADA)[1])],
    ],
)
def test_a_request_without_one_user_and_password_gets_401(headers: Headers) -> None:
    server = Server()
    status, answered, body = asyncio.run(server.ask(*headers))

    assert (status, server.passed, server.compared) == (401, 0, [])
    assert answered[b"www-authenticate"].startswith(b"Basic realm=")
    assert "MLFLOW_TRACKING_USERNAME" in json.loads(body)["message"]


def test_only_the_health_check_is_open() -> None:
    server = Server()

    assert server.answers([], path="/health") == [200]
    assert server.answers([], path="/health", method="HEAD") == [200]
    for path, method in (("/health", "POST"), ("/health/", "GET"), ("/HEALTH", "GET"), ("//health", "GET")):
        assert server.answers([], path=path, method=method) == [401], (path, method)


def test_websockets_are_refused() -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope: Any = {"type": "websocket", "path": "/health", "headers": []}
    asyncio.run(Server().guard(scope, None, send))  # type: ignore[arg-type]

    assert sent == [{"type": "websocket.close", "code": 1008}]


def test_wrong_passwords_end_attempts_on_that_user_from_that_address() -> None:
    server = Server()
    wrong = [[basic("ada", f"wrong-{number}")] for number in range(FAILURES_OF_A_USER + 1)]

    assert server.answers(*wrong) == [401] * FAILURES_OF_A_USER + [429]
    # Not even the right one, which would tell when a guess was right.
    assert server.answers([basic(*ADA)]) == [429]
    assert server.answers([basic(*ADA)], client="10.0.0.2") == [200]
    server.now += WINDOW_SECONDS
    assert server.answers([basic(*ADA)]) == [200]


def test_wrong_passwords_that_come_at_once_are_limited_too() -> None:
    server = Server()

    async def story() -> list[int]:
        guesses = [server.ask(basic("ada", f"wrong-{number}")) for number in range(100)]
        return [answer[0] for answer in await asyncio.gather(*guesses)]

    answers = asyncio.run(story())
    assert (answers.count(401), answers.count(429)) == (FAILURES_OF_A_USER, 90)
    assert len(server.compared) == FAILURES_OF_A_USER


def test_requests_that_wait_to_be_compared_are_limited_whatever_their_address() -> None:
    begun, end = threading.Event(), threading.Event()

    def slowly(name: str, password: str) -> bool:
        begun.set()
        return not end.wait(30)

    server = Server(slowly)

    async def story() -> list[int]:
        guesses = [
            asyncio.ensure_future(
                server.ask(basic("ada", f"wrong-{number}"), client=f"10.0.{number // 250}.{number % 250}")
            )
            for number in range(MOST_WAITING + 50)
        ]
        await asyncio.to_thread(begun.wait, 10)
        done, _ = await asyncio.wait(guesses, timeout=1)
        refused = [(await one)[0] for one in done]
        end.set()
        await asyncio.gather(*guesses)
        return refused

    assert asyncio.run(story()) == [429] * 49


def test_a_long_name_takes_little_memory() -> None:
    server = Server()
    server.answers([basic("a" * 60_000, "wrong")])

    assert max(len(user) for _, user in server.guard._failures._counts) < 300


def test_who_is_signed_in_goes_on_while_another_one_guesses() -> None:
    server = Server()
    server.answers([basic(*ADA)])
    server.answers(*[[basic("ada", f"wrong-{number}")] for number in range(FAILURES_OF_A_USER + 1)])

    assert server.answers([basic(*ADA)]) == [200]


def test_guesses_at_many_users_end_for_the_address() -> None:
    server = Server()
    guesses = [[basic(f"user-{number}", "wrong")] for number in range(FAILURES_OF_AN_ADDRESS + 1)]

    assert server.answers(*guesses)[-1] == 429
    assert len(server.compared) == FAILURES_OF_AN_ADDRESS


def test_a_database_that_is_away_lets_nobody_in(caplog: pytest.LogCaptureFixture) -> None:
    def away(name: str, password: str) -> bool:
        raise ConnectionError("could not connect to server")

    server = Server(away)
    status, answered, _ = asyncio.run(server.ask(basic(*ADA)))

    assert (status, server.passed) == (503, 0)
    assert int(answered[b"retry-after"]) > 0
    assert "could not connect to server" in caplog.text and ADA[1] not in caplog.text


def test_other_requests_are_answered_while_a_password_is_compared() -> None:
    begun, end = threading.Event(), threading.Event()

    def slowly(name: str, password: str) -> bool:
        begun.set()
        return end.wait(10)

    server = Server(slowly)

    async def story() -> tuple[int, int]:
        slow = asyncio.ensure_future(server.ask(basic(*ADA)))
        await asyncio.to_thread(begun.wait, 10)
        health = (await server.ask(path="/health"))[0]
        assert not slow.done()
        end.set()
        return health, (await slow)[0]

    assert asyncio.run(story()) == (200, 200)


@pytest.mark.parametrize(
    ("forwarded", "proxies", "address"),
    [
        ([], 0, "192.0.2.1"),
        ([b"198.51.100.7"], 0, "192.0.2.1"),
        ([b"203.0.113.9, 198.51.100.7"], 1, "198.51.100.7"),
        ([b"203.0.113.9", b"198.51.100.7"], 1, "198.51.100.7"),
        ([b"invented, 203.0.113.9, 198.51.100.7"], 2, "203.0.113.9"),
        ([], 1, "192.0.2.1"),
        ([b"not an address"], 1, ""),
        ([b"2001:db8:1:2:3:4:5:6"], 1, "2001:db8:1:2::/64"),
    ],
)
def test_the_address_is_what_the_nearest_proxies_have_added(
    forwarded: list[bytes], proxies: int, address: str
) -> None:
    scope = {"client": ("192.0.2.1", 1), "headers": [(b"x-forwarded-for", value) for value in forwarded]}

    assert client_network(scope, proxies) == address


def test_a_password_may_contain_colons() -> None:
    assert credentials([basic("ada", "a:b:c")]) == ("ada", "a:b:c")
