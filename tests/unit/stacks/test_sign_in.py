"""Signing in across the stack: what the server is told, and what there is without it."""

from __future__ import annotations

import json

import pytest

from tests.given.plans import ENGINE_CHECK, resources, variables, waits_for
from tests.given.sign_in import DOMAIN, SECRET, table
from tests.synthesis import Json, resource, synthesize_platform
from tests.texts import DEMO, PRODUCTION, WITHOUT_SIGN_IN


@pytest.fixture(scope="module")
def signed_in() -> Json:
    return synthesize_platform(DEMO + DOMAIN + table())


def of_sign_in(synthesized: Json) -> set[str]:
    return {address for address in resources(synthesized) if ".sign_in_" in address}


def told(synthesized: Json) -> dict[str, str]:
    return {name: value for name, value in variables(synthesized).items() if "_SIGN_IN_" in name}


@pytest.mark.parametrize("lines", [DEMO, PRODUCTION], ids=["demo", "production"])
def test_with_passwords_the_load_balancer_has_no_rules(lines: str) -> None:
    synthesized = synthesize_platform(lines)

    assert of_sign_in(synthesized) == set()
    assert told(synthesized).keys() == {"MLFLOW_SIGN_IN_DEFAULT_PERMISSION", "MLFLOW_SIGN_IN_PROXIES"}


def test_without_it_there_is_nothing_of_it() -> None:
    synthesized = synthesize_platform(WITHOUT_SIGN_IN)
    (container,) = json.loads(
        resource(synthesized, "aws_ecs_task_definition.service")["container_definitions"]
    )

    assert (of_sign_in(synthesized), told(synthesized)) == (set(), {})
    assert "command" not in container


def test_server_gets_the_trusted_signers(signed_in: Json) -> None:
    assert told(signed_in) == {
        "MLFLOW_SIGN_IN_ISSUER": "https://login.example.com/tenant",
        "MLFLOW_SIGN_IN_JWKS_URI": "https://login.example.com/jwks",
        "MLFLOW_SIGN_IN_CLIENT_ID": "mlflow",
        # No other API than the load balancer's own client
        "MLFLOW_SIGN_IN_AUDIENCES": "mlflow",
        "MLFLOW_SIGN_IN_LOAD_BALANCER_ARN": "${aws_lb.load_balancer.arn}",
        "MLFLOW_SIGN_IN_LOAD_BALANCER_KEYS_URL": "https://public-keys.auth.elb.eu-west-1.amazonaws.com",
    }
    assert variables(signed_in)["MLFLOW_SERVER_ENABLE_JOB_EXECUTION"] == "false"


def test_the_secret_is_named_in_the_template_and_nowhere_else(signed_in: Json) -> None:
    template = resource(signed_in, "aws_cloudformation_stack.sign_in_rules")["template_body"]

    assert template.count(f"{{{{resolve:secretsmanager:{SECRET}:SecretString}}}}") == 2
    assert json.dumps(signed_in).count(SECRET) == 2


def test_an_apply_that_cannot_build_makes_none_of_it(signed_in: Json) -> None:
    assert of_sign_in(signed_in) <= waits_for(signed_in, ENGINE_CHECK)
    assert len(of_sign_in(signed_in)) == 3
