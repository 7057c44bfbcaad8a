"""How the tasks reach what they call: by the internet, by NAT, or by the endpoints that all they do asks for."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from tests.given.existing import FROM_STATE, GIVEN
from tests.given.plans import ENGINE_CHECK, container, resources, waits_for
from tests.synthesis import Json, resource, synthesize_platform
from tests.texts import DEMO, PRODUCTION

# As AWS lists them (https://docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html): the
# names that an API of this action's is called by. Kept apart from modules/network/needs.py on purpose.
SERVICES_OF = {
    "cloudwatch": {"monitoring"},
    "ecr": {"ecr.api", "ecr.dkr"},
    "kms": {"kms"},
    "logs": {"logs"},
    "rds-db": set(),
    "s3": {"s3"},
    "secretsmanager": {"secretsmanager"},
    "ssm": {"ssm"},
    "ssmmessages": {"ssmmessages"},
    "sts": {"sts"},
}
KEY = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-4cd3-96ef-1234567890ab"
EXEC = "[service]\nenable_execute_command = true\nreadonly_root_filesystem = false\n"
INTERNET = "aws_vpc_security_group_egress_rule.service_to_0_0_0_0_0_on_443"
PRODUCTIONS = {
    "as it comes": PRODUCTION,
    "with a shell": PRODUCTION + EXEC,
    "with another team's key": f'{PRODUCTION}[encryption]\nkms_key_arn = "{KEY}"\n',
    "in another team's VPC": f'{PRODUCTION}{GIVEN}endpoints = "all"\n',
}


@pytest.fixture(scope="module", params=list(PRODUCTIONS), ids=list(PRODUCTIONS))
def closed(request: pytest.FixtureRequest) -> Json:
    """Production without a way to the internet."""
    return synthesize_platform(PRODUCTIONS[request.param])


def endpoints(synthesized: Json) -> dict[str, Json]:
    """Service → its endpoint."""
    names = {
        f"${{data.aws_vpc_endpoint_service.{name}.service_name}}": service["filter"][0]["values"][0]
        for name, service in synthesized["data"].get("aws_vpc_endpoint_service", {}).items()
    }
    return {
        names[endpoint["service_name"]].removeprefix("com.amazonaws.eu-west-1."): endpoint
        for endpoint in synthesized["resource"].get("aws_vpc_endpoint", {}).values()
    }


def calls(synthesized: Json) -> Iterator[tuple[str, str]]:
    """Action and resource of all that the tasks' roles may do themselves, as IAM will have it."""
    for name, policy in synthesized["resource"]["aws_iam_role_policy"].items():
        if name.startswith(("service_task", "service_execution")):
            for statement in json.loads(policy["policy"])["Statement"]:
                if "kms:ViaService" not in json.dumps(statement.get("Condition", {})):
                    for action in statement["Action"]:
                        for on in statement["Resource"]:
                            yield action, on


def lets_through(endpoint: Json, action: str, on: str) -> bool:
    return any(
        statement["Effect"] == "Allow" and action in statement["Action"] and on in statement["Resource"]
        for statement in json.loads(endpoint["policy"])["Statement"]
    )


def test_every_allowed_call_has_an_endpoint_that_allows_it(closed: Json) -> None:
    found = endpoints(closed)

    made = list(calls(closed))
    assert len(made) > 10
    for action, on in made:
        for service in SERVICES_OF[action.split(":")[0]]:
            assert service in found, f"{action} has no endpoint"
            assert lets_through(found[service], action, on), f"{service} stops {action} on {on}"


