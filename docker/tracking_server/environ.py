"""A request as a WSGI application reads it (https://peps.python.org/pep-3333/#environ-variables).

Starlette has the same function, deprecated. This one differs where PEP 3333 does: the port is a string, and a query of
any bytes is one. A body of unknown length has its length, as all of it has been read: without it, Flask reads none.
"""

from __future__ import annotations

import io
import sys
from typing import Any

from tracking_server.asgi import Message

_OF_THE_BODY = {"CONTENT_LENGTH", "CONTENT_TYPE"}


def wsgi_environ(scope: Message, body: bytes) -> dict[str, Any]:
    """The environment of one request.

    Args:
        scope: the request (https://asgi.readthedocs.io/en/latest/specs/www.html#http-connection-scope).
        body: all of its body.
    """
    script_name, path = _latin_1(scope.get("root_path", "")), _latin_1(scope["path"])
    if path == script_name or path.startswith(script_name.rstrip("/") + "/"):
        path = path[len(script_name) :]
    host, port = scope.get("server") or ("localhost", 80)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": script_name,
        "PATH_INFO": path,
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": host,
        "SERVER_PORT": str(port),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    if client := scope.get("client"):
        environ["REMOTE_ADDR"] = client[0]
    for raw_name, raw_value in scope["headers"]:
        if raw_name == b"transfer-encoding":
            # It is decoded. Flask takes a body that still is in chunks for none.
            continue
        name, value = raw_name.decode("latin-1").upper().replace("-", "_"), raw_value.decode("latin-1")
        name = name if name in _OF_THE_BODY else f"HTTP_{name}"
        environ[name] = f"{environ[name]},{value}" if name in environ else value
    if body:
        environ["CONTENT_LENGTH"] = str(len(body))
    return environ


def _latin_1(path: str) -> str:
    """The path's bytes, each as a character, as PEP 3333 has it."""
    return path.encode().decode("latin-1")
