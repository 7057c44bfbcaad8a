"""MLflow's AI gateway is off: no route of it answers, so nobody can leave a provider's key with the server."""

from __future__ import annotations

import http.client
import json
import re

import pytest

from tests.image.replica import Replica, run

DISABLED = "The AI Gateway feature is disabled"
# Every route of the very MLflow that is in the image; paths with the names of their parameters.
LIST_ROUTES = """
import json
from mlflow.server.gateway_api import gateway_router
from mlflow.server.handlers import get_endpoints
found = {(path, method) for path, _, methods in get_endpoints() for method in methods}
found |= {(route.path, method) for route in gateway_router.routes for method in route.methods}
print("routes", json.dumps(sorted(found)))
"""
# What belongs to the gateway: endpoints and their models, keys, budgets, guardrails.
OF_THE_GATEWAY = re.compile(r"/gateway/|/(gateway-)?(budgets?|guardrails?)(/|$)")
SECRETS = "/api/3.0/mlflow/gateway/secrets"
SECRET = {"secret_name": "key", "secret_value": {"api_key": "sk-example"}, "provider": "openai"}
Route = tuple[str, str]


@pytest.fixture(scope="module")
def routes(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> list[Route]:
    listed = run(["-c", LIST_ROUTES], environment, home=tmp_path_factory.mktemp("routes"))
    found = [line for line in listed.stdout.splitlines() if line.startswith("routes ")]
    assert found, listed.stdout
    return [
        (re.sub(r"[<{][^>}]+[>}]", "1", path), method)
        for path, method in json.loads(found[0].removeprefix("routes "))
        if OF_THE_GATEWAY.search(path)
    ]


def _ask(server: Replica, route: Route) -> tuple[int, str]:
    path, method = route
    body = None if method in ("GET", "HEAD") else b"{}"
    return server.request(path, method=method, headers={"Content-Type": "application/json"}, body=body)


def test_every_route_of_the_gateway_is_closed(server: Replica, routes: list[Route]) -> None:
    assert {f"{SECRETS}/create", f"{SECRETS}/update", "/gateway/mlflow/v1/chat/completions"} <= {
        path for path, _ in routes
    }
    answers = {route: _ask(server, route) for route in routes}

    open_routes = {
        route: answer
        for route, answer in answers.items()
        if answer[0] != http.client.NOT_IMPLEMENTED or DISABLED not in answer[1]
    }
    assert open_routes == {}


def test_no_key_can_be_left_with_the_server(server: Replica) -> None:
    headers = {"Content-Type": "application/json"}
    status, text = server.request(
        f"{SECRETS}/create", method="POST", headers=headers, body=json.dumps(SECRET).encode()
    )

    assert status == http.client.NOT_IMPLEMENTED
    assert DISABLED in text and "sk-example" not in server.log


def test_server_info_reports_the_gateway_as_off(server: Replica) -> None:
    _, text = server.request("/api/3.0/mlflow/server-info")

    assert json.loads(text)["features_enabled"] == {"gateway": False}


def test_the_assistant_takes_no_key_of_a_client_elsewhere(server: Replica) -> None:
    # Given a client of another machine: to the server, a request by a proxy on its own (this test) is the client's
    headers = {"Content-Type": "application/json", "X-Forwarded-For": "203.0.113.7"}
    body = {"providers": {"mlflow_gateway": {"api_key": "sk-example", "gateway_vendor": "openai"}}}

    # When it gives MLflow's assistant a key, which would go where the gateway's are
    status, text = server.request(
        "/ajax-api/3.0/mlflow/assistant/config", method="PUT", headers=headers, body=json.dumps(body).encode()
    )

    # Then it is refused
    assert (status, "only accessible from the same host" in text) == (http.client.FORBIDDEN, True)