def test_endpoints_cover_image_pull_logs_and_password(closed: Json) -> None:
    """What Fargate does before the first call of the server
    (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/vpc-endpoints.html)."""
    found = endpoints(closed)
    definition = container(closed)

    assert "aws_ecr_repository" in definition["image"]
    assert definition["logConfiguration"]["logDriver"] == "awslogs"
    assert {"ecr.api", "ecr.dkr", "s3", "logs", "secretsmanager"} <= set(found)
    for action in ("ecr:GetAuthorizationToken", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"):
        assert any(action in statement["Action"] for statement in policy(found["ecr.api"]))
    layers = [statement for statement in policy(found["s3"]) if statement["Sid"] == "ReadImageLayers"]
    assert layers[0]["Resource"][0].endswith(":s3:::prod-eu-west-1-starport-layer-bucket/*")


def policy(endpoint: Json) -> list[Json]:
    return list(json.loads(endpoint["policy"])["Statement"])


def test_an_endpoint_lets_through_no_more_than_the_roles_may(closed: Json) -> None:
    made = set(calls(closed))

    for service, endpoint in endpoints(closed).items():
        for statement in policy(endpoint):
            if statement["Sid"] != "ReadImageLayers":
                roles = statement["Condition"]["ArnEquals"]["aws:PrincipalArn"]
                assert roles == ["${aws_iam_role.service_task.arn}", "${aws_iam_role.service_execution.arn}"]
                granted = {(action, on) for action in statement["Action"] for on in statement["Resource"]}
                assert granted <= made, f"{service}: {granted - made}"


def test_no_endpoint_is_paid_for_that_nothing_calls() -> None:
    plain, shell = (set(endpoints(synthesize_platform(text))) for text in (PRODUCTION, PRODUCTION + EXEC))

    assert plain & {"kms", "sts", "ssm", "ssmmessages", "monitoring"} == set()
    assert shell - plain == {"ssmmessages"}


def test_the_tasks_leave_by_the_endpoints_alone(closed: Json) -> None:
    egress = closed["resource"]["aws_vpc_security_group_egress_rule"]

    ours = {
        name: rule
        for name, rule in egress.items()
        if "aws_security_group.service." in rule["security_group_id"]
    }
    assert set(ours) == {"service_to_database", "service_to_endpoints", "service_to_s3_on_443"}
    assert not any("cidr_ipv4" in rule or "cidr_ipv6" in rule for rule in ours.values())


def test_private_tasks_start_after_the_endpoints(closed: Json) -> None:
    service = resource(closed, "aws_ecs_service.service")

    assert service["network_configuration"]["assign_public_ip"] is False
    assert "private" in json.dumps(service["network_configuration"]["subnets"])
    made = {f"aws_vpc_endpoint.{name}" for name in closed["resource"]["aws_vpc_endpoint"]}
    assert made <= set(service["depends_on"])


def test_an_apply_that_cannot_build_changes_nothing(closed: Json) -> None:
    assert set(resources(closed)) - waits_for(closed, ENGINE_CHECK) == set()


@pytest.mark.parametrize(("nat", "gateways"), [("single", 1), ("per_az", 2)])
def test_nat_leads_out_and_s3_still_costs_nothing(nat: str, gateways: int) -> None:
    synthesized = synthesize_platform(f'{PRODUCTION}[network]\nnat = "{nat}"\n')

    assert len(synthesized["resource"]["aws_nat_gateway"]) == gateways
    assert set(endpoints(synthesized)) == {"s3"}
    assert INTERNET in resource(synthesized, "aws_ecs_service.service")["depends_on"]
    tables = endpoints(synthesized)["s3"]["route_table_ids"]
    assert len(tables) == gateways
    addresses = synthesized["output"]["nat_public_ips"]["value"]
    assert addresses == [
        f"${{aws_eip.network_nat_address_{number}.public_ip}}" for number in range(1, gateways + 1)
    ]


def test_nat_and_endpoints_together() -> None:
    synthesized = synthesize_platform(f'{PRODUCTION}[network]\nnat = "single"\nendpoints = "all"\n')

    assert {"s3", "logs", "ecr.api"} <= set(endpoints(synthesized))
    assert INTERNET in resources(synthesized)


def test_the_demo_has_public_tasks_and_nothing_to_pay_for() -> None:
    synthesized = synthesize_platform(DEMO)

    network = resource(synthesized, "aws_ecs_service.service")["network_configuration"]
    assert network["assign_public_ip"] is True
    assert INTERNET in resource(synthesized, "aws_ecs_service.service")["depends_on"]
    unpaid = {"aws_nat_gateway", "aws_eip", "aws_vpc_endpoint", "aws_flow_log"}
    assert unpaid & set(synthesized["resource"]) == set()
    assert "aws_default_security_group" in synthesized["resource"]


def test_a_dual_stack_reaches_from_the_clients_to_the_tasks() -> None:
    synthesized = synthesize_platform(
        PRODUCTION.replace('"10.0.0.0/8"', '"10.0.0.0/8", "2001:db8::/32"')
        + '[network]\nip_address_type = "dualstack"\nnat = "single"\n'
    )

    assert resource(synthesized, "aws_lb.load_balancer")["ip_address_type"] == "dualstack"
    clients = resources(synthesized)[
        "aws_vpc_security_group_ingress_rule.load_balancer_from_2001_db8___32_on_80"
    ]
    assert clients["cidr_ipv6"] == "2001:db8::/32"
    egress = resources(synthesized)["aws_vpc_security_group_egress_rule.service_to____0_on_443"]
    assert egress["cidr_ipv6"] == "::/0"
    assert "aws_egress_only_internet_gateway" in synthesized["resource"]


def test_ipv4_alone_leaves_the_load_balancer_as_it_was() -> None:
    assert "ip_address_type" not in resource(synthesize_platform(DEMO), "aws_lb.load_balancer")


def test_flow_logs_are_of_a_vpc_made_here() -> None:
    made, given = synthesize_platform(PRODUCTION), synthesize_platform(PRODUCTION + GIVEN)
    off = synthesize_platform(f"{PRODUCTION}[network]\nflow_logs = false\n")

    assert resource(made, "aws_flow_log.flow_logs")["vpc_id"] == "${aws_vpc.network.id}"
    assert "aws_flow_log" not in given["resource"]
    assert "aws_flow_log" not in off["resource"]


@pytest.mark.parametrize("given", [GIVEN, f"{FROM_STATE}[network]\n"], ids=["by id", "from their state"])
def test_another_teams_endpoints_are_looked_up_and_used(given: str) -> None:
    synthesized = synthesize_platform(f'{PRODUCTION}{given}endpoints = "existing"\n')

    assert "aws_vpc_endpoint" not in synthesized["resource"]
    theirs = synthesized["data"]["aws_vpc_endpoint"]
    assert {name.removeprefix("their_endpoints_") for name in theirs} == {
        "ecr_api",
        "ecr_dkr",
        "logs",
        "s3",
        "secretsmanager",
    }
    (named,) = theirs["their_endpoints_logs"]["lifecycle"]["postcondition"]
    assert named["condition"] == "${self.private_dns_enabled}"
    (routed,) = theirs["their_endpoints_s3"]["lifecycle"]["postcondition"]
    assert re.search(r"setsubtract\(distinct\(.+\), self\.route_table_ids\)", routed["condition"])
    rule = resource(synthesized, "aws_vpc_security_group_egress_rule.their_endpoints_interfaces")
    assert "data.aws_vpc_endpoint.their_endpoints_logs.security_group_ids" in rule["for_each"]
    assert INTERNET not in resources(synthesized)


@pytest.mark.parametrize(
    ("lines", "looks_at"),
    [
        ("", {"private"}),
        ('endpoints = "all"\n', set()),
        ('endpoints = "existing"\n', set()),
        ("[load_balancer]\ninternal = false\n", {"public", "private"}),
    ],
)
def test_routes_of_given_subnets_are_read_only_if_needed(lines: str, looks_at: set[str]) -> None:
    text = PRODUCTION.replace("[load_balancer]\n", "") if "[load_balancer]" in lines else PRODUCTION
    if text != PRODUCTION:
        text = text.replace('allowed_cidrs = ["10.0.0.0/8"]\n', "")
        lines += 'allowed_cidrs = ["10.0.0.0/8"]\n'
    tables = synthesize_platform(text + GIVEN + lines)["data"]["aws_route_table"]

    assert {
        tier for tier in ("public", "private") if "lifecycle" in tables[f"network_routes_{tier}"]
    } == looks_at
