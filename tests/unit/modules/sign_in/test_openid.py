"""The listener rules of signing in, and the server's variables."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cdktf import Token

from modules.edge.listeners import Https
from modules.edge.load_balancer import LoadBalancer
from modules.sign_in.openid import SignIn
from modules.sign_in.settings import OpenIdSettings
from stacks.base import AppStack
from tests.synthesis import Json, load_balancer_in, resource, synthesize

SECRET = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:mlflow-sign-in-AbCdEf"
SETTINGS = OpenIdSettings(
    issuer="https://login.example.com",
    authorization_endpoint="https://login.example.com/authorize",
    token_endpoint="https://login.example.com/token",
    user_info_endpoint="https://login.example.com/userinfo",
    jwks_uri="https://login.example.com/jwks",
    client_id="mlflow",
    client_secret_arn=SECRET,
    audiences=("mlflow", "https://mlflow.example.com"),
    scopes=("openid", "email"),
    session_timeout_seconds=3600,
)
HTTPS = Https(
    domain_name="mlflow.example.com",
    certificate_arn="arn:aws:acm:eu-west-1:111122223333:certificate/1",
    ssl_policy="ELBSecurityPolicy-TLS13-1-2-2021-06",
)


def sign_in(stack: AppStack, load_balancer: LoadBalancer, *, version: str | None = None) -> SignIn:
    return SignIn(
        stack,
        "sign_in",
        name="mlflow-test",
        load_balancer=load_balancer,
        settings=SETTINGS.model_copy(update={"client_secret_version_id": version}),
        region="eu-west-1",
    )


def synthesized(*, version: str | None = None, path_prefix: str = "") -> Json:
    return synthesize(
        lambda stack: sign_in(
            stack, load_balancer_in(stack, https=HTTPS, path_prefix=path_prefix), version=version
        )
    )


def template(made: Json) -> Any:
    return json.loads(resource(made, "aws_cloudformation_stack.sign_in_rules")["template_body"])


def test_a_request_with_a_token_passes_as_it_came() -> None:
    rule = resource(synthesized(), "aws_lb_listener_rule.sign_in_tokens")

    assert rule["condition"] == [
        {"http_header": {"http_header_name": "Authorization", "values": ["Bearer *"]}}
    ]
    assert [action["type"] for action in rule["action"]] == ["forward"]
    assert rule["listener_arn"] == "${aws_lb_listener.load_balancer_https.arn}"


def test_sign_in_references_the_client_secret_by_arn() -> None:
    made = template(synthesized())

    assert set(made["Resources"]) == {"Programs", "People"}
    for rule in made["Resources"].values():
        authenticate, forward = rule["Properties"]["Actions"]
        config = authenticate["AuthenticateOidcConfig"]
        assert config["ClientSecret"] == f"{{{{resolve:secretsmanager:{SECRET}:SecretString}}}}"
        assert (config["Scope"], config["SessionTimeout"]) == ("openid email", 3600)
        assert forward["TargetGroupArn"] == "${aws_lb_target_group.load_balancer.arn}"
    people = made["Resources"]["People"]["Properties"]
    assert people["Conditions"][0]["PathPatternConfig"]["Values"] == ["/*"]


def test_a_version_of_the_secret_is_named_too() -> None:
    version = "1234abcd-12ab-4cd3-96ef-1234567890ab"
    people = template(synthesized(version=version))["Resources"]["People"]["Properties"]

    config = people["Actions"][0]["AuthenticateOidcConfig"]
    assert config["ClientSecret"] == f"{{{{resolve:secretsmanager:{SECRET}:SecretString:::{version}}}}}"


def test_the_order_of_the_rules() -> None:
    made = synthesized()
    terraform = {name: rule["priority"] for name, rule in made["resource"]["aws_lb_listener_rule"].items()}
    others = {name: rule["Properties"]["Priority"] for name, rule in template(made)["Resources"].items()}

    order = sorted({**terraform, **others}.items(), key=lambda item: item[1])
    assert [name for name, _ in order] == [
        "load_balancer_metrics",
        "sign_in_tokens",
        "sign_in_health",
        "Programs",
        "People",
    ]


def test_everything_is_below_the_servers_path() -> None:
    made = synthesized(path_prefix="/mlflow")

    health = resource(made, "aws_lb_listener_rule.sign_in_health")
    assert health["condition"] == [{"path_pattern": {"values": ["/mlflow/health"]}}]
    programs = template(made)["Resources"]["Programs"]["Properties"]["Conditions"][0]
    paths = programs["PathPatternConfig"]["Values"]
    assert paths[0] == "/mlflow/api/*"
    # As many as a rule can have
    assert len(paths) == 5
    assert all(path.startswith("/mlflow/") for path in paths)


def test_the_load_balancer_may_connect_to_the_provider() -> None:
    rule = resource(
        synthesized(),
        "aws_vpc_security_group_egress_rule.load_balancer_to_0_0_0_0_0_on_443",
    )

    assert (rule["from_port"], rule["to_port"], rule["cidr_ipv4"]) == (443, 443, "0.0.0.0/0")


def test_the_servers_variables() -> None:
    made: list[SignIn] = []
    synthesize(lambda stack: made.append(sign_in(stack, load_balancer_in(stack, https=HTTPS))))
    variables = dict(made[0].environment)

    assert Token.is_unresolved(variables.pop("MLFLOW_SIGN_IN_LOAD_BALANCER_ARN"))
    assert variables == {
        "MLFLOW_SIGN_IN_AUDIENCES": "mlflow,https://mlflow.example.com",
        "MLFLOW_SIGN_IN_CLIENT_ID": "mlflow",
        "MLFLOW_SIGN_IN_ISSUER": "https://login.example.com",
        "MLFLOW_SIGN_IN_JWKS_URI": "https://login.example.com/jwks",
        "MLFLOW_SIGN_IN_LOAD_BALANCER_KEYS_URL": "https://public-keys.auth.elb.eu-west-1.amazonaws.com",
    }


def test_plain_http_is_refused() -> None:
    with pytest.raises(ValueError, match="HTTPS"):
        synthesize(lambda stack: sign_in(stack, load_balancer_in(stack)))
