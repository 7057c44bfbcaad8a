"""Clients that try nothing twice notice neither a deployment nor a task that is taken away: `tests.load.deployment`."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.load import balancer
from tests.load.balancer import BalancerSettings, synthesized_settings
from tests.load.deployment import interrupted_task, rolling_deployment
from tests.load.stand import Stand

# So that tasks start beside the clients on two cores.
RATE = 20


@pytest.fixture(scope="module")
def settings() -> BalancerSettings:
    """The plan's, but that a test does not wait for seconds between two health checks."""
    if balancer.PROGRAM is None:
        pytest.skip("deployments behind a load balancer were not tried: haproxy is not installed")
    return replace(synthesized_settings(), interval=0.5)


def test_a_rolling_deployment_fails_no_request(stand: Stand, settings: BalancerSettings) -> None:
    seen = rolling_deployment(stand, tasks=1, settle_seconds=1, settings=settings, rate=RATE)

    assert seen.outcome.total.failures == {}
    assert seen.outcome.total.done > 0
    assert seen.kept.stored == seen.kept.acknowledged == seen.kept.sent
    assert seen.exit_statuses == (0,)


def test_task_answers_requests_after_sigterm(stand: Stand, settings: BalancerSettings) -> None:
    seen = interrupted_task(
        stand, deregistered_after_seconds=1, settle_seconds=1, settings=settings, rate=RATE
    )

    assert seen.outcome.total.failures == {}
    assert seen.kept.stored == seen.kept.acknowledged == seen.kept.sent
    assert seen.exit_status == 0
