"""Overrides of moto's load balancers: attributes have defaults, and an action is answered in both of its forms."""

from __future__ import annotations

from typing import Any

from moto.elbv2.models import FakeAction, FakeLoadBalancer, FakeTargetGroup

# https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_LoadBalancerAttribute.html
LOAD_BALANCER = {
    "access_logs.s3.enabled": "false",
    "access_logs.s3.bucket": "",
    "access_logs.s3.prefix": "",
    "client_keep_alive.seconds": "3600",
    "connection_logs.s3.enabled": "false",
    "connection_logs.s3.bucket": "",
    "connection_logs.s3.prefix": "",
    "deletion_protection.enabled": "false",
    "health_check_logs.s3.enabled": "false",
    "health_check_logs.s3.bucket": "",
    "health_check_logs.s3.prefix": "",
    "idle_timeout.timeout_seconds": "60",
    "load_balancing.cross_zone.enabled": "true",
    "routing.http.desync_mitigation_mode": "defensive",
    "routing.http.drop_invalid_header_fields.enabled": "false",
    "routing.http.preserve_host_header.enabled": "false",
    "routing.http.x_amzn_tls_version_and_cipher_suite.enabled": "false",
    "routing.http.xff_client_port.enabled": "false",
    "routing.http.xff_header_processing.mode": "append",
    "routing.http2.enabled": "true",
    "waf.fail_open.enabled": "false",
    "zonal_shift.config.enabled": "false",
}
# https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroupAttribute.html
TARGET_GROUP = {
    "deregistration_delay.timeout_seconds": "300",
    "load_balancing.algorithm.anomaly_mitigation": "off",
    "load_balancing.algorithm.type": "round_robin",
    "load_balancing.cross_zone.enabled": "use_load_balancer_configuration",
    "slow_start.duration_seconds": "0",
    "stickiness.app_cookie.cookie_name": "",
    "stickiness.app_cookie.duration_seconds": "86400",
    "stickiness.enabled": "false",
    "stickiness.lb_cookie.duration_seconds": "86400",
    "stickiness.type": "lb_cookie",
    "target_group_health.dns_failover.minimum_healthy_targets.count": "1",
    "target_group_health.dns_failover.minimum_healthy_targets.percentage": "off",
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count": "1",
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage": "off",
}


def apply() -> None:
    """Patches moto."""
    _answer_every_attribute()
    _answer_both_forms_of_forwarding()


def _answer_every_attribute() -> None:
    """`DescribeLoadBalancerAttributes`, `DescribeTargetGroupAttributes`. moto: leaves most of those out that nobody
    set, some of them for Terraform's sake. AWS: answers all that an Application Load Balancer and its targets have,
    with their defaults."""
    make_load_balancer, make_target_group = FakeLoadBalancer.__init__, FakeTargetGroup.__init__

    def load_balancer(self: FakeLoadBalancer, *args: Any, **kwargs: Any) -> None:
        make_load_balancer(self, *args, **kwargs)
        if self.type == "application":
            internal = str(self.scheme == "internal").lower()
            self.attrs = {**LOAD_BALANCER, "ipv6.deny_all_igw_traffic": internal}

    def target_group(self: FakeTargetGroup, *args: Any, **kwargs: Any) -> None:
        make_target_group(self, *args, **kwargs)
        if self.protocol in ("HTTP", "HTTPS"):
            self.attributes = dict(TARGET_GROUP)

    FakeLoadBalancer.__init__ = load_balancer  # type: ignore[method-assign]
    FakeTargetGroup.__init__ = target_group  # type: ignore[method-assign]


def _answer_both_forms_of_forwarding() -> None:
    """`DescribeListeners`, `DescribeRules`. moto: answers `TargetGroupArn` alone, where it was given alone. AWS: has
    the same in `ForwardConfig` then
    (https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_Action.html)."""
    original = FakeAction.__init__

    def __init__(self: FakeAction, data: dict[str, Any]) -> None:
        if data.get("Type") == "forward" and "TargetGroupArn" in data:
            groups = [{"TargetGroupArn": data["TargetGroupArn"], "Weight": 1}]
            data = {"ForwardConfig": {"TargetGroups": groups}, **data}
        original(self, data)

    FakeAction.__init__ = __init__  # type: ignore[method-assign]
