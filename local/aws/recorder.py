"""Writes down what is asked of the emulated AWS: one line of JSON for each request, without bodies and secrets.

It shows which operations Terraform and its provider really send, and so what a role needs that stands for them.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from local.aws.requests import has_needed_body, read_request, signed_for

# The emulator's own interface is not AWS's.
NOT_AWS = "/moto-api"

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Recorder:
    """A WSGI application around `application`.

    Args:
        application: answers the requests.
        file: a line is added to it before a request is answered.
    """

    def __init__(self, application: Application, *, file: Path) -> None:
        self._application = application
        self._output = file.open("a", encoding="utf-8")
        self._lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if not environ["PATH_INFO"].startswith(NOT_AWS):
            line = _read(environ)
            with self._lock:
                self._output.write(f"{line}\n")
                self._output.flush()
        return self._application(environ, start_response)


def _read(environ: dict[str, Any]) -> str:
    headers = {
        name.removeprefix("HTTP_").replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    query = environ.get("QUERY_STRING", "")
    body = b""
    if has_needed_body(signed_for(headers.get("authorization", ""), query)[1], query):
        # A body without a length comes in chunks, which the server puts together.
        length = environ.get("CONTENT_LENGTH") or (-1 if environ.get("wsgi.input_terminated") else 0)
        body = environ["wsgi.input"].read(int(length))
        environ["wsgi.input"] = io.BytesIO(body)
    path = environ.get("RAW_URI", environ["PATH_INFO"]).partition("?")[0]
    return read_request(
        method=environ["REQUEST_METHOD"], path=path, query=query, headers=headers, body=body
    ).line()
