"""The load balancer's listeners: HTTPS with HTTP redirected to it, or plain HTTP; and what nobody gets by either."""

from __future__ import annotations

from dataclasses import dataclass

from cdktf_cdktf_provider_aws.lb_listener import (
    LbListener,
    LbListenerDefaultAction,
    LbListenerDefaultActionRedirect,
)
from cdktf_cdktf_provider_aws.lb_listener_rule import (
    LbListenerRule,
    LbListenerRuleAction,
    LbListenerRuleActionFixedResponse,
    LbListenerRuleCondition,
    LbListenerRuleConditionPathPattern,
)
from constructs import Construct

HTTP_PORT = 80
HTTPS_PORT = 443
# A year. Not for subdomains, which need not be ours.
STRICT_TRANSPORT_SECURITY = "max-age=31536000"
# First of all rules: nothing that is added later can let it through.
METRICS_PRIORITY = 1
METRICS_PATH = "/metrics"


@dataclass(frozen=True, kw_only=True)
class Https:
    """A name and what proves it.

    Attributes:
        domain_name: the name in lower case, as clients send it in `Host`.
        certificate_arn: of a certificate for it, in the load balancer's region.
        ssl_policy: the TLS versions and ciphers
            (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html).
        additional_names: others that the certificate is for, and clients may use.
    """

    domain_name: str
    certificate_arn: str
    ssl_policy: str
    additional_names: tuple[str, ...] = ()


def plain_http(scope: Construct, *, load_balancer_arn: str, target_group_arn: str) -> LbListener:
    """A listener on port 80 that forwards to the tasks."""
    return LbListener(
        scope,
        "http",
        load_balancer_arn=load_balancer_arn,
        protocol="HTTP",
        port=HTTP_PORT,
        default_action=[LbListenerDefaultAction(type="forward", target_group_arn=target_group_arn)],
    )


def redirected_https(
    scope: Construct, https: Https, *, load_balancer_arn: str, target_group_arn: str
) -> LbListener:
    """A listener on port 443 that forwards to the tasks, and one on port 80 that redirects to it.

    Responses tell browsers to use only HTTPS from then on (HSTS), and do not name the server software
    (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/header-modification.html).
    """
    LbListener(
        scope,
        "http",
        load_balancer_arn=load_balancer_arn,
        protocol="HTTP",
        port=HTTP_PORT,
        default_action=[
            LbListenerDefaultAction(
                type="redirect",
                redirect=LbListenerDefaultActionRedirect(
                    # The load balancer's own name is not in the certificate.
                    host=https.domain_name,
                    port=str(HTTPS_PORT),
                    protocol="HTTPS",
                    status_code="HTTP_301",
                ),
            )
        ],
        routing_http_response_server_enabled=False,
    )
    return LbListener(
        scope,
        "https",
        load_balancer_arn=load_balancer_arn,
        protocol="HTTPS",
        port=HTTPS_PORT,
        certificate_arn=https.certificate_arn,
        ssl_policy=https.ssl_policy,
        default_action=[LbListenerDefaultAction(type="forward", target_group_arn=target_group_arn)],
        routing_http_response_server_enabled=False,
        routing_http_response_strict_transport_security_header_value=STRICT_TRANSPORT_SECURITY,
        routing_http_response_x_content_type_options_header_value="nosniff",
    )


def hide_metrics(scope: Construct, listener: LbListener, *, path_prefix: str) -> LbListenerRule:
    """Answers 404 where a server that exposes Prometheus' metrics would give them to everybody
    (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-condition-types.html#path-conditions)."""
    paths = dict.fromkeys((METRICS_PATH, f"{path_prefix}{METRICS_PATH}"))
    return LbListenerRule(
        scope,
        "metrics",
        listener_arn=listener.arn,
        priority=METRICS_PRIORITY,
        condition=[
            LbListenerRuleCondition(
                path_pattern=LbListenerRuleConditionPathPattern(
                    values=[pattern for path in paths for pattern in (path, f"{path}/*")]
                )
            )
        ],
        action=[
            LbListenerRuleAction(
                type="fixed-response",
                fixed_response=LbListenerRuleActionFixedResponse(
                    content_type="text/plain", message_body="Not Found", status_code="404"
                ),
            )
        ],
    )
