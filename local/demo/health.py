"""The load balancer's part, which no emulation plays: its health check of a task, and requests under its own name."""

from __future__ import annotations

import base64
import http.client
import time
from collections.abc import Callable, Mapping

from local.demo.report import DemoError, Step
from local.demo.task import HealthCheck

# The target group's own interval would only make people wait; all else is as it says.
POLL_SECONDS = 1.0
UNKNOWN_HOST = "attacker.example"
# Answers only to allowed hosts, unlike /health and /version.
GUARDED_PATH = "/api/2.0/mlflow/experiments/get?experiment_id=0"


def wait_until_healthy(
    check: HealthCheck, *, port: int, within_seconds: float, stopped: Callable[[], str | None], step: Step
) -> float:
    """Sends the target group's requests until as many as it wants in a row are answered as it wants.

    Args:
        within_seconds: the service's grace period: ECS replaces a task that is not healthy by then.
        stopped: why there is nothing left to ask, or None.

    Returns:
        Seconds until healthy.

    Raises:
        DemoError: the server stopped, or is not healthy in time.
    """
    passed, last = 0, "no answer yet"
    while step.seconds < within_seconds:
        if reason := stopped():
            raise DemoError(reason)
        try:
            status = request(port, check.path, host=f"127.0.0.1:{port}", timeout=check.timeout_seconds)
            last = f"{check.path} answers {status}"
            passed = passed + 1 if status in check.statuses else 0
        except (OSError, http.client.HTTPException) as error:
            passed, last = 0, f"{check.path}: {error or type(error).__name__}"
        if passed >= check.healthy_threshold:
            return step.seconds
        step.progress(f"{last}, {passed} of {check.healthy_threshold} checks passed")
        time.sleep(POLL_SECONDS)
    raise DemoError(f"not healthy within the grace period of {within_seconds:.0f} s: {last}")


def check_host_names(port: int, *, load_balancer_host: str, credentials: Mapping[str, str]) -> str:
    """That the server answers under the load balancer's name and refuses a name that is not its own.

    Raises:
        DemoError: it does not.
    """
    headers = basic_authorization(credentials)
    own = request(port, GUARDED_PATH, host=load_balancer_host, timeout=10, headers=headers)
    strange = request(port, GUARDED_PATH, host=UNKNOWN_HOST, timeout=10, headers=headers)
    if own != http.client.OK or strange != http.client.FORBIDDEN:
        raise DemoError(
            f"with the host {load_balancer_host} the server answers {own} instead of 200, "
            f"with {UNKNOWN_HOST} {strange} instead of 403"
        )
    return f"Host: {load_balancer_host} answers {own}, Host: {UNKNOWN_HOST} answers {strange}"


def basic_authorization(credentials: Mapping[str, str]) -> dict[str, str]:
    """The header that the MLflow client sends with these variables."""
    if not credentials:
        return {}
    pair = f"{credentials['MLFLOW_TRACKING_USERNAME']}:{credentials['MLFLOW_TRACKING_PASSWORD']}"
    return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}


def request(
    port: int, path: str, *, host: str, timeout: float, headers: Mapping[str, str] | None = None
) -> int:
    """The status of a GET on 127.0.0.1 with a `Host` of one's own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request("GET", path, headers={"Host": host, **(headers or {})})
        return connection.getresponse().status
    finally:
        connection.close()
