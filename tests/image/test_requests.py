"""Who may ask: the load balancer's name and origin, not a stranger's; health for everyone."""

from __future__ import annotations

import http.client
import json
from pathlib import Path

import pytest

from local.demo.server import free_port
from tests.image.replica import Replica, run
from tests.image.task import LOAD_BALANCER_HOST

GUARDED = "/api/2.0/mlflow/experiments/get?experiment_id=0"
SEARCH = "/api/2.0/mlflow/experiments/search"


@pytest.mark.parametrize(
    "host", [LOAD_BALANCER_HOST, f"{LOAD_BALANCER_HOST}:80", "localhost:5000", "127.0.0.1"]
)
def test_the_load_balancers_name_is_answered(host: str, server: Replica) -> None:
    assert server.status(GUARDED, headers={"Host": host}) == http.client.OK


@pytest.mark.parametrize("host", ["attacker.example", f"{LOAD_BALANCER_HOST}.attacker.example", "10.0.1.17"])
def test_another_name_is_refused(host: str, server: Replica) -> None:
    assert server.status(GUARDED, headers={"Host": host}) == http.client.FORBIDDEN


@pytest.mark.parametrize("host", ["10.0.1.17:5000", "attacker.example"])
def test_health_is_answered_to_everyone(host: str, server: Replica) -> None:
    assert server.request("/health", headers={"Host": host}) == (http.client.OK, "OK")


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        (f"http://{LOAD_BALANCER_HOST}", http.client.OK),
        ("http://attacker.example", http.client.FORBIDDEN),
        (f"http://{LOAD_BALANCER_HOST}.attacker.example", http.client.FORBIDDEN),
    ],
)
def test_a_page_may_post_to_its_own_server_only(origin: str, status: int, server: Replica) -> None:
    headers = {"Host": LOAD_BALANCER_HOST, "Origin": origin, "Content-Type": "application/json"}

    assert server.request(SEARCH, method="POST", headers=headers, body=b'{"max_results": 1}')[0] == status


def test_the_user_interface_is_served(server: Replica) -> None:
    status, page = server.request("/", headers={"Host": LOAD_BALANCER_HOST})

    assert (status, "<title>MLflow</title>" in page) == (http.client.OK, True)


def test_the_healthcheck_succeeds_while_the_server_answers(server: Replica, tmp_path: Path) -> None:
    checked = run(["-m", "tracking_server.healthcheck"], server.environment, home=tmp_path, timeout=10)

    assert (checked.returncode, checked.stdout) == (0, "")


def test_the_healthcheck_fails_with_a_reason_otherwise(server: Replica, tmp_path: Path) -> None:
    port = free_port()
    elsewhere = {**server.environment, "MLFLOW_PORT": str(port)}

    checked = run(["-m", "tracking_server.healthcheck"], elsewhere, home=tmp_path, timeout=10)

    assert checked.returncode == 1
    assert checked.stdout.startswith(f"http://127.0.0.1:{port}/health does not answer: ")


def test_server_info_tells_clients_to_use_s3_directly(server: Replica) -> None:
    status, text = server.request("/api/3.0/mlflow/server-info")

    info = json.loads(text)
    assert status == http.client.OK
    assert (info["multipart_uploads_enabled"], info["multipart_downloads_enabled"]) == (True, True)
