"""An answer that got lost on its way is given again: the client's second attempt is not a second action.

SDKs name each call and count its attempts (`amz-sdk-invocation-id`). AWS makes a repeated call harmless by tokens of
its own; moto would act twice and refuse, say, a route that the first attempt has made.
https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
"""

from __future__ import annotations

import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Any

# A retry follows within seconds.
KEPT_ANSWERS = 1000

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class IdempotentRetries:
    """A WSGI application around `application`; only what succeeded is remembered."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._calls: OrderedDict[str, _Call] = OrderedDict()
        self._lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        invocation = environ.get("HTTP_AMZ_SDK_INVOCATION_ID")
        if environ["REQUEST_METHOD"] != "POST" or not invocation:
            return self._application(environ, start_response)
        call = self._call(invocation)
        # The first attempt may still be at work when the client has given it up.
        with call.lock:
            if call.body is None:
                call.make(self._application, environ)
            else:
                print(f"answered again: {environ.get('HTTP_AMZ_SDK_REQUEST')}", file=sys.stderr, flush=True)
        start_response(call.status, call.headers)
        return [call.given]

    def _call(self, invocation: str) -> _Call:
        with self._lock:
            call = self._calls.setdefault(invocation, _Call())
            while len(self._calls) > KEPT_ANSWERS:
                self._calls.popitem(last=False)
            return call


class _Call:
    """One call, however often it is attempted; `body` is there once it has succeeded."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.status = ""
        self.headers: list[tuple[str, str]] = []
        self.given = b""
        self.body: bytes | None = None

    def make(self, application: Application, environ: dict[str, Any]) -> None:
        def start_response(status: str, headers: list[tuple[str, str]], error: object = None) -> object:
            self.status, self.headers = status, headers
            return None

        answer = application(environ, start_response)
        try:
            self.given = b"".join(answer)
        finally:
            if close := getattr(answer, "close", None):
                close()
        self.body = self.given if self.status.startswith("2") else None
