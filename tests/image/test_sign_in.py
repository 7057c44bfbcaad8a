"""Who has signed in is let in, nobody else: a real OpenID provider, and a stand-in for the load balancer's part."""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import jwt
import pytest
import requests

from local.demo.server import free_port
from local.tls import CertificateAuthority
from tests.image import openid_provider
from tests.image.load_balancer import COOKIE, LoadBalancer, SigningKey
from tests.image.openid_provider import API, BROWSERS, PROGRAMS, OpenIdProvider
from tests.image.replica import Replica
from tests.image.sign_in_rules import platform_with, rules_in, sign_in_variables

ARN = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/mlflow-test/50dc6c495c0c9188"
ANOTHER_ARN = ARN.replace("mlflow-test", "stranger")
SEARCH = "/api/2.0/mlflow/experiments/search?max_results=1"
OF_THE_PAGES = "/ajax-api/2.0/mlflow/experiments/search?max_results=1"


@dataclass(frozen=True)
class Edge:
    """Everything that signs people in, in front of one server.

    Attributes:
        server: behind the load balancer; a request to it is one that got past the load balancer.
        ca: whom clients trust.
    """

    provider: OpenIdProvider
    balancer: LoadBalancer
    server: Replica
    ca: str

    def claims(self, **changes: Any) -> dict[str, Any]:
        """What a good token of the provider says, but for `changes`; None leaves a claim out."""
        now = int(time.time())
        good = {"iss": self.provider.issuer, "aud": API, "sub": "someone", "iat": now, "exp": now + 300}
        return {name: value for name, value in {**good, **changes}.items() if value is not None}

    def status(self, **headers: str) -> int | None:
        """Of an API request straight to the server; `_` in a header's name stands for `-`."""
        return self.server.status(
            SEARCH, headers={name.replace("_", "-"): value for name, value in headers.items()}
        )

    def with_token(self, token: str) -> int | None:
        return self.status(Authorization=f"Bearer {token}")

    def with_word(self, word: str) -> int | None:
        return self.status(x_amzn_oidc_data=word)

    def browser(self) -> requests.Session:
        session = requests.Session()
        # Else a variable of this machine would say whom to trust.
        session.trust_env = False
        session.verify = self.ca
        return session


