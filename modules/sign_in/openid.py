"""Signing in at the edge: the listener rules that send people to the OpenID provider, and let programs' tokens pass."""

from __future__ import annotations

import json
from collections.abc import Sequence
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
from modules.sign_in.settings import OpenIdSettings
from modules.sign_in.values import load_balancer_keys_url

# Lower numbers are left for rules that block paths.
TOKENS_PRIORITY = 100
HEALTH_PRIORITY = 110
PROGRAMS_PRIORITY = 120
PEOPLE_PRIORITY = 130
# What the pages of the UI and programs call; ALB takes five patterns at most in a rule.
PROGRAMS_PATHS = ("/api/*", "/ajax-api/*", "/graphql", "/v1/*", "/gateway/*")


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
        settings: the table `sign_in.openid`: the provider, and the load balancer's client there.
        region: the load balancer's, which publishes its keys there.

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
        settings: OpenIdSettings,
        region: str,
    ) -> None:
        super().__init__(scope, id)
        if not load_balancer.has_https:
            raise ValueError("A load balancer signs people in by HTTPS only; this one has plain HTTP.")
        self._load_balancer, self._settings = load_balancer, settings
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
            "MLFLOW_SIGN_IN_AUDIENCES": ",".join(settings.accepted_audiences),
            "MLFLOW_SIGN_IN_CLIENT_ID": settings.client_id,
            "MLFLOW_SIGN_IN_ISSUER": settings.issuer,
            "MLFLOW_SIGN_IN_JWKS_URI": settings.jwks_uri,
            "MLFLOW_SIGN_IN_LOAD_BALANCER_ARN": load_balancer.arn,
            "MLFLOW_SIGN_IN_LOAD_BALANCER_KEYS_URL": load_balancer_keys_url(region),
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
            "Issuer": self._settings.issuer,
            "AuthorizationEndpoint": self._settings.authorization_endpoint,
            "TokenEndpoint": self._settings.token_endpoint,
            "UserInfoEndpoint": self._settings.user_info_endpoint,
            "ClientId": self._settings.client_id,
            "ClientSecret": self._secret_reference(),
            "Scope": " ".join(self._settings.scopes),
            "SessionTimeout": self._settings.session_timeout_seconds,
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
        version = (
            f":::{self._settings.client_secret_version_id}" if self._settings.client_secret_version_id else ""
        )
        return f"{{{{resolve:secretsmanager:{self._settings.client_secret_arn}:SecretString{version}}}}}"
