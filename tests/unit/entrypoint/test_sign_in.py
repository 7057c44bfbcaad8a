"""The guard around MLflow's application, as an ASGI server calls it."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from tracking_server.keys import issuers_keys, load_balancers_keys
from tracking_server.sign_in import SignIn
from tracking_server.tokens import IssuersTokens, LoadBalancersTokens

ISSUER = "https://login.example.com"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Behind:
    """What is guarded; remembers what got through."""

    def __init__(self) -> None:
        self.scopes: list[Any] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.scopes.append(scope)
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b""})


@pytest.fixture
def behind() -> Behind:
    return Behind()


def asked(behind: Behind, scope: dict[str, Any], *, status: int = 200) -> list[Any]:
    """What is sent in answer, with an issuer whose keys are answered with `status`."""
    own = jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key(), as_dict=True)
    jwks = json.dumps({"keys": [{**own, "kid": "rsa"}]}).encode()
    guard = SignIn(
        behind,
        tokens=IssuersTokens(
            issuer=ISSUER,
            audiences=["mlflow"],
            keys=issuers_keys(ISSUER, fetch=lambda url: (status, jwks)),
        ),
        load_balancer=LoadBalancersTokens(
            load_balancer_arn="arn",
            issuer=ISSUER,
            client_id="mlflow",
            keys=load_balancers_keys("https://keys", fetch=lambda url: (404, b"")),
        ),
        open_path="/prefix/health",
    )
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        raise AssertionError("nothing is read of a request that is refused")

    asyncio.run(guard(scope, receive, send))
    return sent


def request(
    path: str = "/", headers: list[tuple[bytes, bytes]] | None = None, method: str = "GET"
) -> dict[str, Any]:
    return {"type": "http", "method": method, "path": path, "headers": headers or []}


def token() -> bytes:
    claims = {"iss": ISSUER, "aud": "mlflow", "exp": int(time.time()) + 60}
    return b"Bearer " + jwt.encode(claims, KEY, algorithm="RS256", headers={"kid": "rsa"}).encode()


def test_what_says_who_asks_stays_here(behind: Behind) -> None:
    headers = [
        (b"host", b"mlflow.example.com"),
        (b"Authorization", token()),
        (b"x-amzn-oidc-identity", b"ada"),
        (b"X-Amzn-Oidc-Accesstoken", b"eyJ"),
    ]

    assert asked(behind, request(headers=headers))[0]["status"] == 200
    assert behind.scopes[0]["headers"] == [(b"host", b"mlflow.example.com")]
    # nor is the server's own scope changed
    assert len(headers) == 4


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_health_is_open_below_the_prefix(method: str, behind: Behind) -> None:
    assert asked(behind, request("/prefix/health", method=method))[0]["status"] == 200
    assert asked(behind, request("/health", method=method))[0]["status"] == 401


def test_the_start_of_the_server_is_nobodys_request(behind: Behind) -> None:
    asked(behind, {"type": "lifespan"})

    assert [scope["type"] for scope in behind.scopes] == ["lifespan"]


def test_an_answer_to_head_has_no_body(behind: Behind) -> None:
    start, body = asked(behind, request(method="HEAD"))

    assert (start["status"], body["body"], behind.scopes) == (401, b"", [])
    assert int(dict(start["headers"])[b"content-length"]) > 0


def test_a_websocket_is_closed_before_it_opens(behind: Behind) -> None:
    sent = asked(behind, {"type": "websocket", "path": "/", "headers": []})

    assert (sent, behind.scopes) == ([{"type": "websocket.close", "code": 1008}], [])


def test_a_websocket_to_the_health_check_is_no_health_check(behind: Behind) -> None:
    asked(behind, {"type": "websocket", "path": "/prefix/health", "headers": []})

    assert behind.scopes == []


def test_no_keys_no_access(behind: Behind) -> None:
    start, body = asked(behind, request(headers=[(b"authorization", token())]), status=500)

    assert (start["status"], behind.scopes) == (503, [])
    assert dict(start["headers"])[b"retry-after"] == b"5"
    assert json.loads(body["body"])["error_code"] == "TEMPORARILY_UNAVAILABLE"
