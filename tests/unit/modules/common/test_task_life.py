"""The times of a task's life agree with each other and with AWS's limits."""

from __future__ import annotations

from pathlib import Path

import pytest

from modules.common import task_life as life
from modules.service.deployments import USUAL_MINUTES, service_timeouts


def test_aws_accepts_the_health_checks() -> None:
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html,
    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_HealthCheck.html"""
    assert 5 <= life.HEALTH_INTERVAL_SECONDS <= 300
    assert 2 <= life.HEALTH_TIMEOUT_SECONDS <= 120
    assert 2 <= life.HEALTHY_THRESHOLD <= 10 and 2 <= life.UNHEALTHY_THRESHOLD <= 10
    assert 5 <= life.CONTAINER_CHECK_INTERVAL_SECONDS <= 300
    assert 2 <= life.CONTAINER_CHECK_TIMEOUT_SECONDS <= 60
    assert 1 <= life.CONTAINER_CHECK_RETRIES <= 10
    assert 0 <= life.START_SECONDS <= 300


def test_a_check_ends_before_the_next_one_begins() -> None:
    assert life.HEALTH_TIMEOUT_SECONDS < life.HEALTH_INTERVAL_SECONDS
    assert life.CONTAINER_CHECK_TIMEOUT_SECONDS < life.CONTAINER_CHECK_INTERVAL_SECONDS


def test_a_healthy_task_serves_within_fifteen_seconds() -> None:
    assert life.HEALTHY_WITHIN_SECONDS <= 15


def test_the_documentation_has_the_times() -> None:
    page = (Path(__file__).parents[4] / "docs" / "service.md").read_text(encoding="utf-8")

    for row in (
        f"| a task that answers is sent requests | at most {life.HEALTHY_WITHIN_SECONDS} |",
        f"| a task that does not answer is found unhealthy, and replaced | at most {life.UNHEALTHY_WITHIN_SECONDS} |",
        f"| a task that is deregistered may finish its requests | at most {life.DEREGISTRATION_DELAY_SECONDS} |",
        f"| then, from SIGTERM to the end | at most {life.STOP_TIMEOUT_SECONDS} |",
    ):
        assert row in page


def test_a_task_that_is_busy_for_a_while_stays() -> None:
    assert life.UNHEALTHY_AFTER_SECONDS >= 20
    assert life.CONTAINER_UNHEALTHY_AFTER_SECONDS > life.HUNG_WORKER_SECONDS, (
        "gunicorn replaces the worker first"
    )


def test_body_and_statement_timeouts_are_below_the_idle_timeout() -> None:
    assert life.DEREGISTRATION_DELAY_SECONDS == life.LARGE_BODY_SECONDS + life.STATEMENT_SECONDS
    assert life.DEREGISTRATION_DELAY_SECONDS < life.STOP_TIMEOUT_SECONDS, (
        "Fargate Spot has two minutes for both"
    )


def test_the_server_ends_before_it_is_killed() -> None:
    assert life.BODY_AND_STATEMENT_SECONDS < life.GRACEFUL_SHUTDOWN_SECONDS < life.STOP_TIMEOUT_SECONDS <= 120


def test_spot_task_answers_until_it_is_deregistered() -> None:
    noticed = life.HEALTH_INTERVAL_SECONDS * life.UNHEALTHY_THRESHOLD + life.HEALTH_TIMEOUT_SECONDS

    assert noticed <= life.SHUTDOWN_DELAY_SECONDS < life.GRACEFUL_SHUTDOWN_SECONDS


@pytest.mark.parametrize("grace_period_seconds", [0, life.START_SECONDS, 3600])
def test_an_apply_waits_until_the_old_tasks_have_left(grace_period_seconds: int) -> None:
    usual = USUAL_MINUTES * 60
    assert usual > life.HEALTHY_WITHIN_SECONDS + life.LEAVING_SECONDS

    waits = service_timeouts(grace_period_seconds=grace_period_seconds, bake_minutes=0)

    create, update = (int(str(text).removesuffix("m")) * 60 for text in (waits.create, waits.update))
    assert create >= usual + grace_period_seconds + life.LEAVING_SECONDS
    assert update >= usual + 3 * grace_period_seconds + life.LEAVING_SECONDS
