"""Signing in at the edge: the listener rules that send people to the OpenID provider, and let programs' tokens pass."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cdktf_cdktf_provider_aws.cloudformation_stack import CloudformationStack
from cdktf_cdktf_provider_aws.lb_listener_rule import (
    LbListenerRule,
    LbListenerRuleAction,
    LbListenerRuleCondition,
    LbListenerRuleConditionHttpHeader,
    LbListenerRuleConditionPathPattern,
)
from constructs import Construct

from modules.common.task_life import HEALTH_PATH
from modules.edge.listeners import HTTPS_PORT
from modules.edge.load_balancer import LoadBalancer

# Room is left before them for rules that close what nobody may see.
TOKENS_PRIORITY = 100
HEALTH_PRIORITY = 110
PROGRAMS_PRIORITY = 120
PEOPLE_PRIORITY = 130
# What the pages of the UI and programs call; ALB takes five patterns at most in a rule.
PROGRAMS_PATHS = ("/api/*", "/ajax-api/*", "/graphql", "/v1/*", "/gateway/*")


@dataclass(frozen=True, kw_only=True)
class OpenIdProvider:
    """An OpenID provider, as its `/.well-known/openid-configuration` describes it.

    Attributes:
        issuer, authorization_endpoint, token_endpoint, user_info_endpoint, jwks_uri: https:// addresses.
    """

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    user_info_endpoint: str
    jwks_uri: str


@dataclass(frozen=True, kw_only=True)
class Client:
    """As whom the load balancer asks the provider.

    Attributes:
        client_id: the client's id.
        secret_arn: the Secrets Manager secret whose whole value is the client's secret.
        secret_version_id: the version of it to use; None is the current one, when the rules are made or changed.
        scopes: what to ask for; `openid` among it.
        session_timeout_seconds: how long a person stays signed in (1 to 604800).
    """

    client_id: str
    secret_arn: str
    secret_version_id: str | None
    scopes: Sequence[str]
    session_timeout_seconds: int


class SignIn(Construct):
    """Rules of an HTTPS listener, in this order
    (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html):

    1. A request with `Authorization: Bearer` passes as it came: the server verifies the token.
    2. The health check passes.
    3. A page's or program's call without a session is answered 401, as it could not follow a redirect to a log-in.
    4. Everyone else is sent to the provider to sign in.

    The two last hold the client's secret, which Terraform would keep in its state. So they are a CloudFormation stack,
    whose template names the secret and not its value
    (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references-secretsmanager.html).

    None of this is what keeps strangers out: the server verifies every request by itself, with `environment`.

    Args:
        name: of the stack, with a suffix.
        load_balancer: one with HTTPS; it may then connect to the provider.
        provider, client: who signs people in, and as whom the load balancer asks.
        audiences: what `aud` of programs' tokens may be.
        load_balancer_keys_url: where the Region's load balancers publish their keys.

    Attributes:
        environment: the server's variables; none is a secret.

    Raises:
        ValueError: the load balancer has plain HTTP.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        load_balancer: LoadBalancer,
        provider: OpenIdProvider,
        client: Client,
        audiences: Sequence[str],
        load_balancer_keys_url: str,
    ) -> None:
        super().__init__(scope, id)
        if not load_balancer.has_https:
            raise ValueError("A load balancer signs people in by HTTPS only; this one has plain HTTP.")
        self._load_balancer, self._provider, self._client = load_balancer, provider, client
        load_balancer.security_group.allow_to_cidr(
            "0.0.0.0/0", port=HTTPS_PORT, description="OpenID provider"
        )
        self._forward(
            "tokens",
            priority=TOKENS_PRIORITY,
            condition=LbListenerRuleCondition(
                http_header=LbListenerRuleConditionHttpHeader(
                    http_header_name="Authorization", values=["Bearer *"]
                )
            ),
        )
        self._forward(
            "health",
            priority=HEALTH_PRIORITY,
            condition=LbListenerRuleCondition(
                path_pattern=LbListenerRuleConditionPathPattern(
                    values=[f"{load_balancer.path_prefix}{HEALTH_PATH}"]
                )
            ),
        )
        self.rules = CloudformationStack(
            self, "rules", name=f"{name}-sign-in", template_body=json.dumps(self._template())
        )
        self.environment = {
            "MLFLOW_SIGN_IN_AUDIENCES": ",".join(audiences),
            "MLFLOW_SIGN_IN_CLIENT_ID": client.client_id,
            "MLFLOW_SIGN_IN_ISSUER": provider.issuer,
            "MLFLOW_SIGN_IN_JWKS_URI": provider.jwks_uri,
            "MLFLOW_SIGN_IN_LOAD_BALANCER_ARN": load_balancer.arn,
            "MLFLOW_SIGN_IN_LOAD_BALANCER_KEYS_URL": load_balancer_keys_url,
        }

    def _forward(self, id: str, *, priority: int, condition: LbListenerRuleCondition) -> None:
        LbListenerRule(
            self,
            id,
            listener_arn=self._load_balancer.listener.arn,
            priority=priority,
            condition=[condition],
            action=[
                LbListenerRuleAction(type="forward", target_group_arn=self._load_balancer.target_group_arn)
            ],
        )

    def _template(self) -> dict[str, Any]:
        """https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-elasticloadbalancingv2-listenerrule.html"""
        return {
            "AWSTemplateFormatVersion": "2010-09-09",
            "Description": "Sign-in to MLflow at its load balancer; made by Terraform, which must not see the secret",
            "Resources": {
                "Programs": self._rule(
                    PROGRAMS_PRIORITY,
                    [f"{self._load_balancer.path_prefix}{path}" for path in PROGRAMS_PATHS],
                    unauthenticated="deny",
                ),
                "People": self._rule(PEOPLE_PRIORITY, ("/*",), unauthenticated="authenticate"),
            },
        }

    def _rule(self, priority: int, paths: Sequence[str], *, unauthenticated: str) -> dict[str, Any]:
        authenticate = {
            "Issuer": self._provider.issuer,
            "AuthorizationEndpoint": self._provider.authorization_endpoint,
            "TokenEndpoint": self._provider.token_endpoint,
            "UserInfoEndpoint": self._provider.user_info_endpoint,
            "ClientId": self._client.client_id,
            "ClientSecret": self._secret_reference(),
            "Scope": " ".join(self._client.scopes),
            "SessionTimeout": self._client.session_timeout_seconds,
            "OnUnauthenticatedRequest": unauthenticated,
        }
        return {
            "Type": "AWS::ElasticLoadBalancingV2::ListenerRule",
            "Properties": {
                "ListenerArn": self._load_balancer.listener.arn,
                "Priority": priority,
                "Conditions": [{"Field": "path-pattern", "PathPatternConfig": {"Values": list(paths)}}],
                "Actions": [
                    {"Type": "authenticate-oidc", "Order": 1, "AuthenticateOidcConfig": authenticate},
                    {"Type": "forward", "Order": 2, "TargetGroupArn": self._load_balancer.target_group_arn},
                ],
            },
        }

    def _secret_reference(self) -> str:
        version = f":::{self._client.secret_version_id}" if self._client.secret_version_id else ""
        return f"{{{{resolve:secretsmanager:{self._client.secret_arn}:SecretString{version}}}}}"
