"""Signing in, as AWS has it after the apply: the rules, and the secret that only they hold.

The other environment here has no way to an OpenID provider; so this is one beside it, of which the load balancer alone
is applied.
"""

from __future__ import annotations

import dataclasses
import json
import secrets
from collections.abc import Iterator
from typing import Any

import pytest

from local.aws.account import EmulatedAws
from tests.emulator.environments import EMPTY_PLAN, NOT_EMPTY_PLAN, Platform, variables_in
from tests.emulator.production.conftest import APPLY, DESTROY, STATE_BUCKET, Client, what_is_left
from tests.emulator.production.sign_in.settings import ISSUER, SETTINGS

STACK = "mlflow-signin-sign-in"
PATHS = ["/api/*", "/ajax-api/*", "/graphql", "/v1/*", "/gateway/*"]
SIGN_IN = tuple(
    f"-target={address}"
    for address in (
        "aws_cloudformation_stack.sign_in_rules",
        "aws_lb_listener_rule.load_balancer_metrics",
        "aws_lb_listener_rule.sign_in_health",
        "aws_lb_listener_rule.sign_in_tokens",
        "aws_vpc_security_group_egress_rule.load_balancer_to_0_0_0_0_0_on_443",
    )
)


def plan(platform: Platform) -> int:
    options = ("-detailed-exitcode", "-input=false", "-no-color", "-out=plan.bin")
    return platform.terraform("plan", *options, *SIGN_IN, ends_with=(EMPTY_PLAN, NOT_EMPTY_PLAN)).returncode


@pytest.fixture(scope="module")
def client_secret() -> str:
    """What the load balancer proves itself with to the provider."""
    return secrets.token_urlsafe(32)


@pytest.fixture(scope="module")
def platform(
    account: EmulatedAws,
    their_buckets: tuple[str, ...],
    client: Client,
    client_secret: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Platform]:
    """An environment of which only the load balancer and its rules are applied."""
    acm, secrets_manager = client("acm"), client("secretsmanager")
    certificate = acm.request_certificate(DomainName="signin.example.com", ValidationMethod="DNS")
    secret = secrets_manager.create_secret(Name="sign-in-client", SecretString=client_secret)
    ours = Platform("signin", tmp_path_factory.mktemp("signin"), variables_in(account))
    ours.write(SETTINGS.format(certificate_arn=certificate["CertificateArn"], secret_arn=secret["ARN"]))
    ours.synthesize()
    ours.terraform("init", "-input=false", "-no-color")
    ours.terraform(*APPLY, *SIGN_IN)
    yield ours
    ours.terraform(*DESTROY)
    assert STACK not in str(client("cloudformation").list_stacks(StackStatusFilter=["CREATE_COMPLETE"]))
    acm.delete_certificate(CertificateArn=certificate["CertificateArn"])
    secrets_manager.delete_secret(SecretId=secret["ARN"], ForceDeleteWithoutRecovery=True)
    assert what_is_left(account) == []


@pytest.fixture(scope="module")
def balancer(platform: Platform, client: Client) -> dict[str, Any]:
    (found,) = client("elbv2").describe_load_balancers(Names=["mlflow-signin"])["LoadBalancers"]
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


def test_the_second_plan_is_empty(platform: Platform) -> None:
    assert plan(platform) == EMPTY_PLAN, platform.changes()


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
    client_secret: str,
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
        "ClientSecret": client_secret,
        "Scope": "openid",
        "SessionTimeout": 43200,
        "OnUnauthenticatedRequest": unauthenticated,
    }


def test_nothing_else_lets_anyone_pass_before_these(rules: dict[str, dict[str, Any]]) -> None:
    before = [rule for rule in rules.values() if rule["Priority"].isdigit() and int(rule["Priority"]) < 130]

    assert {rule["Priority"] for rule in before if kinds(rule) == ["forward"]} == {"100", "110"}


def test_the_secret_is_in_neither_state_nor_plan_nor_template(
    platform: Platform, client: Client, client_secret: str
) -> None:
    state = client("s3").get_object(Bucket=STATE_BUCKET, Key=platform.state_key)["Body"].read().decode()
    plan(platform)
    template = client("cloudformation").get_template(StackName=STACK)["TemplateBody"]
    texts = [state, json.dumps(platform.planned()), json.dumps(template), *platform.printed]

    assert ":secret:sign-in-client-" in state
    assert not [text[:40] for text in texts if client_secret in text]


def test_a_rotated_secret_changes_the_rules_in_place(platform: Platform) -> None:
    version = "1234abcd-12ab-4cd3-96ef-1234567890ab"
    rotated = dataclasses.replace(
        platform,
        variables={**platform.variables, "MLFLOW_INFRA_SIGN_IN__OPENID__CLIENT_SECRET_VERSION_ID": version},
    )
    try:
        rotated.synthesize()

        assert plan(rotated) == NOT_EMPTY_PLAN
        assert rotated.changes() == {"aws_cloudformation_stack.sign_in_rules": ["update"]}
    finally:
        platform.synthesize()


def test_the_load_balancer_may_ask_the_provider(balancer: dict[str, Any], client: Client) -> None:
    (group,) = balancer["SecurityGroups"]
    described = client("ec2").describe_security_group_rules(
        Filters=[{"Name": "group-id", "Values": [group]}]
    )["SecurityGroupRules"]

    anywhere = [(rule["FromPort"], rule["CidrIpv4"]) for rule in described if rule["IsEgress"]]
    assert anywhere == [(443, "0.0.0.0/0")]