@pytest.fixture(scope="module")
def edge(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    if reason := openid_provider.unavailable():
        pytest.skip(f"nobody can sign in: {reason}")
    folder = tmp_path_factory.mktemp("sign-in")
    authority = CertificateAuthority(folder, name="Stand-in for a public authority")
    balancer = LoadBalancer(
        port=free_port(),
        arn=ARN,
        certificate=authority.issue(["localhost"], file_name="load-balancer-keys.pem"),
        ca=authority.certificate_file,
    )
    with OpenIdProvider(
        folder, authority=authority, redirect_uri=f"{balancer.url}/oauth2/idpresponse"
    ) as provider:
        balancer.provider = provider.metadata()
        balancer.client_id, balancer.client_secret = BROWSERS, provider.secrets[BROWSERS]
        platform = platform_with(balancer.provider, client_id=BROWSERS, api=API)
        balancer.rules = rules_in(platform)
        # The platform's own variables, but that the load balancer is another one, and the authorities are not public
        variables = sign_in_variables(platform, issuer=provider.issuer) | {
            "MLFLOW_SIGN_IN_LOAD_BALANCER_ARN": ARN,
            "MLFLOW_SIGN_IN_LOAD_BALANCER_KEYS_URL": balancer.keys_url,
            "REQUESTS_CA_BUNDLE": str(authority.certificate_file),
            # Each worker keeps keys of its own, and no client chooses its worker
            "MLFLOW_WORKERS": "1",
        }
        with Replica({**environment, **variables}, log=folder / "server.log") as server:
            balancer.server_port = server.port
            server.wait_until_healthy()
            yield Edge(provider, balancer, server, str(authority.certificate_file))
    balancer.close()


def log_in(browser: requests.Session, page: requests.Response) -> requests.Response:
    """Fills in the provider's forms, as a person does, until one is back at the load balancer."""
    while "<form" in page.text:
        fields = dict(re.findall(r'<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"', page.text))
        if "password" in page.text:
            fields |= {"login": "ada", "password": "any"}
        action = re.search(r'<form[^>]*action="([^"]+)"', page.text)
        assert action, page.text
        page = browser.post(urljoin(page.url, unescape(action.group(1))), data=fields, timeout=30)
    return page


# People


def test_a_person_signs_in_and_uses_the_pages(edge: Edge) -> None:
    # Given somebody who opens the server's address
    browser = edge.browser()
    page = browser.get(f"{edge.balancer.url}/", timeout=30)
    assert page.url.startswith(edge.provider.issuer)

    # When they log in at the provider
    page = log_in(browser, page)

    # Then they are back, and the pages and what these call answer
    assert page.url == f"{edge.balancer.url}/"
    assert (page.status_code, "<title>MLflow</title>" in page.text) == (200, True)
    found = browser.get(edge.balancer.url + OF_THE_PAGES, timeout=30)
    assert (found.status_code, "experiments" in found.json()) == (200, True)
    created = browser.post(
        f"{edge.balancer.url}/ajax-api/2.0/mlflow/experiments/create",
        json={"name": f"by-hand-{time.time_ns()}"},
        timeout=30,
    )
    assert created.status_code == 200, created.text


def test_expired_session_gets_401_without_a_redirect(edge: Edge) -> None:
    answer = requests.get(edge.balancer.url + OF_THE_PAGES, cookies={COOKIE: "old"}, timeout=30)

    assert (answer.status_code, answer.history) == (401, [])


def test_forged_browser_headers_are_replaced(edge: Edge) -> None:
    browser = edge.browser()
    log_in(browser, browser.get(f"{edge.balancer.url}/", timeout=30))

    answer = browser.get(
        edge.balancer.url + OF_THE_PAGES, headers={"x-amzn-oidc-data": "invented"}, timeout=30
    )

    assert answer.status_code == 200, answer.text


# Programs


def test_a_client_with_a_token_logs_a_run_with_an_artifact(
    edge: Edge, client_settings: pytest.MonkeyPatch, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # Given a token of the provider, where the MLflow client looks for it
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", edge.provider.token())
    monkeypatch.setenv("MLFLOW_TRACKING_URI", edge.balancer.url)
    import mlflow

    client = mlflow.MlflowClient(tracking_uri=edge.balancer.url)
    experiment = client.create_experiment(f"signed-in-{time.time_ns()}")

    # When it logs a run
    run = client.create_run(experiment)
    client.log_metric(run.info.run_id, "loss", 0.5)
    client.log_text(run.info.run_id, "hello", "notes.txt")

    # Then it is there
    assert client.get_run(run.info.run_id).data.metrics == {"loss": 0.5}
    back = client.download_artifacts(run.info.run_id, "notes.txt", str(tmp_path))
    assert Path(back).read_text(encoding="utf-8") == "hello"


def test_client_without_a_token_gets_instructions(
    edge: Edge, client_settings: pytest.MonkeyPatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_TOKEN", raising=False)
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    with pytest.raises(MlflowException, match="MLFLOW_TRACKING_TOKEN"):
        MlflowClient(tracking_uri=edge.server.url).search_experiments()
    with pytest.raises(MlflowException, match="401"):
        MlflowClient(tracking_uri=edge.balancer.url).search_experiments()


def test_an_id_token_of_the_load_balancers_own_client_is_enough(edge: Edge) -> None:
    assert edge.with_token(edge.provider.key.sign(edge.claims(aud=BROWSERS))) == 200


# Nobody else


def test_health_is_open_and_nothing_beside_it(edge: Edge) -> None:
    assert edge.server.request("/health") == (200, "OK")
    assert requests.get(f"{edge.balancer.url}/health", timeout=10).text == "OK"
    assert edge.server.status("/health", method="POST") == 401
    assert requests.get(f"{edge.balancer.url}/metrics", timeout=10).status_code == 404
    for path in ("/version", "/", "/metrics", "//health", "/health/", "/health/../", "/api/2.0/health"):
        assert edge.server.status(path) == 401, path


def test_missing_token_response_says_what_is_required(edge: Edge) -> None:
    answer = requests.get(edge.server.url + SEARCH, timeout=10)

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="MLflow"'
    assert answer.json()["error_code"] == "UNAUTHENTICATED"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"exp": 1700000000}, "its time is over"),
        ({"exp": None}, "it lacks exp"),
        ({"nbf": 4100000000}, "not valid"),
        ({"aud": "https://another.example.com"}, "another server"),
        ({"aud": None}, "it lacks aud"),
        ({"iss": "https://stranger.example.com"}, "another issuer"),
        ({"iss": None}, "it lacks iss"),
    ],
)
def test_a_token_of_the_provider_for_another_time_or_place(
    changes: dict[str, Any], reason: str, edge: Edge
) -> None:
    token = edge.provider.key.sign(edge.claims(**changes))

    answer = requests.get(edge.server.url + SEARCH, headers={"Authorization": f"Bearer {token}"}, timeout=10)

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="MLflow", error="invalid_token"'
    assert reason in answer.json()["message"]
    assert token not in answer.text


