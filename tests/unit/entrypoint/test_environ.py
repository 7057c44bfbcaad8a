"""A request as a WSGI application reads it, compared with Starlette's function for it."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
from tracking_server.environ import wsgi_environ
from werkzeug import Request

with warnings.catch_warnings():
    # What it is compared with is deprecated.
    warnings.simplefilter("ignore")
    from starlette.middleware.wsgi import build_environ

SCOPE = {
    "type": "http",
    "http_version": "1.1",
    "method": "POST",
    "scheme": "http",
    "path": "/api/2.0/mlflow/runs/search",
    "root_path": "",
    "query_string": b"a=1&b=%C3%A9",
    "headers": [(b"host", b"example.com")],
    "server": ("127.0.0.1", 5000),
    "client": ("10.0.0.1", 40000),
}
# Where Starlette's differs from PEP 3333, or is the stream itself.
OTHERWISE = {"SERVER_PORT", "wsgi.input", "wsgi.errors"}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"path": "/é/日本"},
        {"path": "/mlflow/a", "root_path": "/mlflow"},
        {"path": "/mlflow", "root_path": "/mlflow"},
        {"path": "/mlflowers", "root_path": "/mlflow"},
        {"path": "/mlflow/a", "root_path": "/mlflow/"},
        {"path": "/"},
        {"query_string": b""},
        {"http_version": "1.0", "scheme": "https"},
        {"client": None, "server": None},
        {"server": ("::1", 5000), "client": ("::1", 1)},
        {"headers": [(b"content-type", b"application/json"), (b"content-length", b"4")]},
        {"headers": [(b"x-one", b"1"), (b"x-two", b"2"), (b"x-one", b"3")]},
        {"headers": [(b"cookie", b"a=1"), (b"cookie", b"b=2")]},
        {"headers": [(b"x-name", "é".encode("latin-1")), (b"x-empty", b"")]},
        {"headers": []},
    ],
)
def test_wsgi_environ_equals_starlettes(changes: dict[str, Any]) -> None:
    ours = wsgi_environ({**SCOPE, **changes}, b"")
    theirs = build_environ({**SCOPE, **changes}, b"")

    assert {name: value for name, value in ours.items() if name not in OTHERWISE} == {
        name: value for name, value in theirs.items() if name not in OTHERWISE
    }
    assert ours["SERVER_PORT"] == str(theirs["SERVER_PORT"])


def test_the_body_is_read_from_its_input() -> None:
    environ = wsgi_environ({**SCOPE, "headers": [(b"content-length", b"4")]}, b"body")

    assert (environ["wsgi.input"].read(), environ["CONTENT_LENGTH"]) == (b"body", "4")


def test_flask_reads_a_body_that_came_in_chunks() -> None:
    environ = wsgi_environ({**SCOPE, "headers": [(b"transfer-encoding", b"chunked")]}, b"body")

    assert Request(environ).get_data() == b"body"


def test_a_query_may_have_any_byte() -> None:
    assert wsgi_environ({**SCOPE, "query_string": b"a=\xe9"}, b"")["QUERY_STRING"] == "a=\xe9"
