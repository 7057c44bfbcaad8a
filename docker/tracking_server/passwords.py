"""MLflow, for those who show a user name and its password; everyone else gets 401.

An ASGI application around MLflow's own, which looks up the user again and decides what that user may do. It is here
for three reasons: every path but the health check takes a password, also those that MLflow leaves open; a password is
compared in a thread, as MLflow would stop all requests of a worker for it on the routes of FastAPI; and attempts are
limited.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import ipaddress
import logging
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable

import anyio
from anyio.to_thread import run_sync

from tracking_server.answers import answer
from tracking_server.asgi import App, Message, Receive, Send
from tracking_server.errors import one_line

# A worker compares so many passwords at once: one takes a tenth of a second of CPU and 32 MiB.
COMPARED_AT_ONCE = 1
# Requests of a worker that wait for that. Without a limit, strangers with many addresses could keep everyone waiting.
MOST_WAITING = 200
# Less than MLflow remembers a password, so that it never compares one again within a request of FastAPI's.
REMEMBERED_SECONDS = 50
MOST_REMEMBERED = 10_000
# Wrong passwords from one address in a worker: for one user, and for all users together, as people may share it.
FAILURES_OF_A_USER, FAILURES_OF_AN_ADDRESS = 10, 100
WINDOW_SECONDS = 60
MOST_ADDRESSES = 10_000
RETRY_SECONDS = 5
LONGEST_NAME = 255

_log = logging.getLogger(__name__)
Verify = Callable[[str, str], bool]
HOW_TO = (
    "In a browser, enter user name and password; the MLflow client takes them from MLFLOW_TRACKING_USERNAME and "
    "MLFLOW_TRACKING_PASSWORD."
)


class TooManyError(Exception):
    """No password is compared now.

    Attributes:
        seconds: after which it may be tried again.
    """

    def __init__(self, reason: str, seconds: int) -> None:
        super().__init__(reason)
        self.seconds = seconds


class Passwords:
    """Lets a request through to `app` when it has a user's name and password.

    Args:
        app: the ASGI application to guard.
        verify: compares a password; runs in a thread, and may raise what a database raises.
        open_path: what everyone may read: it says that the server runs, and nothing else.
        proxies: how many proxies before the server add the client's address to `X-Forwarded-For`.
        clock: in seconds.
    """

    def __init__(
        self,
        app: App,
        *,
        verify: Verify,
        open_path: str,
        proxies: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app = app
        self._verify = verify
        self._open_path = open_path
        self._proxies = proxies
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._remembered: OrderedDict[bytes, float] = OrderedDict()
        self._failures = Failures(clock)
        self._limiter: anyio.CapacityLimiter | None = None

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or (
            scope["path"] == self._open_path and scope.get("method") in ("GET", "HEAD")
        ):
            await self._app(scope, receive, send)
            return
        given = credentials(scope["headers"])
        if given is None:
            await _unauthorized(scope, send, "The request has no user name and password in ASCII")
            return
        try:
            right = self._is_remembered(given) or await self._compare(
                given, client_network(scope, self._proxies)
            )
        except TooManyError as too_many:
            retry = (b"retry-after", str(too_many.seconds).encode())
            text = f"{too_many} Try again in {too_many.seconds} seconds."
            await answer(scope, send, status=429, code="REQUEST_LIMIT_EXCEEDED", text=text, header=retry)
        except Exception as error:
            # Whatever keeps it from being compared, nobody gets in by it.
            _log.warning("A password cannot be compared: %s: %s", type(error).__name__, one_line(error))
            text = "Your password cannot be verified now: the database does not answer. Try again."
            retry = (b"retry-after", str(RETRY_SECONDS).encode())
            await answer(scope, send, status=503, code="TEMPORARILY_UNAVAILABLE", text=text, header=retry)
        else:
            if right:
                await self._app(scope, receive, send)
            else:
                await _unauthorized(scope, send, "User name or password is wrong")

    async def _compare(self, given: tuple[str, str], address: str) -> bool:
        self._failures.check(address, given[0])
        if self._limiter is None:
            # It belongs to the event loop, which runs only now.
            self._limiter = anyio.CapacityLimiter(COMPARED_AT_ONCE)
        if self._limiter.statistics().tasks_waiting >= MOST_WAITING:
            raise TooManyError("Too many requests wait for their passwords to be compared.", RETRY_SECONDS)
        async with self._limiter:
            # Of many requests that waited, the first may have compared the same password, or the last one allowed.
            if self._is_remembered(given):
                return True
            self._failures.check(address, given[0])
            right = await run_sync(self._verify, *given)
            if right:
                self._remember(given)
            else:
                self._failures.add(address, given[0])
            return right

    def _digest(self, given: tuple[str, str]) -> bytes:
        return hmac.digest(self._key, "\0".join(given).encode(), "sha256")

    def _is_remembered(self, given: tuple[str, str]) -> bool:
        return self._remembered.get(self._digest(given), 0.0) > self._clock()

    def _remember(self, given: tuple[str, str]) -> None:
        digest = self._digest(given)
        self._remembered[digest] = self._clock() + REMEMBERED_SECONDS
        self._remembered.move_to_end(digest)
        while len(self._remembered) > MOST_REMEMBERED:
            self._remembered.popitem(last=False)


class Failures:
    """Counts wrong passwords in windows of a minute.

    Args:
        clock: in seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        # See `_keys` → the window's end, and how many.
        self._counts: OrderedDict[tuple[str, str], tuple[float, int]] = OrderedDict()

    def add(self, address: str, user: str) -> None:
        now = self._clock()
        for key in _keys(address, user):
            end, count = self._counts.get(key, (0.0, 0))
            self._counts[key] = (end, count + 1) if end > now else (now + WINDOW_SECONDS, 1)
            self._counts.move_to_end(key)
        while len(self._counts) > MOST_ADDRESSES:
            self._counts.popitem(last=False)

    def check(self, address: str, user: str) -> None:
        """Raises TooManyError where no attempt may be made."""
        now = self._clock()
        for key, most in zip(_keys(address, user), (FAILURES_OF_AN_ADDRESS, FAILURES_OF_A_USER), strict=True):
            end, count = self._counts.get(key, (0.0, 0))
            if end > now and count >= most:
                raise TooManyError("Too many wrong passwords from this address.", int(end - now) + 1)