def test_a_token_of_the_provider_for_another_api(edge: Edge) -> None:
    assert edge.with_token(edge.provider.token(resource="https://another.example.com")) == 401


def test_a_token_of_another_kind(edge: Edge) -> None:
    assert edge.with_token(edge.provider.key.sign(edge.claims(aud=BROWSERS), typ="logout+jwt")) == 401


def test_a_token_without_a_signature(edge: Edge) -> None:
    parts = jwt.encode(edge.claims(), "", algorithm="none", headers={"kid": edge.provider.key.key_id})

    assert edge.with_token(parts) == 401
    # Nor one whose signature was taken off
    assert edge.with_token(edge.provider.key.sign(edge.claims()).rpartition(".")[0] + ".") == 401


def test_token_signed_with_the_public_key_as_hmac_secret(edge: Edge) -> None:
    # Given the provider's public key, in each form that a verifier might take for the secret of HS256
    published = requests.get(edge.provider.metadata()["jwks_uri"], verify=edge.ca, timeout=10).text
    forms = [
        edge.provider.key.public_pem(),
        published.encode(),
        json.dumps(json.loads(published)["keys"][0]).encode(),
    ]

    for secret in forms:
        header = {"typ": "JWT", "alg": "HS256", "kid": edge.provider.key.key_id}
        assert edge.with_token(openid_provider.hs256(header, edge.claims(), secret)) == 401


def test_token_signed_by_a_stranger_with_the_providers_key_id(edge: Edge) -> None:
    assert edge.with_token(openid_provider.SigningKey(edge.provider.key.key_id).sign(edge.claims())) == 401


@pytest.mark.parametrize("name", ["jwk", "jku", "x5u"])
def test_a_token_that_brings_its_own_key(name: str, edge: Edge) -> None:
    stranger = openid_provider.SigningKey(edge.provider.key.key_id)
    own = stranger.jwk() if name == "jwk" else f"{edge.balancer.keys_url}/jwks"

    assert edge.with_token(stranger.sign(edge.claims(), **{name: own})) == 401


@pytest.mark.parametrize(
    "authorization",
    ["Bearer", "Bearer ", "Bearer x", "Bearer a.b.c", "Basic YWRhOnNlY3JldA==", "Digest x", ""],
)
def test_malformed_token_is_refused(authorization: str, edge: Edge) -> None:
    assert edge.status(Authorization=authorization) == 401


# The load balancer's word


def test_the_load_balancers_word_is_believed(edge: Edge) -> None:
    assert edge.with_word(edge.balancer.word({"sub": "ada"})) == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"signer": ANOTHER_ARN},
        {"client": PROGRAMS},
        {"iss": "https://stranger.example.com"},
        {"exp": 1700000000},
        {"exp": None},
        {"alg": "none"},
        {"alg": "HS256"},
        {"kid": "../jwks"},
        {"kid": "00000000-0000-0000-0000-000000000000"},
    ],
    ids=str,
)
def test_another_word_is_not(changes: dict[str, Any], edge: Edge) -> None:
    assert edge.with_word(edge.balancer.word({"sub": "ada"}, **changes)) == 401


def test_a_word_that_strangers_signed(edge: Edge) -> None:
    # Given a key of one's own, under the id of the load balancer's
    stranger, own = SigningKey(), edge.balancer.key
    stranger.key_id = own.key_id
    edge.balancer.key = stranger
    try:
        forged = edge.balancer.word({"sub": "ada"})
    finally:
        edge.balancer.key = own

    assert edge.with_word(forged) == 401


def test_a_word_whose_claims_were_changed(edge: Edge) -> None:
    header, _, signature = edge.balancer.word({"sub": "ada"}).split(".")
    other = base64.urlsafe_b64encode(json.dumps({"sub": "eve"}).encode()).decode()

    assert edge.with_word(f"{header}.{other}.{signature}") == 401


