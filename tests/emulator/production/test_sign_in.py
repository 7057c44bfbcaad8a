"""Signing in, as AWS has it after the apply: the rules, the secret that only they hold, and what the server is told."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from tests.emulator.environments import NOT_EMPTY_PLAN, Platform
from tests.emulator.production.conftest import STATE_BUCKET, Client, ClientSecret

ISSUER = "https://login.example.com"
PATHS = ["/api/*", "/ajax-api/*", "/graphql", "/v1/*", "/gateway/*"]


@pytest.fixture(scope="module")
def balancer(production: Platform, client: Client) -> dict[str, Any]:
    (found,) = client("elbv2").describe_load_balancers()["LoadBalancers"]
    return dict(found)


@pytest.fixture(scope="module")
def rules(balancer: dict[str, Any], client: Client) -> dict[str, dict[str, Any]]:
    """Priority → rule, of the HTTPS listener."""
    listeners = client("elbv2").describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    (https,) = (listener for listener in listeners if listener["Port"] == 443)
    described = client("elbv2").describe_rules(ListenerArn=https["ListenerArn"])["Rules"]
    return {rule["Priority"]: rule for rule in described}


def kinds(rule: dict[str, Any]) -> list[str]:
    """Of its actions, in their order."""
    return [action["Type"] for action in sorted(rule["Actions"], key=lambda action: action.get("Order", 1))]


def test_tokens_and_the_health_check_pass_without_a_redirect(rules: dict[str, dict[str, Any]]) -> None:
    (tokens,), (health,) = (rules[priority]["Conditions"] for priority in ("100", "110"))

    assert tokens["HttpHeaderConfig"] == {"HttpHeaderName": "Authorization", "Values": ["Bearer *"]}
    assert health["PathPatternConfig"]["Values"] == ["/health"]
    assert kinds(rules["100"]) == kinds(rules["110"]) == ["forward"]


@pytest.mark.parametrize(
    ("priority", "paths", "unauthenticated"), [("120", PATHS, "deny"), ("130", ["/*"], "authenticate")]
)
def test_everyone_else_signs_in(
    priority: str,
    paths: list[str],
    unauthenticated: str,
    rules: dict[str, dict[str, Any]],
    sign_in_secret: ClientSecret,
) -> None:
    rule = rules[priority]

    assert rule["Conditions"][0]["PathPatternConfig"]["Values"] == paths
    assert kinds(rule) == ["authenticate-oidc", "forward"]
    assert rule["Actions"][0]["AuthenticateOidcConfig"] == {
        "Issuer": ISSUER,
        "AuthorizationEndpoint": f"{ISSUER}/oauth2/authorize",
        "TokenEndpoint": f"{ISSUER}/oauth2/token",
        "UserInfoEndpoint": f"{ISSUER}/oauth2/userinfo",
        "ClientId": "mlflow-browsers",
        # The emulated AWS shows it; AWS does not.
        "ClientSecret": sign_in_secret.value,
        "Scope": "openid",
        "SessionTimeout": 43200,
        "OnUnauthenticatedRequest": unauthenticated,
    }


def test_after_these_there_is_nothing_that_lets_anyone_pass(rules: dict[str, dict[str, Any]]) -> None:
    # Given the rules up to the one that matches everything
    before = [rule for rule in rules.values() if rule["Priority"].isdigit() and int(rule["Priority"]) < 130]

    # Then those that forward without a sign-in are the two above
    assert {rule["Priority"] for rule in before if kinds(rule) == ["forward"]} == {"100", "110"}


def test_the_secret_is_in_neither_state_nor_plan_nor_template(
    production: Platform, client: Client, sign_in_secret: ClientSecret
) -> None:
    state = client("s3").get_object(Bucket=STATE_BUCKET, Key=production.state_key)["Body"].read().decode()
    production.plan()
    template = client("cloudformation").get_template(StackName="mlflow-production-sign-in")["TemplateBody"]
    texts = [state, json.dumps(production.planned()), json.dumps(template), *production.printed]

    assert sign_in_secret.arn in state
    assert not [text[:40] for text in texts if sign_in_secret.value in text]


def test_a_rotated_secret_changes_the_rules_in_place(production: Platform) -> None:
    version = "1234abcd-12ab-4cd3-96ef-1234567890ab"
    rotated = dataclasses.replace(
        production,
        variables={**production.variables, "MLFLOW_INFRA_SIGN_IN__CLIENT_SECRET_VERSION_ID": version},
    )
    try:
        rotated.synthesize()

        assert rotated.plan() == NOT_EMPTY_PLAN
        assert rotated.changes() == {"aws_cloudformation_stack.sign_in_rules": ["update"]}
    finally:
        production.synthesize()


def test_the_load_balancer_may_ask_the_provider(balancer: dict[str, Any], client: Client) -> None:
    (group,) = balancer["SecurityGroups"]
    described = client("ec2").describe_security_group_rules(
        Filters=[{"Name": "group-id", "Values": [group]}]
    )["SecurityGroupRules"]

    anywhere = {rule["FromPort"] for rule in described if rule["IsEgress"] and rule.get("CidrIpv4")}
    assert anywhere == {443}


def test_the_server_is_told_whom_to_believe(
    balancer: dict[str, Any], production: Platform, client: Client
) -> None:
    arn = production.outputs()["task_definition_arn"]
    task = client("ecs").describe_task_definition(taskDefinition=arn)["taskDefinition"]
    variables = {
        variable["name"]: variable["value"]
        for container in task["containerDefinitions"]
        for variable in container["environment"]
    }

    assert {name: value for name, value in variables.items() if name.startswith("MLFLOW_SIGN_IN_")} == {
        "MLFLOW_SIGN_IN_ISSUER": ISSUER,
        "MLFLOW_SIGN_IN_JWKS_URI": f"{ISSUER}/oauth2/jwks",
        "MLFLOW_SIGN_IN_CLIENT_ID": "mlflow-browsers",
        "MLFLOW_SIGN_IN_AUDIENCES": "mlflow-browsers,https://mlflow.example.com",
        "MLFLOW_SIGN_IN_LOAD_BALANCER_ARN": balancer["LoadBalancerArn"],
        "MLFLOW_SIGN_IN_LOAD_BALANCER_KEYS_URL": "https://public-keys.auth.elb.us-east-1.amazonaws.com",
    }
