"""Public keys that verify signatures: fetched when they are first needed, kept for a while, never guessed."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import jwt
import requests

# What is withdrawn is refused this much later.
FRESH_SECONDS = 300.0
# While its place does not answer, a key known already is used this much longer: people go on working.
USABLE_SECONDS = 3600.0
# Tokens with invented key ids cause no more fetches than this.
MOST_FETCHES = 6
FETCHES_SECONDS = 30.0
MOST_PLACES = 16
TIMEOUT_SECONDS = 5.0
LARGEST_ANSWER = 512 * 1024

Keys = Mapping[str, jwt.PyJWK | str]
Fetch = Callable[[str], tuple[int, bytes]]

_log = logging.getLogger(__name__)


class KeysUnavailableError(Exception):
    """The keys cannot be fetched now: nothing can be verified, so every request is refused."""


class UnknownKeyError(Exception):
    """There is no such key."""


@dataclass
class _Fetched:
    keys: Keys
    at: float


class PublicKeys:
    """Keys by their id, from the place that publishes them.

    Args:
        url: where the key with an id is.
        read: the keys in an answer, by id; the id that was asked for is given too. Raises ValueError for what is none.
        absent: statuses by which the place says that it has no such key.
        fetch: gets status and body of an answer; raises OSError or ValueError where there is none.
        clock: for tests.
    """

    def __init__(
        self,
        *,
        url: Callable[[str], str],
        read: Callable[[bytes, str], Keys],
        absent: Collection[int] = (),
        fetch: Fetch,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = url
        self._read = read
        self._absent = absent
        self._fetch = fetch
        self._clock = clock
        self._places: OrderedDict[str, _Fetched] = OrderedDict()
        self._fetches: deque[float] = deque(maxlen=MOST_FETCHES)
        self._lock = asyncio.Lock()
        # Of its own: nobody could sign in while transfers of artifacts hold all of the loop's. Begun when it is needed,
        # so after the workers are forked.
        self._thread = ThreadPoolExecutor(1, "keys")

    async def get(self, key_id: str) -> jwt.PyJWK | str:
        """The key.

        Raises:
            UnknownKeyError: its place does not have it.
            KeysUnavailableError: its place does not say.
        """
        url = self._url(key_id)
        known = self._known(url, key_id, FRESH_SECONDS)
        if known is None and self._lock.locked():
            # Another request is fetching: this one uses a known key if there is one.
            known = self._known(url, key_id, USABLE_SECONDS)
        if known is not None:
            return known
        async with self._lock:
            return self._known(url, key_id, FRESH_SECONDS) or await self._asked(url, key_id)

    async def _asked(self, url: str, key_id: str) -> jwt.PyJWK | str:
        try:
            keys = await self._ask(url, key_id) if self._may_ask() else self._last_answer(url)
        except KeysUnavailableError:
            if known := self._known(url, key_id, USABLE_SECONDS):
                return known
            raise
        if key_id not in keys:
            raise UnknownKeyError(key_id)
        return keys[key_id]

    def _may_ask(self) -> bool:
        return len(self._fetches) < MOST_FETCHES or self._clock() - self._fetches[0] >= FETCHES_SECONDS

    def _last_answer(self, url: str) -> Keys:
        """One that is so new that asking again would bring the same."""
        fetched = self._places.get(url)
        if fetched is None or self._clock() - fetched.at >= FETCHES_SECONDS:
            raise KeysUnavailableError(f"{url} was asked often enough")
        return fetched.keys

    async def _ask(self, url: str, key_id: str) -> Keys:
        now = self._clock()
        self._fetches.append(now)
        try:
            status, answer = await asyncio.get_running_loop().run_in_executor(self._thread, self._fetch, url)
            if status in self._absent:
                return {}
            if status != 200:
                raise ValueError(f"it answers {status}")
            keys = self._read(answer, key_id)
        except (OSError, ValueError, jwt.PyJWTError) as error:
            _log.warning("%s gives no keys: %s", url, _in_short(error))
            raise KeysUnavailableError(url) from error
        self._places[url] = _Fetched(keys, now)
        while len(self._places) > MOST_PLACES:
            self._places.popitem(last=False)
        return keys

    def _known(self, url: str, key_id: str, seconds: float) -> jwt.PyJWK | str | None:
        fetched = self._places.get(url)
        if fetched is None or self._clock() - fetched.at >= seconds:
            return None
        return fetched.keys.get(key_id)


def fetch_over_https(url: str) -> tuple[int, bytes]:
    """Status and body of an answer; no redirect is followed."""
    with requests.get(url, timeout=TIMEOUT_SECONDS, allow_redirects=False, stream=True) as answer:
        body = b""
        for part in answer.iter_content(64 * 1024):
            body += part
            if len(body) > LARGEST_ANSWER:
                raise ValueError("the answer is too long")
        return answer.status_code, body


def issuers_keys(jwks_uri: str, *, fetch: Fetch = fetch_over_https) -> PublicKeys:
    """Those of an OpenID provider: a set, all at one address (https://www.rfc-editor.org/rfc/rfc7517#section-5)."""

    def read(answer: bytes, _: str) -> Keys:
        document = json.loads(answer)
        if not isinstance(document, dict):
            raise ValueError("the answer is no set of keys")
        found = jwt.PyJWKSet.from_dict(document)
        return {key.key_id: key for key in found if key.key_id and key.public_key_use in (None, "sig")}

    return PublicKeys(url=lambda _: jwks_uri, read=read, fetch=fetch)


def load_balancers_keys(address: str, *, fetch: Fetch = fetch_over_https) -> PublicKeys:
    """Those of the load balancers of a Region: each a PEM file of its own.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html
    """

    def read(answer: bytes, key_id: str) -> Keys:
        text = answer.decode("ascii")
        if "-----BEGIN PUBLIC KEY-----" not in text:
            raise ValueError("the answer is no public key")
        return {key_id: text}

    return PublicKeys(url=lambda key_id: f"{address}/{key_id}", read=read, absent=(403, 404), fetch=fetch)


def _in_short(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