def _keys(address: str, user: str) -> tuple[tuple[str, str], tuple[str, str]]:
    """The counters of an attempt: of the address, and of the user there. A client chooses how long a name is."""
    return (address, ""), (address, f"user {user[:LONGEST_NAME]}")


def credentials(headers: list[tuple[bytes, bytes]]) -> tuple[str, str] | None:
    """User name and password of `Authorization: Basic` (https://www.rfc-editor.org/rfc/rfc7617); None without one.

    MLflow reads ASCII only on the routes of FastAPI, and control characters are not allowed.
    """
    values = [value for name, value in headers if name.lower() == b"authorization"]
    # Of two nobody can say which one MLflow would take.
    if len(values) != 1:
        return None
    scheme, _, encoded = values[0].strip().partition(b" ")
    if scheme.lower() != b"basic":
        return None
    try:
        name, colon, password = (
            base64.b64decode(encoded.strip(), validate=True).decode("ascii").partition(":")
        )
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (name, password) if colon and name and f"{name}{password}".isprintable() else None


def client_network(scope: Message, proxies: int) -> str:
    """The client's address; of IPv6 its network of 64 bits, which is one customer's.

    Args:
        proxies: so many have added to `X-Forwarded-For`; what stands before that, the client may have invented.
    """
    client = scope.get("client") or ("", 0)
    chain = [
        part.strip()
        for name, value in scope["headers"]
        if name.lower() == b"x-forwarded-for"
        for part in value.decode("latin-1").split(",")
    ]
    address = chain[-proxies] if proxies and len(chain) >= proxies else str(client[0])
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return ""
    return str(ipaddress.ip_network((parsed, 64), strict=False)) if parsed.version == 6 else str(parsed)


async def _unauthorized(scope: Message, send: Send, reason: str) -> None:
    header = (b"www-authenticate", b'Basic realm="MLflow"')
    await answer(scope, send, status=401, code="UNAUTHENTICATED", text=f"{reason}. {HOW_TO}", header=header)


def users_verify() -> Verify:
    """Compares with MLflow's users, through MLflow's own memory, so that MLflow does not compare again."""
    from mlflow.server import auth

    def verify(name: str, password: str) -> bool:
        return auth._authenticate_cached(name, password) is not None

    return verify
