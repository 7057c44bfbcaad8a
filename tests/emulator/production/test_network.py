"""The network of production: nothing of it has a public address that need not, and what the tasks call is near."""

from __future__ import annotations

import json
from typing import Any

from tests.emulator.environments import ACCOUNT, REGION, Platform
from tests.emulator.production.conftest import Client

ROLES = [f"arn:aws:iam::{ACCOUNT}:role/mlflow-production-{name}" for name in ("task", "execution")]
BUCKET = f"arn:aws:s3:::mlflow-production-artifacts-{ACCOUNT}-{REGION}"
LAYERS = f"arn:aws:s3:::prod-{REGION}-starport-layer-bucket/*"


def in_vpc(production: Platform, name: str = "vpc-id") -> list[dict[str, Any]]:
    return [{"Name": name, "Values": [production.outputs()["vpc_id"]]}]


def endpoints(production: Platform, client: Client) -> dict[str, Any]:
    """Service → its endpoint."""
    found = client("ec2").describe_vpc_endpoints(Filters=in_vpc(production))["VpcEndpoints"]
    return {endpoint["ServiceName"].removeprefix(f"com.amazonaws.{REGION}."): endpoint for endpoint in found}


def allowed(endpoint: Any) -> set[str]:
    """The resources that the policy of an endpoint lets through."""
    return {
        resource
        for statement in json.loads(endpoint["PolicyDocument"])["Statement"]
        for resource in statement["Resource"]
    }


def test_the_tasks_have_no_public_address(production: Platform, client: Client) -> None:
    (service,) = client("ecs").describe_services(cluster="mlflow-production", services=["mlflow-production"])[
        "services"
    ]

    network = service["networkConfiguration"]["awsvpcConfiguration"]
    assert network["assignPublicIp"] == "DISABLED"
    assert set(network["subnets"]) == set(production.outputs()["private_subnet_ids"])


def test_their_subnets_do_not_lead_to_the_internet(production: Platform, client: Client) -> None:
    tables = client("ec2").describe_route_tables(
        Filters=[
            {"Name": "association.subnet-id", "Values": production.outputs()["private_subnet_ids"]},
        ]
    )["RouteTables"]

    assert tables
    for route in (route for table in tables for route in table["Routes"]):
        assert route["GatewayId"] == "local" or route["GatewayId"].startswith("vpce-"), route
        assert route.get("DestinationCidrBlock") != "0.0.0.0/0"


def test_each_api_has_an_endpoint_that_allows_our_calls(production: Platform, client: Client) -> None:
    found = endpoints(production, client)
    outputs = production.outputs()

    assert {"ecr.api", "ecr.dkr", "logs", "secretsmanager", "s3"} <= set(found)
    for name in ("ecr.api", "ecr.dkr"):
        assert allowed(found[name]) == {"*", f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/mlflow-production"}
    assert f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/ecs/mlflow-production:*" in allowed(found["logs"])
    assert outputs["database_secret_arn"] in allowed(found["secretsmanager"])
    assert {BUCKET, f"{BUCKET}/*", LAYERS} <= allowed(found["s3"])


def test_endpoint_policies_allow_only_the_task_roles(production: Platform, client: Client) -> None:
    for endpoint in endpoints(production, client).values():
        for statement in json.loads(endpoint["PolicyDocument"])["Statement"]:
            if statement["Resource"] != [LAYERS]:
                assert statement["Condition"]["ArnEquals"]["aws:PrincipalArn"] == ROLES, statement


def test_the_endpoints_are_where_the_tasks_are(production: Platform, client: Client) -> None:
    found = endpoints(production, client)
    gateway = found.pop("s3")
    private = set(production.outputs()["private_subnet_ids"])

    assert (gateway["VpcEndpointType"], len(gateway["RouteTableIds"])) == ("Gateway", 1)
    for endpoint in found.values():
        assert endpoint["VpcEndpointType"] == "Interface"
        assert endpoint["PrivateDnsEnabled"] is True
        assert set(endpoint["SubnetIds"]) == private


def test_tasks_connect_only_to_endpoints_and_database(production: Platform, client: Client) -> None:
    ec2, outputs = client("ec2"), production.outputs()
    rules = ec2.describe_security_group_rules(
        Filters=[{"Name": "group-id", "Values": [outputs["service_security_group_id"]]}]
    )["SecurityGroupRules"]
    (group,) = ec2.describe_security_groups(
        Filters=[{"Name": "group-name", "Values": ["mlflow-production-endpoints"]}]
    )["SecurityGroups"]

    egress = [rule for rule in rules if rule["IsEgress"]]
    assert not [rule for rule in egress if "CidrIpv4" in rule or "CidrIpv6" in rule]
    groups = {
        rule["ReferencedGroupInfo"]["GroupId"]: rule["FromPort"]
        for rule in egress
        if "ReferencedGroupInfo" in rule
    }
    assert groups == {group["GroupId"]: 443, outputs["database_security_group_id"]: 5432}
    assert len([rule for rule in egress if "PrefixListId" in rule]) == 1


def test_only_tasks_connect_to_the_endpoints(production: Platform, client: Client) -> None:
    (group,) = client("ec2").describe_security_groups(
        Filters=[{"Name": "group-name", "Values": ["mlflow-production-endpoints"]}]
    )["SecurityGroups"]

    (permission,) = group["IpPermissions"]
    assert [pair["GroupId"] for pair in permission["UserIdGroupPairs"]] == [
        production.outputs()["service_security_group_id"]
    ]
    assert (permission["IpRanges"], group["IpPermissionsEgress"]) == ([], [])


def test_every_connection_is_logged(production: Platform, client: Client) -> None:
    (log,) = client("ec2").describe_flow_logs(Filters=in_vpc(production, "resource-id"))["FlowLogs"]
    (group,) = client("logs").describe_log_groups(logGroupNamePrefix="/vpc/mlflow-production")["logGroups"]

    assert (log["TrafficType"], log["FlowLogStatus"]) == ("ALL", "ACTIVE")
    assert log["LogDestination"] == group["arn"].removesuffix(":*")
    assert group["retentionInDays"] == 365


def test_the_default_group_is_closed(production: Platform, client: Client) -> None:
    filters = [*in_vpc(production), {"Name": "group-name", "Values": ["default"]}]
    (group,) = client("ec2").describe_security_groups(Filters=filters)["SecurityGroups"]

    assert (group["IpPermissions"], group["IpPermissionsEgress"]) == ([], [])
