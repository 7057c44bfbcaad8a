"""The listener rules that the platform synthesizes, for the stand-in of the load balancer."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from modules.sign_in import Client, OpenIdProvider, SignIn
from tests.image.load_balancer import Rule
from tests.synthesis import Json, load_balancer_in, synthesize


def rules_in(synthesized: Json) -> list[Rule]:
    """Those of Terraform, and those of the CloudFormation stack that Terraform makes."""
    resources = synthesized["resource"]
    found = [_of_terraform(rule) for rule in resources["aws_lb_listener_rule"].values()]
    for stack in resources["aws_cloudformation_stack"].values():
        template = json.loads(stack["template_body"])
        found += [_of_cloudformation(one["Properties"]) for one in template["Resources"].values()]
    return found


def _of_terraform(rule: Json) -> Rule:
    (action,) = rule["action"]
    assert action["type"] == "forward"
    (condition,) = rule["condition"]
    headers = condition.get("http_header")
    return Rule(
        priority=rule["priority"],
        paths=condition.get("path_pattern", {}).get("values", ()),
        headers={headers["http_header_name"]: headers["values"]} if headers else {},
    )


def _of_cloudformation(rule: dict[str, Any]) -> Rule:
    authenticate, forward = rule["Actions"]
    assert (authenticate["Type"], forward["Type"]) == ("authenticate-oidc", "forward")
    (condition,) = rule["Conditions"]
    return Rule(
        priority=rule["Priority"],
        paths=condition["PathPatternConfig"]["Values"],
        unauthenticated=authenticate["AuthenticateOidcConfig"]["OnUnauthenticatedRequest"],
    )


def sign_in_alone(
    metadata: Mapping[str, Any], *, client_id: str, audiences: Sequence[str], arn: str, keys_url: str
) -> tuple[Json, dict[str, str]]:
    """The sign-in by the provider that `metadata` describes: its resources, and the server's variables."""
    made: list[SignIn] = []

    def build(stack: Any) -> None:
        made.append(
            SignIn(
                stack,
                "sign_in",
                name="mlflow-test",
                edge=load_balancer_in(stack),
                provider=OpenIdProvider(
                    issuer=metadata["issuer"],
                    authorization_endpoint=metadata["authorization_endpoint"],
                    token_endpoint=metadata["token_endpoint"],
                    user_info_endpoint=metadata["userinfo_endpoint"],
                    jwks_uri=metadata["jwks_uri"],
                ),
                client=Client(
                    client_id=client_id,
                    secret_arn="arn:aws:secretsmanager:eu-west-1:111122223333:secret:mlflow-sign-in-AbCdEf",
                    secret_version_id=None,
                    scopes=["openid", "email"],
                    session_timeout_seconds=3600,
                ),
                audiences=audiences,
                load_balancer_keys_url=keys_url,
            )
        )

    synthesized = synthesize(build)
    return synthesized, {**made[0].environment, "MLFLOW_SIGN_IN_LOAD_BALANCER_ARN": arn}
