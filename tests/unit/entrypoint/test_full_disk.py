"""The answer to a request for which the disk has no room; tests/image fills one."""

from __future__ import annotations

import asyncio
import errno
import json
from typing import Any

import pytest
from fastapi import FastAPI
from flask import Flask
from tracking_server.full_disk import answer_when_the_disk_is_full


@pytest.fixture
def fastapi() -> FastAPI:
    return FastAPI()


@pytest.fixture
def flask(fastapi: FastAPI) -> Flask:
    flask = Flask(__name__)
    answer_when_the_disk_is_full(fastapi, flask)

    def fail(number: int) -> str:
        raise OSError(number, "told by the system")

    flask.add_url_rule("/<int:number>", "fail", fail)
    return flask


def in_fastapi(fastapi: FastAPI, number: int) -> Any:
    handler: Any = fastapi.exception_handlers[OSError]
    return asyncio.run(handler(None, OSError(number, "told by the system")))


def test_both_applications_say_that_the_disk_is_full(fastapi: FastAPI, flask: Flask) -> None:
    of_flask = flask.test_client().get(f"/{errno.ENOSPC}")
    of_fastapi = in_fastapi(fastapi, errno.ENOSPC)

    assert (of_fastapi.status_code, of_flask.status_code) == (507, 507)
    assert json.loads(of_fastapi.body) == of_flask.json
    assert "service.ephemeral_storage_gib" in json.loads(of_fastapi.body)["message"]


def test_any_other_error_is_as_it_was(fastapi: FastAPI, flask: Flask) -> None:
    assert flask.test_client().get(f"/{errno.EACCES}").status_code == 500
    with pytest.raises(PermissionError):
        in_fastapi(fastapi, errno.EACCES)
