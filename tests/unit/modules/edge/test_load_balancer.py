"""The load balancer: who may connect, what is healthy, and the way to the tasks."""

from __future__ import annotations

from tests.given.load_balancers import balancer
from tests.synthesis import resource


def test_port_80_is_open_to_each_given_range() -> None:
    rules = balancer(allowed_cidrs=["192.0.2.0/24", "2001:db8::/32"])["resource"][
        "aws_vpc_security_group_ingress_rule"
    ]
    four = rules["load_balancer_from_192_0_2_0_24_on_80"]
    six = rules["load_balancer_from_2001_db8___32_on_80"]
    assert four["cidr_ipv4"] == "192.0.2.0/24"
    assert six["cidr_ipv6"] == "2001:db8::/32"
    assert "cidr_ipv6" not in four and "cidr_ipv4" not in six
    assert {rule["from_port"] for rule in (four, six)} == {80}


def test_a_target_is_healthy_when_mlflow_says_so() -> None:
    target_group = resource(balancer(), "aws_lb_target_group.load_balancer")
    assert (target_group["port"], target_group["protocol"], target_group["target_type"]) == (
        5000,
        "HTTP",
        "ip",
    )
    assert target_group["health_check"] == {
        "path": "/health",
        "protocol": "HTTP",
        "matcher": "200",
        "interval": 5,
        "timeout": 4,
        "healthy_threshold": 2,
        "unhealthy_threshold": 5,
    }


def test_a_task_that_leaves_may_end_its_longest_request() -> None:
    assert resource(balancer(), "aws_lb_target_group.load_balancer")["deregistration_delay"] == "90"


def test_every_argument_reaches_the_load_balancer() -> None:
    resource_ = resource(
        balancer(internal=True, idle_timeout_seconds=4000, deletion_protection=True), "aws_lb.load_balancer"
    )
    expected = {
        "name": "mlflow-test",
        "load_balancer_type": "application",
        "internal": True,
        "subnets": ["subnet-1", "subnet-2"],
        "security_groups": ["${aws_security_group.load_balancer.id}"],
        "idle_timeout": 4000,
        "enable_deletion_protection": True,
        "drop_invalid_header_fields": True,
        "desync_mitigation_mode": "strictest",
        "xff_header_processing_mode": "append",
    }
    assert {key: resource_[key] for key in expected} == expected


def test_container_port_is_open_to_the_load_balancer_only() -> None:
    rules = balancer()["resource"]["aws_vpc_security_group_ingress_rule"]
    into_service = [r for r in rules.values() if r["security_group_id"] == "${aws_security_group.service.id}"]
    assert [(r["from_port"], r["to_port"], r["referenced_security_group_id"]) for r in into_service] == [
        (5000, 5000, "${aws_security_group.load_balancer.id}")
    ]


def test_the_load_balancer_itself_reaches_the_tasks_only() -> None:
    rules = balancer()["resource"]["aws_vpc_security_group_egress_rule"]
    out = [r for r in rules.values() if r["security_group_id"] == "${aws_security_group.load_balancer.id}"]
    assert [(r["from_port"], r["referenced_security_group_id"]) for r in out] == [
        (5000, "${aws_security_group.service.id}")
    ]


def test_service_depends_on_the_listener() -> None:
    service = resource(balancer(), "aws_ecs_service.service")
    assert service["load_balancer"] == [
        {
            "target_group_arn": "${aws_lb_target_group.load_balancer.arn}",
            "container_name": "mlflow",
            "container_port": 5000,
        }
    ]
    assert "aws_lb_listener.load_balancer_http" in service["depends_on"]
