"""The other way out, NAT, and IPv6 beside IPv4: the network alone, first with a gateway in each zone, then with one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from local.aws.account import EmulatedAws
from tests.emulator.environments import EMPTY_PLAN, NOT_EMPTY_PLAN, Platform, variables_in
from tests.emulator.production.conftest import APPLY, DESTROY, Client, what_is_left
from tests.emulator.production.nat.settings import SETTINGS

# What stands in the subnets comes after all that leads there.
NETWORK = tuple(
    f"-target={address}"
    for address in (
        "aws_route_table_association.network_private_1_routes",
        "aws_route_table_association.network_private_2_routes",
        "aws_vpc_endpoint.s3_endpoint",
        "aws_lb.load_balancer",
    )
)


def plan(platform: Platform) -> int:
    options = ("-detailed-exitcode", "-input=false", "-no-color", "-out=plan.bin")
    return platform.terraform("plan", *options, *NETWORK, ends_with=(EMPTY_PLAN, NOT_EMPTY_PLAN)).returncode


@pytest.fixture(scope="module")
def platform(
    account: EmulatedAws, their_buckets: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Platform]:
    """An environment of which only the network is applied."""
    ours = Platform("nat", tmp_path_factory.mktemp("nat"), variables_in(account))
    ours.write(f'{SETTINGS}"per_az"\n')
    ours.synthesize()
    ours.terraform("init", "-input=false", "-no-color")
    ours.terraform(*APPLY, *NETWORK)
    yield ours
    ours.terraform(*DESTROY)
    assert what_is_left(account) == []


def vpc_of(platform: Platform, client: Client) -> Any:
    (vpc,) = client("ec2").describe_vpcs(Filters=[{"Name": "tag:Name", "Values": ["mlflow-nat"]}])["Vpcs"]
    return vpc


def gateways(platform: Platform, client: Client) -> dict[str, Any]:
    """The NAT gateways that there are, by id."""
    filters = [{"Name": "vpc-id", "Values": [vpc_of(platform, client)["VpcId"]]}]
    found = client("ec2").describe_nat_gateways(Filters=filters)["NatGateways"]
    return {one["NatGatewayId"]: one for one in found if one["State"] != "deleted"}


def routes(platform: Platform, client: Client) -> dict[str, list[Any]]:
    """Name of a subnet → its routes."""
    ec2 = client("ec2")
    filters = [{"Name": "vpc-id", "Values": [vpc_of(platform, client)["VpcId"]]}]
    tables = ec2.describe_route_tables(Filters=filters)["RouteTables"]
    names = {
        subnet["SubnetId"]: next(tag["Value"] for tag in subnet["Tags"] if tag["Key"] == "Name")
        for subnet in ec2.describe_subnets(Filters=filters)["Subnets"]
    }
    return {
        names[association["SubnetId"]]: table["Routes"]
        for table in tables
        for association in table["Associations"]
        if "SubnetId" in association
    }


def by_nat(of_subnet: list[Any]) -> list[str]:
    return [route["NatGatewayId"] for route in of_subnet if route.get("DestinationCidrBlock") == "0.0.0.0/0"]


def test_each_private_subnet_leaves_by_the_gateway_of_its_zone(platform: Platform, client: Client) -> None:
    zone_of = {
        subnet["SubnetId"]: subnet["AvailabilityZone"]
        for subnet in client("ec2").describe_subnets()["Subnets"]
    }
    found, leads = gateways(platform, client), routes(platform, client)

    assert len(found) == 2
    for number, zone in (("1", "us-east-1a"), ("2", "us-east-1b")):
        (gateway,) = by_nat(leads[f"mlflow-nat-private-{number}"])
        assert zone_of[found[gateway]["SubnetId"]] == zone
        assert found[gateway]["ConnectivityType"] == "public"


def test_ipv6_leaves_the_private_subnets_and_does_not_come_in(platform: Platform, client: Client) -> None:
    leads = routes(platform, client)

    for name, of_subnet in leads.items():
        (route,) = [one for one in of_subnet if one.get("DestinationIpv6CidrBlock") == "::/0"]
        private = "private" in name
        assert ("EgressOnlyInternetGatewayId" in route) is private, route
        assert route.get("GatewayId", "").startswith("igw-") is not private, route


def test_subnets_and_load_balancer_are_dual_stack(platform: Platform, client: Client) -> None:
    vpc = vpc_of(platform, client)
    filters = [{"Name": "vpc-id", "Values": [vpc["VpcId"]]}]
    subnets = client("ec2").describe_subnets(Filters=filters)["Subnets"]
    (balancer,) = client("elbv2").describe_load_balancers(Names=["mlflow-nat"])["LoadBalancers"]

    networks = {one["Ipv6CidrBlock"] for subnet in subnets for one in subnet["Ipv6CidrBlockAssociationSet"]}
    assert len(networks) == len(subnets) == 4
    assert all(subnet["AssignIpv6AddressOnCreation"] for subnet in subnets)
    assert balancer["IpAddressType"] == "dualstack"


def test_the_second_plan_is_empty(platform: Platform) -> None:
    assert plan(platform) == EMPTY_PLAN, platform.changes()


def test_one_gateway_takes_over(platform: Platform, client: Client) -> None:
    platform.write(f'{SETTINGS}"single"\n')
    platform.synthesize()

    plan(platform)
    replaced = {
        address
        for address, actions in platform.changes().items()
        if "delete" in actions and "create" in actions
    }
    platform.terraform(*APPLY, *NETWORK)

    leads = routes(platform, client)
    assert by_nat(leads["mlflow-nat-private-1"]) == by_nat(leads["mlflow-nat-private-2"])
    # No subnet, and with it nothing that stands there, is made anew.
    assert not [address for address in replaced if not address.startswith("aws_route.")], replaced
    assert plan(platform) == EMPTY_PLAN, platform.changes()
