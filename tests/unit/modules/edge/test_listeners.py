"""The listeners: HTTPS with everybody sent there, plain HTTP without a name, and no metrics by either."""

from __future__ import annotations

import pytest

from modules.edge.listeners import Https
from tests.given.load_balancers import balancer
from tests.synthesis import Json, resource

HTTPS = Https(
    domain_name="mlflow.example.com",
    certificate_arn="arn:aws:acm:eu-west-1:111122223333:certificate/1",
    ssl_policy="ELBSecurityPolicy-TLS13-1-2-2021-06",
)


@pytest.fixture(scope="module")
def https() -> Json:
    return balancer(https=HTTPS)


def test_https_listener_uses_certificate_and_policy(https: Json) -> None:
    listener = resource(https, "aws_lb_listener.load_balancer_https")

    assert (listener["port"], listener["protocol"]) == (443, "HTTPS")
    assert listener["certificate_arn"] == HTTPS.certificate_arn
    assert listener["ssl_policy"] == "ELBSecurityPolicy-TLS13-1-2-2021-06"
    assert listener["default_action"] == [
        {"type": "forward", "target_group_arn": "${aws_lb_target_group.load_balancer.arn}"}
    ]


def test_http_is_sent_to_the_name_that_the_certificate_has(https: Json) -> None:
    listener = resource(https, "aws_lb_listener.load_balancer_http")

    (action,) = listener["default_action"]
    assert (listener["port"], listener["protocol"], action["type"]) == (80, "HTTP", "redirect")
    assert action["redirect"] == {
        "host": "mlflow.example.com",
        "port": "443",
        "protocol": "HTTPS",
        "status_code": "HTTP_301",
    }


def test_responses_send_hsts_and_no_server_header(https: Json) -> None:
    listener = resource(https, "aws_lb_listener.load_balancer_https")

    assert listener["routing_http_response_strict_transport_security_header_value"] == "max-age=31536000"
    assert listener["routing_http_response_x_content_type_options_header_value"] == "nosniff"
    for name in ("http", "https"):
        server = resource(https, f"aws_lb_listener.load_balancer_{name}")[
            "routing_http_response_server_enabled"
        ]
        assert server is False


def test_open_ports_with_and_without_https() -> None:
    def ports(synthesized: Json) -> list[int]:
        rules = synthesized["resource"]["aws_vpc_security_group_ingress_rule"].values()
        return sorted(rule["from_port"] for rule in rules if "cidr_ipv4" in rule)

    ranges = ["192.0.2.0/24", "198.51.100.0/24"]
    assert ports(balancer(https=HTTPS, allowed_cidrs=ranges)) == [80, 80, 443, 443]
    assert ports(balancer(allowed_cidrs=ranges)) == [80, 80]


def test_without_a_name_port_80_forwards() -> None:
    listeners = balancer()["resource"]["aws_lb_listener"]

    (listener,) = listeners.values()
    assert (listener["port"], listener["protocol"]) == (80, "HTTP")
    assert listener["default_action"][0]["type"] == "forward"


@pytest.mark.parametrize(("given", "listener"), [(None, "http"), (HTTPS, "https")])
def test_metrics_are_blocked_at_the_listener(given: Https | None, listener: str) -> None:
    rule = resource(balancer(https=given), "aws_lb_listener_rule.load_balancer_metrics")

    assert rule["listener_arn"] == f"${{aws_lb_listener.load_balancer_{listener}.arn}}"
    assert rule["priority"] == 1
    assert rule["condition"] == [{"path_pattern": {"values": ["/metrics", "/metrics/*"]}}]
    (action,) = rule["action"]
    assert (action["type"], action["fixed_response"]["status_code"]) == ("fixed-response", "404")


def test_metrics_below_a_prefix_are_blocked_and_health_is_not_prefixed() -> None:
    synthesized = balancer(path_prefix="/mlflow")

    (condition,) = resource(synthesized, "aws_lb_listener_rule.load_balancer_metrics")["condition"]
    assert condition["path_pattern"]["values"] == [
        "/metrics",
        "/metrics/*",
        "/mlflow/metrics",
        "/mlflow/metrics/*",
    ]
    target_group = resource(synthesized, "aws_lb_target_group.load_balancer")
    assert target_group["health_check"]["path"] == "/mlflow/health"


def test_no_task_answers_before_metrics_are_hidden(https: Json) -> None:
    depends_on = resource(https, "aws_ecs_service.service")["depends_on"]

    assert {"aws_lb_listener.load_balancer_https", "aws_lb_listener_rule.load_balancer_metrics"} <= set(
        depends_on
    )
