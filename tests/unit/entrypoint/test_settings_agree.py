"""The rules on settings and the image accept the same threads and connections."""

from __future__ import annotations

from itertools import product

from tracking_server.config import (
    DEFAULT_THREADS,
    SPARE_CONNECTIONS,
    UNSUPPORTED,
    ConfigError,
    read_config,
)

from stacks.settings import rules_service
from stacks.settings.container import UNSUITABLE_VARIABLES
from stacks.settings.rules import Values

NAMES = (rules_service.THREADS, rules_service.POOL_SIZE, rules_service.POOL_OVERFLOW)
NUMBERS = (
    "",
    "0",
    "1",
    "2",
    "3",
    "4",
    " 5 ",
    "6",
    "7",
    "8",
    "61",
    "64",
    "65",
    "66",
    "67",
    "1000",
    "1001",
    "1.0",
    "x",
)


def image_accepts(variables: dict[str, str]) -> bool:
    complete = {
        "MLFLOW_BACKEND_STORE_URI": "postgresql://mlflow@db.example/mlflow",
        "MLFLOW_ARTIFACTS_DESTINATION": "s3://bucket",
    }
    try:
        read_config({**complete, **variables})
    except ConfigError:
        return False
    return True


def settings_accept(variables: dict[str, str]) -> bool:
    values = Values({"service": {"environment": variables}})
    return not list(rules_service.no_pool_freezes_the_server(values))


def test_the_settings_accept_what_the_image_accepts() -> None:
    differing = []
    for numbers in product(NUMBERS, repeat=3):
        variables = dict(zip(NAMES, numbers, strict=True))
        if settings_accept(variables) != image_accepts(variables):
            differing.append(variables)

    assert differing == []


def test_what_the_image_refuses_is_refused_at_synthesis() -> None:
    harmful = {"MLFLOW_ENABLE_REMOTE_ASSISTANT", "MLFLOW_SERVE_ARTIFACTS"}

    assert UNSUITABLE_VARIABLES.keys() - harmful == set(UNSUPPORTED)


def test_the_defaults_are_the_images() -> None:
    assert (rules_service.DEFAULT_THREADS, rules_service.SPARE_CONNECTIONS) == (
        DEFAULT_THREADS,
        SPARE_CONNECTIONS,
    )