def test_neither_counts_in_the_others_place(edge: Edge) -> None:
    assert edge.with_word(edge.provider.token()) == 401
    assert edge.with_token(edge.balancer.word({"sub": "ada"})) == 401


# Smuggling


def test_load_balancer_header_is_ignored_when_a_token_is_sent(edge: Edge) -> None:
    # Given a word that would be believed, and a rule by which requests with a bearer pass as they came
    word = edge.balancer.word({"sub": "ada"})

    for authorization in ("Bearer nonsense", "Bearer", "Basic YWRhOnNlY3JldA=="):
        assert edge.status(Authorization=authorization, x_amzn_oidc_data=word) == 401
    answer = requests.get(
        edge.balancer.url + SEARCH,
        headers={"Authorization": "Bearer nonsense", "x-amzn-oidc-data": word},
        timeout=10,
    )
    assert answer.status_code == 401


@pytest.mark.parametrize("name", ["Authorization", "x-amzn-oidc-data"])
def test_two_of_a_kind_are_none(name: str, edge: Edge) -> None:
    good = (
        f"Bearer {edge.provider.token()}" if name == "Authorization" else edge.balancer.word({"sub": "ada"})
    )

    assert edge.server.raw([(name, good)]) == 200
    assert edge.server.raw([(name, good), (name.upper(), "nonsense")]) == 401
    assert edge.server.raw([(name, "nonsense"), (name, good)]) == 401
    assert edge.server.raw([(name, f"nonsense, {good}")]) == 401


def test_a_header_that_only_looks_alike(edge: Edge) -> None:
    word, token = edge.balancer.word({"sub": "ada"}), edge.provider.token()

    for name, value in (
        ("x_amzn_oidc_data", word),
        ("x-amzn-oidc-identity", "ada"),
        ("x-amzn-oidc-accesstoken", token),
        ("Proxy-Authorization", f"Bearer {token}"),
        ("X-Forwarded-Authorization", f"Bearer {token}"),
    ):
        assert edge.server.raw([(name, value)]) == 401, name


def test_a_websocket_is_refused(edge: Edge) -> None:
    upgrade = [
        ("Connection", "Upgrade"),
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", base64.b64encode(b"0123456789abcdef").decode()),
    ]

    assert edge.server.raw(upgrade) in (401, 403)


# Keys


def test_the_load_balancer_takes_another_key(edge: Edge) -> None:
    edge.balancer.key = SigningKey()
    edge.balancer.published[edge.balancer.key.key_id] = edge.balancer.key.pem()

    assert edge.with_word(edge.balancer.word({"sub": "ada"})) == 200


def test_the_provider_takes_another_key(edge: Edge) -> None:
    # Given a token of before
    before = edge.provider.token()
    assert edge.with_token(before) == 200

    # When the provider has another key
    edge.provider.rotate()

    # Then its new tokens are believed at once
    assert edge.with_token(edge.provider.token()) == 200


def test_unavailable_keys_refuse_new_clients(edge: Edge) -> None:
    # Given a provider that is gone, and a token whose key nobody has seen
    known = edge.provider.token()
    assert [edge.with_token(known) for _ in range(8)] == [200] * 8
    unseen = openid_provider.SigningKey("never-published").sign(edge.claims())
    edge.provider.stop()
    try:
        # When one comes with it, and others with what is known already
        answer = requests.get(
            edge.server.url + SEARCH, headers={"Authorization": f"Bearer {unseen}"}, timeout=30
        )
        assert [edge.with_token(known) for _ in range(8)] == [200] * 8
    finally:
        edge.provider.start()

    # Then it is refused for now, and the client may try again
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.json()["error_code"] == "TEMPORARILY_UNAVAILABLE"


def test_no_token_is_in_the_log(edge: Edge) -> None:
    # Given some that are believed, and some that are not
    old = edge.claims(exp=1700000000)
    tokens = [edge.provider.token(), edge.provider.key.sign(old), "not.a.token"]
    words = [edge.balancer.word({"sub": "ada"}), edge.balancer.word({"sub": "ada"}, exp=1700000000)]

    answers = [edge.with_token(token) for token in tokens] + [edge.with_word(word) for word in words]

    assert answers == [200, 401, 401, 200, 401]
    parts = [part for one in (*tokens, *words) for part in one.split(".") if len(part) > 16]
    assert not [part for part in parts if part in edge.server.log]
