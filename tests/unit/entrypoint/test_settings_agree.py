"""The settings, the task definition and the image agree: on threads, connections and times."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import pytest
from tracking_server import admission, config, healthcheck
from tracking_server.config import (
    DEFAULT_THREADS,
    SPARE_CONNECTIONS,
    UNSUPPORTED,
    ConfigError,
    read_config,
)
from tracking_server.reader import Reader
from tracking_server.sign_in import HEALTH

from modules.common import aws, task_life
from modules.service import server_variables, sizing
from modules.service.settings import ServiceSettings
from modules.service.values import PLATFORM_VARIABLES, UNSUITABLE_VARIABLES
from settings.language.rules import known, violations
from stacks.environment import EnvironmentSettings
from stacks.rules import service as rules_service

NAMES = (sizing.THREADS, sizing.POOL_SIZE, sizing.POOL_OVERFLOW)
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


IMAGE = Path(__file__).parents[3] / "docker" / "tracking_server"
REQUIRED = {
    "MLFLOW_BACKEND_STORE_URI": "postgresql://mlflow@db.example/mlflow",
    "MLFLOW_ARTIFACTS_DESTINATION": "s3://bucket",
}


def image_accepts(variables: dict[str, str]) -> bool:
    try:
        read_config({**REQUIRED, **variables})
    except ConfigError:
        return False
    return True


def settings_accept(variables: dict[str, str]) -> bool:
    rules = (rules_service.no_pool_freezes_the_server, rules_service.the_server_starts)
    settings = known(EnvironmentSettings, {"service": {"environment": variables}})
    return not violations(rules, settings)


def test_settings_and_image_accept_the_same_values() -> None:
    differing = []
    for numbers in product(NUMBERS, repeat=3):
        variables = dict(zip(NAMES, numbers, strict=True))
        if settings_accept(variables) != image_accepts(variables):
            differing.append(variables)

    assert differing == []


def read_by_the_image(monkeypatch: pytest.MonkeyPatch) -> tuple[set[str], dict[str, tuple[int, int]]]:
    """The variables that the image reads, and the range of each that is a whole number."""
    texts: set[str] = set()
    ranges: dict[str, tuple[int, int]] = {}
    text, integer = Reader.text, Reader.integer

    def text_seen(self: Reader, name: str) -> str | None:
        texts.add(name)
        return text(self, name)

    def integer_seen(self: Reader, name: str, *, default: int, low: int, high: int) -> int:
        ranges[name] = (low, high)
        return integer(self, name, default=default, low=low, high=high)

    monkeypatch.setattr(Reader, "text", text_seen)
    monkeypatch.setattr(Reader, "integer", integer_seen)
    read_config(REQUIRED)
    monkeypatch.undo()
    return texts, ranges


def test_a_number_is_accepted_where_the_image_accepts_it(monkeypatch: pytest.MonkeyPatch) -> None:
    _, ranges = read_by_the_image(monkeypatch)

    assert {"MLFLOW_DATABASE_WAIT_SECONDS", "MLFLOW_SCHEMA_WAIT_SECONDS", *NAMES} <= ranges.keys()
    for name in ranges.keys() - PLATFORM_VARIABLES.keys():
        low, high = ranges[name]
        for number in (-1, 0, low - 1, low, low + 1, high - 1, high, high + 1):
            for text in (str(number), f" {number} ", f"{number}.0"):
                assert settings_accept({name: text}) == image_accepts({name: text}), f"{name}={text!r}"


def test_settings_know_every_variable_of_the_image(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    texts, ranges = read_by_the_image(monkeypatch)
    free = {"MLFLOW_DEFAULT_ARTIFACT_ROOT"}
    checked = {*NAMES, server_variables.STATIC_PREFIX, *(wait.name for wait in server_variables.WAITS)}

    known = free | checked | PLATFORM_VARIABLES.keys() | UNSUITABLE_VARIABLES.keys()
    assert (texts | ranges.keys()) - known == set()


PREFIXES = [
    "",
    "/",
    "/mlflow",
    "mlflow",
    "mlflow/",
    "/mlflow/",
    "//",
    "/a//b",
    "/a/b",
    "/{a}",
    "/a b",
    "/ä",
    "/*",
]


@pytest.mark.parametrize("prefix", PREFIXES)
def test_a_prefix_is_accepted_where_the_image_accepts_it(prefix: str) -> None:
    variables = {server_variables.STATIC_PREFIX: prefix}

    assert settings_accept(variables) == image_accepts(variables)
    assert server_variables.PREFIX_PATTERN.pattern == config._STATIC_PREFIX.pattern


def test_the_defaults_of_the_waits_are_the_images() -> None:
    read = read_config(REQUIRED)

    assert [wait.default for wait in server_variables.WAITS] == [
        read.database_wait_seconds,
        read.schema_wait_seconds,
    ]


def test_variables_refused_by_the_image_are_refused_at_synthesis() -> None:
    harmful = {"MLFLOW_ENABLE_REMOTE_ASSISTANT", "MLFLOW_SERVE_ARTIFACTS"}

    assert UNSUITABLE_VARIABLES.keys() - harmful == set(UNSUPPORTED)


def test_the_defaults_are_the_images() -> None:
    assert (sizing.DEFAULT_THREADS, sizing.SPARE_CONNECTIONS) == (DEFAULT_THREADS, SPARE_CONNECTIONS)


def accepted_workers(memory_mib: int) -> list[int | None]:
    """What `service.workers` may be with a size; None is left out."""
    fitting = [
        count
        for count in range(1, sizing.MOST_WORKERS + 1)
        if sizing.needed_memory_mib(count, False) <= memory_mib
    ]
    return [None, *fitting]


def test_requests_leave_a_connection_free_at_any_size() -> None:
    computed: set[sizing.Concurrency] = set()
    for cpu_units, sizes in aws.FARGATE_SIZES.items():
        for memory_mib, threads in product(sizes, ("", *map(str, range(1, sizing.MOST_THREADS + 1)))):
            for workers in accepted_workers(memory_mib):
                service = {
                    "cpu_units": cpu_units,
                    "memory_mib": memory_mib,
                    "workers": workers,
                    "job_execution": False,
                    "environment": {sizing.THREADS: threads},
                }
                computed.add(sizing.concurrency_of(known(ServiceSettings, service)))

    for concurrency in computed:
        runs = read_config({**REQUIRED, **concurrency.variables})
        assert (runs.workers, runs.threads) == (concurrency.workers, concurrency.threads)
        assert runs.pool_size + runs.pool_overflow == concurrency.pool
        # Two connections for one of the requests, one for each of the others.
        assert runs.threads + 1 <= concurrency.pool
    assert {concurrency.threads for concurrency in computed} == set(range(1, sizing.MOST_THREADS + 1))
    assert max(concurrency.workers for concurrency in computed) == sizing.MOST_WORKERS


def test_image_and_tasks_use_the_same_timeouts() -> None:
    gunicorn = (IMAGE / "gunicorn_settings.py").read_text(encoding="utf-8")

    assert f"-c statement_timeout={task_life.STATEMENT_SECONDS * 1000} " in gunicorn
    assert task_life.LARGE_BODY_SECONDS == admission.LARGE_BODY_SECONDS
    assert re.findall(r"^timeout = (\d+)$", gunicorn, re.MULTILINE) == [str(task_life.HUNG_WORKER_SECONDS)]
    assert read_config(REQUIRED).graceful_shutdown_seconds == task_life.GRACEFUL_SHUTDOWN_SECONDS
    delay = str(task_life.SHUTDOWN_DELAY_SECONDS)
    assert image_accepts({"MLFLOW_SHUTDOWN_DELAY_SECONDS": delay}), delay
    assert healthcheck.TIMEOUT_SECONDS < task_life.CONTAINER_CHECK_TIMEOUT_SECONDS


def test_the_image_and_the_server_have_the_same_health_check() -> None:
    image = (Path(__file__).parents[3] / "docker" / "Dockerfile").read_text(encoding="utf-8")

    assert (
        f"HEALTHCHECK --interval={task_life.CONTAINER_CHECK_INTERVAL_SECONDS}s "
        f"--timeout={task_life.CONTAINER_CHECK_TIMEOUT_SECONDS}s --retries={task_life.CONTAINER_CHECK_RETRIES} "
        f"--start-period={task_life.START_SECONDS}s"
    ) in image
    assert task_life.HEALTH_PATH == HEALTH
