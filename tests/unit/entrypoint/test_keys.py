"""Public keys: fetched when needed, kept for a while, and asked for no more often than is good."""

from __future__ import annotations

import asyncio
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from tracking_server.keys import (
    FETCHES_SECONDS,
    FRESH_SECONDS,
    LARGEST_ANSWER,
    MOST_FETCHES,
    MOST_PLACES,
    USABLE_SECONDS,
    KeysUnavailableError,
    PublicKeys,
    UnknownKeyError,
    fetch_over_https,
    issuers_keys,
    load_balancers_keys,
)

Answer = tuple[int, bytes]


class Place:
    """Where keys are published: here, a text for each id."""

    def __init__(self, published: dict[str, str]) -> None:
        self.published = published
        self.asked: list[str] = []
        self.away = False

    def fetch(self, url: str) -> Answer:
        self.asked.append(url)
        if self.away:
            raise OSError("no route to host")
        return 200, json.dumps(self.published).encode()


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def place() -> Place:
    return Place({"a": "key a"})


@pytest.fixture
def public_keys(place: Place, clock: Clock) -> PublicKeys:
    return PublicKeys(
        url=lambda key_id: "https://login.example.com/keys",
        read=lambda answer, key_id: json.loads(answer),
        fetch=place.fetch,
        clock=clock,
    )


def get(public_keys: PublicKeys, key_id: str) -> Any:
    return asyncio.run(public_keys.get(key_id))


def test_a_key_is_fetched_once(public_keys: PublicKeys, place: Place) -> None:
    assert [get(public_keys, "a") for _ in range(3)] == ["key a"] * 3
    assert place.asked == ["https://login.example.com/keys"]


def test_a_new_key_is_fetched_at_once(public_keys: PublicKeys, place: Place) -> None:
    get(public_keys, "a")
    place.published = {"b": "key b"}

    assert get(public_keys, "b") == "key b"


def test_a_withdrawn_key_is_used_no_longer_than_it_is_fresh(
    public_keys: PublicKeys, place: Place, clock: Clock
) -> None:
    get(public_keys, "a")
    place.published = {"b": "key b"}

    clock.now += FRESH_SECONDS - 1
    assert get(public_keys, "a") == "key a"
    clock.now += 1
    with pytest.raises(UnknownKeyError):
        get(public_keys, "a")


def test_a_known_key_outlives_its_place_for_a_while(
    public_keys: PublicKeys, place: Place, clock: Clock
) -> None:
    get(public_keys, "a")
    place.away = True

    clock.now += USABLE_SECONDS - 1
    assert get(public_keys, "a") == "key a"
    clock.now += 1
    with pytest.raises(KeysUnavailableError):
        get(public_keys, "a")


def test_an_unknown_key_of_a_place_that_is_away_is_not_decided(public_keys: PublicKeys, place: Place) -> None:
    get(public_keys, "a")
    place.away = True

    with pytest.raises(KeysUnavailableError):
        get(public_keys, "b")


def test_invented_keys_cause_a_few_fetches_only(public_keys: PublicKeys, place: Place, clock: Clock) -> None:
    get(public_keys, "a")

    # Given a hundred tokens with keys that do not exist
    for number in range(100):
        with pytest.raises(UnknownKeyError):
            get(public_keys, f"invented-{number}")

    # Then the place is asked a few times, and everyone else goes on
    assert len(place.asked) == MOST_FETCHES
    assert get(public_keys, "a") == "key a"
    # and a little later it may be asked again
    place.published["b"] = "key b"
    clock.now += FETCHES_SECONDS
    assert get(public_keys, "b") == "key b"


def test_a_place_that_is_away_is_not_asked_all_the_time(public_keys: PublicKeys, place: Place) -> None:
    place.away = True

    for _ in range(50):
        with pytest.raises(KeysUnavailableError):
            get(public_keys, "a")

    assert len(place.asked) == MOST_FETCHES


def test_many_at_once_wait_for_one_fetch(public_keys: PublicKeys, place: Place) -> None:
    async def together() -> list[Any]:
        return await asyncio.gather(*(public_keys.get("a") for _ in range(20)))

    assert asyncio.run(together()) == ["key a"] * 20
    assert len(place.asked) == 1


def test_known_keys_are_used_while_one_request_fetches(clock: Clock) -> None:
    async def story() -> str:
        # Given a key that is to be asked for again, and a place that takes its time
        answered = asyncio.Event()
        loop = asyncio.get_running_loop()
        asked: list[str] = []

        def fetch(url: str) -> Answer:
            asked.append(url)
            if len(asked) == 2:
                asyncio.run_coroutine_threadsafe(answered.wait(), loop).result()
            return 200, b'{"a": "key a"}'

        slow = PublicKeys(
            url=lambda _: "https://x", read=lambda answer, _: json.loads(answer), fetch=fetch, clock=clock
        )
        await slow.get("a")
        clock.now += FRESH_SECONDS
        first = asyncio.create_task(slow.get("a"))
        while len(asked) < 2:
            await asyncio.sleep(0.01)

        # Then another request does not wait for it
        other = await asyncio.wait_for(slow.get("a"), timeout=5)
        answered.set()
        assert await first == other
        return str(other)

    assert asyncio.run(story()) == "key a"


