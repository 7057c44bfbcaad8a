"""What `service.environment` may tell the server: what the image refuses or ignores is refused at synthesis."""

from __future__ import annotations

import pytest

from modules.service.sizing import POOL_OVERFLOW as OVERFLOW
from modules.service.sizing import POOL_SIZE as SIZE
from modules.service.sizing import THREADS
from modules.service.values import UNSUITABLE_VARIABLES
from tests.environment_files import LARGE_DATABASE, Load, Refuse

FILE = "environments/test.toml:"
UNSUITABLE = [
    ("MLFLOW_UVICORN_OPTS", "--forwarded-allow-ips *", "gunicorn", "service.workers"),
    ("MLFLOW_GUNICORN_OPTS", "--threads 8", "gunicorn", "service.workers"),
    ("GUNICORN_CMD_ARGS", "--threads 8", "gunicorn", "service.workers"),
    ("MLFLOW_REGISTRY_STORE_URI", "postgresql://db/models", "one database", "leave it out"),
    ("MLFLOW_READ_REPLICA_BACKEND_STORE_URI", "postgresql://db/copy", "one database", "instance_class"),
    ("MLFLOW_ARTIFACTS_ONLY", "true", "runs", "leave it out"),
    ("MLFLOW_EXPOSE_PROMETHEUS", "/tmp/metrics", "/metrics", "container_insights"),
    ("MLFLOW_SQLALCHEMYSTORE_POOLCLASS", "NullPool", "size and overflow", "leave it out"),
    ("MLFLOW_SERVE_ARTIFACTS", "false", "through the server", "leave it out"),
    ("MLFLOW_ENABLE_REMOTE_ASSISTANT", "true", "commands", "own machine"),
]


def environment(variables: dict[str, str]) -> str:
    return "\n".join(["[service.environment]", *(f"{name} = '{value}'" for name, value in variables.items())])


@pytest.mark.parametrize(("name", "value", "problem", "fix"), UNSUITABLE)
def test_a_variable_that_the_image_refuses_or_ignores(
    refuse: Refuse, name: str, value: str, problem: str, fix: str
) -> None:
    report = refuse(environment({name: value}))

    (place,) = report.places
    assert place == f"{FILE} service.environment.{name}"
    report.says(place, name, problem, fix)


def test_every_unsuitable_variable_is_tried() -> None:
    assert {name for name, *_ in UNSUITABLE} == UNSUITABLE_VARIABLES.keys()


def test_several_variables_are_reported_at_once(refuse: Refuse) -> None:
    report = refuse(environment({name: value for name, value, *_ in UNSUITABLE}))

    assert len(report.places) == len(UNSUITABLE)


@pytest.mark.parametrize("text", ["0", "65", "-1", "4.0", "many", "٤", "9" * 5000])
def test_a_number_of_threads_that_the_image_refuses(refuse: Refuse, text: str) -> None:
    report = refuse(environment({THREADS: text}))

    (place,) = report.places
    assert place == f"{FILE} service.environment.{THREADS}"
    report.says(place, "a whole number from 1 to 64", "leave it out for 3")


@pytest.mark.parametrize(
    ("name", "text", "allowed", "fix"),
    [
        ("MLFLOW_DATABASE_WAIT_SECONDS", "0", "a whole number from 1 to 3600", "leave it out for 120"),
        ("MLFLOW_DATABASE_WAIT_SECONDS", "5m", "a whole number from 1 to 3600", "leave it out for 120"),
        ("MLFLOW_SCHEMA_WAIT_SECONDS", "86401", "a whole number from 1 to 86400", "leave it out for 1800"),
        ("MLFLOW_STATIC_PREFIX", "mlflow/", "begins with / and does not end in /", "leave it out"),
        ("MLFLOW_STATIC_PREFIX", " /mlflow", "without spaces", "correct it"),
        ("MLFLOW_STATIC_PREFIX", "m" * 500, "begins with /", "correct it"),
    ],
)
def test_a_variable_with_which_the_server_does_not_start(
    refuse: Refuse, name: str, text: str, allowed: str, fix: str
) -> None:
    report = refuse(environment({name: text}))

    assert report.places == [f"{FILE} service.environment.{name}"]
    report.says(report.places[0], "does not start", allowed, fix)


@pytest.mark.parametrize("name", ["MLFLOW_SHUTDOWN_DELAY_SECONDS", "MLFLOW_GRACEFUL_SHUTDOWN_SECONDS"])
def test_the_times_of_an_end_are_the_platforms(refuse: Refuse, name: str) -> None:
    report = refuse(environment({name: "10"}))

    assert report.places == [f"{FILE} service.environment.{name}"]
    report.says(report.places[0], f"The platform sets {name} itself")


def test_a_pool_that_could_freeze_the_server(refuse: Refuse) -> None:
    report = refuse(environment({THREADS: "8", SIZE: "9"}))

    place = f"{FILE} service.environment.{SIZE}"
    assert report.places == [place]
    report.says(
        place,
        "9 connections and 1 beyond them",
        "together 11 or more",
        f'set {SIZE} = "10"',
        f"lower {THREADS}",
    )


def test_threads_alone_bring_the_connections_they_need(load: Load) -> None:
    assert load(environment({THREADS: "64"}) + LARGE_DATABASE)
    assert load(environment({THREADS: "64", OVERFLOW: "1"}) + LARGE_DATABASE)


def test_each_number_is_reported_separately(refuse: Refuse) -> None:
    report = refuse(environment({THREADS: "many", SIZE: "0", OVERFLOW: "0"}))

    assert report.places == [f"{FILE} service.environment.{name}" for name in (THREADS, OVERFLOW, SIZE)]
