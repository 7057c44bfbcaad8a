"""What the platform synthesizes for signing in by one provider: the listener's rules, and the server's variables."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tests.image.load_balancer import Rule
from tests.synthesis import Json, resource, synthesize_platform
from tests.texts import DEMO

# Who stands for the provider: the platform calls none on another port than 443.
PROVIDER = "https://login.example.com"
SETTINGS = """\
[domain]
name = "mlflow.example.com"
hosted_zone_id = "Z0123456789EXAMPLE12"
[sign_in]
mode = "openid"
[sign_in.openid]
issuer = "{issuer}"
authorization_endpoint = "{authorization_endpoint}"
token_endpoint = "{token_endpoint}"
user_info_endpoint = "{userinfo_endpoint}"
jwks_uri = "{jwks_uri}"
client_id = "{client_id}"
client_secret_arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:mlflow-sign-in-AbCdEf"
audiences = ["{client_id}", "{api}"]
scopes = ["openid", "email"]
"""


def platform_with(metadata: Mapping[str, Any], *, client_id: str, api: str) -> Json:
    """A platform whose people and programs sign in by the provider that `metadata` describes."""
    on_443 = {name: str(value).replace(metadata["issuer"], PROVIDER) for name, value in metadata.items()}
    return synthesize_platform(DEMO + SETTINGS.format(**on_443, client_id=client_id, api=api))


def sign_in_variables(platform: Json, *, issuer: str) -> dict[str, str]:
    """Those that the task definition has for it, with the provider where it really is."""
    (container,) = json.loads(resource(platform, "aws_ecs_task_definition.service")["container_definitions"])
    named = {variable["name"]: variable["value"] for variable in container["environment"]}
    return {
        name: value.replace(PROVIDER, issuer)
        for name, value in named.items()
        if name.startswith("MLFLOW_SIGN_IN_")
    }


def rules_in(platform: Json) -> list[Rule]:
    """Those of Terraform, and those of the CloudFormation stack that Terraform makes."""
    resources = platform["resource"]
    found = [_of_terraform(rule) for rule in resources["aws_lb_listener_rule"].values()]
    for stack in resources["aws_cloudformation_stack"].values():
        template = json.loads(stack["template_body"])
        found += [_of_cloudformation(one["Properties"]) for one in template["Resources"].values()]
    return found


def _of_terraform(rule: Json) -> Rule:
    (action,) = rule["action"]
    (condition,) = rule["condition"]
    headers = condition.get("http_header")
    fixed = action["type"] == "fixed-response"
    return Rule(
        priority=rule["priority"],
        paths=condition.get("path_pattern", {}).get("values", ()),
        headers={headers["http_header_name"]: headers["values"]} if headers else {},
        answer=int(action["fixed_response"]["status_code"]) if fixed else None,
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