@pytest.mark.parametrize(
    "answer",
    [(500, b"{}"), (302, b""), (404, b""), (200, b"<html>"), (200, b"[]"), (200, b'{"keys": []}')],
    ids=str,
)
def test_an_issuer_that_publishes_no_keys(answer: Answer) -> None:
    with pytest.raises(KeysUnavailableError):
        get(issuers_keys("https://login.example.com/jwks", fetch=lambda url: answer), "a")


def test_an_issuers_keys_for_signatures() -> None:
    # Given keys for signatures and for encryption, one without an id, and one of a kind nobody knows
    own = jwt.algorithms.RSAAlgorithm.to_jwk(
        rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key(), as_dict=True
    )
    published = [
        {**own, "kid": "sign", "use": "sig"},
        {**own, "kid": "encrypt", "use": "enc"},
        own,
        {"kty": "new"},
    ]
    answer = json.dumps({"keys": published}).encode()
    found = issuers_keys("https://login.example.com/jwks", fetch=lambda url: (200, answer))

    assert get(found, "sign").algorithm_name == "RS256"
    with pytest.raises(UnknownKeyError):
        get(found, "encrypt")


PEM = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"
PUBLISHED = "https://public-keys.auth.elb.eu-west-1.amazonaws.com"


def test_a_load_balancers_key_is_a_file_of_its_own() -> None:
    asked: list[str] = []

    def fetch(url: str) -> Answer:
        asked.append(url)
        return 200, PEM.encode()

    assert get(load_balancers_keys(PUBLISHED, fetch=fetch), "1f2e-3d") == PEM
    assert asked == [f"{PUBLISHED}/1f2e-3d"]


@pytest.mark.parametrize("status", [403, 404])
def test_a_key_that_no_load_balancer_has(status: int) -> None:
    with pytest.raises(UnknownKeyError):
        get(load_balancers_keys(PUBLISHED, fetch=lambda url: (status, b"")), "1f2e")


@pytest.mark.parametrize("answer", [(500, b""), (200, b"<html>"), (200, b"\xff")], ids=str)
def test_load_balancers_that_publish_no_key(answer: Answer) -> None:
    with pytest.raises(KeysUnavailableError):
        get(load_balancers_keys(PUBLISHED, fetch=lambda url: answer), "1f2e")


class Pages(BaseHTTPRequestHandler):
    """A place that sends people on, says too much, or answers."""

    def do_GET(self) -> None:
        self.send_response(302 if self.path == "/moved" else 200)
        self.send_header("Location", "/keys")
        self.end_headers()
        with suppress(ConnectionError):
            self.wfile.write(b"x" * (LARGEST_ANSWER + 1) if self.path == "/long" else b"keys")

    def log_message(self, format: str, *args: Any) -> None:
        pass


def test_fetch_follows_no_redirect_and_limits_size() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Pages) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_address[1]}"

        assert fetch_over_https(f"{address}/keys") == (200, b"keys")
        assert fetch_over_https(f"{address}/moved")[0] == 302
        with pytest.raises(ValueError, match="too long"):
            fetch_over_https(f"{address}/long")
        server.shutdown()
    with pytest.raises(OSError):
        fetch_over_https(f"{address}/keys")


def test_only_a_few_places_are_remembered(clock: Clock) -> None:
    asked: list[str] = []

    def fetch(url: str) -> Answer:
        asked.append(url)
        return 200, b"key"

    many = PublicKeys(
        url=lambda key_id: f"https://x/{key_id}",
        read=lambda answer, key_id: {key_id: answer.decode()},
        fetch=fetch,
        clock=clock,
    )
    for number in range(MOST_PLACES + 1):
        clock.now += FETCHES_SECONDS / MOST_FETCHES
        get(many, str(number))
    clock.now += FETCHES_SECONDS / MOST_FETCHES

    assert get(many, "1") == get(many, "0") == "key"
    assert len(asked) == MOST_PLACES + 2


def test_keys_do_not_wait_for_the_event_loops_threads(public_keys: PublicKeys) -> None:
    # Given transfers of artifacts that hold all of them
    end = threading.Event()

    async def main() -> Any:
        with ThreadPoolExecutor(1) as threads:
            loop = asyncio.get_running_loop()
            loop.set_default_executor(threads)
            transfer = asyncio.create_task(asyncio.to_thread(end.wait, 30))
            await asyncio.sleep(0)
            try:
                return await asyncio.wait_for(public_keys.get("a"), 5)
            finally:
                end.set()
                await transfer

    # Then a key is to be had all the same
    assert asyncio.run(main()) == "key a"
