"""VPC endpoints: each where the tasks find it, open to them and to nobody else."""

from __future__ import annotations

from modules.common.account import Account
from modules.common.policies import Statement
from modules.network.endpoints import InterfaceEndpoints, S3Gateway
from stacks.base import AppStack
from tests.synthesis import Json, resource, service_in, statements, synthesize


def endpoints() -> Json:
    def build(stack: AppStack) -> None:
        service = service_in(
            stack, enable_execute_command=True, audit_execute_command=False, readonly_root_filesystem=False
        )
        account = Account(stack, "their", region="eu-west-1")
        service.grant_task(
            "store", Statement(sid="Read", actions=["s3:GetObject"], resources=["arn:aws:s3:::bucket/*"])
        )
        gateway = S3Gateway(
            stack,
            "s3_endpoint",
            name="mlflow-test",
            account=account,
            vpc_id="vpc-1",
            route_table_ids=["rtb-1"],
        )
        interfaces = InterfaceEndpoints(
            stack,
            "endpoints",
            name="mlflow-test",
            account=account,
            vpc_id="vpc-1",
            subnet_ids=["subnet-1", "subnet-2"],
        )
        for way in (gateway, interfaces):
            way.open_to(service)

    return synthesize(build)


def test_there_is_one_for_each_api_that_was_granted() -> None:
    assert set(endpoints()["resource"]["aws_vpc_endpoint"]) == {
        "endpoints_logs",
        "endpoints_ssmmessages",
        "s3_endpoint",
    }


def test_interface_endpoint_has_private_dns_in_the_task_subnets() -> None:
    logs = resource(endpoints(), "aws_vpc_endpoint.endpoints_logs")

    granted = statements(logs.pop("policy"))
    assert granted["WriteLog"]["Resource"] == ["${aws_cloudwatch_log_group.service.arn}:*"]
    assert logs == {
        "vpc_id": "vpc-1",
        "vpc_endpoint_type": "Interface",
        "service_name": "${data.aws_vpc_endpoint_service.endpoints_logs_service.service_name}",
        "private_dns_enabled": True,
        "subnet_ids": ["subnet-1", "subnet-2"],
        "security_group_ids": ["${aws_security_group.endpoints.id}"],
        "tags": {"Name": "mlflow-test-logs"},
    }


def test_s3_is_a_route_of_the_tasks_subnets() -> None:
    gateway = resource(endpoints(), "aws_vpc_endpoint.s3_endpoint")

    assert list(statements(gateway["policy"])) == ["Read"]
    assert (gateway["vpc_endpoint_type"], gateway["route_table_ids"]) == ("Gateway", ["rtb-1"])
    assert "private_dns_enabled" not in gateway


def test_the_service_can_connect_to_them_and_to_nothing_else() -> None:
    rules = endpoints()["resource"]
    egress = rules["aws_vpc_security_group_egress_rule"]
    ingress = rules["aws_vpc_security_group_ingress_rule"]

    assert set(egress) == {"service_to_endpoints", "service_to_s3_on_443"}
    assert egress["service_to_endpoints"]["referenced_security_group_id"] == (
        "${aws_security_group.endpoints.id}"
    )
    assert egress["service_to_s3_on_443"]["prefix_list_id"] == (
        "${aws_vpc_endpoint.s3_endpoint.prefix_list_id}"
    )
    assert list(ingress) == ["service_to_endpoints"]
    only = ingress["service_to_endpoints"]
    assert only["security_group_id"] == "${aws_security_group.endpoints.id}"
    assert only["referenced_security_group_id"] == "${aws_security_group.service.id}"
    assert {rule["from_port"] for rule in (*egress.values(), *ingress.values())} == {443}


def test_no_task_starts_before_they_are_there() -> None:
    waits = resource(endpoints(), "aws_ecs_service.service")["depends_on"]

    assert {
        "aws_vpc_endpoint.endpoints_logs",
        "aws_vpc_endpoint.endpoints_ssmmessages",
        "aws_vpc_endpoint.s3_endpoint",
        "aws_vpc_security_group_egress_rule.service_to_endpoints",
        "aws_vpc_security_group_ingress_rule.service_to_endpoints",
        "aws_vpc_security_group_egress_rule.service_to_s3_on_443",
    } <= set(waits)


def test_a_services_name_is_looked_up_as_the_partition_writes_it() -> None:
    found = endpoints()["data"]["aws_vpc_endpoint_service"]

    assert {name: one["service_type"] for name, one in found.items()} == {
        "endpoints_logs_service": "Interface",
        "endpoints_ssmmessages_service": "Interface",
        "s3_endpoint": "Gateway",
    }
    assert found["endpoints_logs_service"]["filter"] == [
        {
            "name": "service-name",
            "values": [
                "com.amazonaws.eu-west-1.logs",
                "${data.aws_partition.their.reverse_dns_prefix}.eu-west-1.logs",
            ],
        }
    ]
