"""The VPC: who can reach the internet, and who cannot."""

from __future__ import annotations

from cdktf import TerraformOutput

from modules.common.account import Account
from modules.network.network import Network
from modules.network.settings import NetworkSettings
from stacks.base import AppStack
from tests.synthesis import Json, account_in, resource, synthesize, table


def network_of(zones: int, *, dual_stack: bool = False, nat: str = "none") -> Json:
    def build(stack: AppStack) -> None:
        settings = table(
            NetworkSettings,
            availability_zones=[f"eu-west-1{zone}" for zone in "abc"[:zones]],
            public_subnet_cidrs=[f"10.0.{n}.0/24" for n in range(1, zones + 1)],
            private_subnet_cidrs=[f"10.0.{n}0.0/24" for n in range(1, zones + 1)],
            nat=nat,
            ip_address_type="dualstack" if dual_stack else "ipv4",
        )
        Network(stack, "network", settings=settings, name="mlflow-test", account=account_in(stack))

    return synthesize(build)


def test_each_zone_has_a_public_and_a_private_subnet() -> None:
    subnets = network_of(3)["resource"]["aws_subnet"]
    assert {name: (s["availability_zone"], s["cidr_block"]) for name, s in subnets.items()} == {
        "network_public_1": ("eu-west-1a", "10.0.1.0/24"),
        "network_public_2": ("eu-west-1b", "10.0.2.0/24"),
        "network_public_3": ("eu-west-1c", "10.0.3.0/24"),
        "network_private_1": ("eu-west-1a", "10.0.10.0/24"),
        "network_private_2": ("eu-west-1b", "10.0.20.0/24"),
        "network_private_3": ("eu-west-1c", "10.0.30.0/24"),
    }


def test_only_the_public_route_table_leads_to_the_internet() -> None:
    synthesized = network_of(2)
    assert list(synthesized["resource"]["aws_route"]) == ["network_public_to_internet"]
    route = resource(synthesized, "aws_route.network_public_to_internet")
    assert route == {
        "route_table_id": "${aws_route_table.network_public.id}",
        "destination_cidr_block": "0.0.0.0/0",
        "gateway_id": "${aws_internet_gateway.network.id}",
    }
    tables = {
        name: association["route_table_id"]
        for name, association in synthesized["resource"]["aws_route_table_association"].items()
    }
    assert tables == {
        "network_public_1_routes": "${aws_route_table.network_public.id}",
        "network_public_2_routes": "${aws_route_table.network_public.id}",
        "network_private_1_routes": "${aws_route_table.network_private.id}",
        "network_private_2_routes": "${aws_route_table.network_private.id}",
    }


def test_no_subnet_hands_out_public_addresses_by_itself() -> None:
    subnets = network_of(2)["resource"]["aws_subnet"].values()
    assert not any(subnet.get("map_public_ip_on_launch") for subnet in subnets)


def test_zones_are_the_regions_first_without_local_zones() -> None:
    def build(stack: AppStack) -> None:
        for zone in Account(stack, "account", region="eu-west-1").first_availability_zones(2):
            TerraformOutput(stack, f"zone{zone[-3]}", value=zone)

    synthesized = synthesize(build)
    assert [output["value"] for output in synthesized["output"].values()] == [
        "${data.aws_availability_zones.account.names[0]}",
        "${data.aws_availability_zones.account.names[1]}",
    ]
    zone_filter = synthesized["data"]["aws_availability_zones"]["account"]["filter"]
    assert zone_filter == [{"name": "opt-in-status", "values": ["opt-in-not-required"]}]


def test_default_security_group_has_no_rules() -> None:
    group = resource(network_of(2), "aws_default_security_group.network")

    assert group == {"vpc_id": "${aws_vpc.network.id}", "tags": {"Name": "mlflow-test"}}


def test_one_gateway_serves_all_private_subnets() -> None:
    synthesized = network_of(3, nat="single")
    gateways = synthesized["resource"]["aws_nat_gateway"]
    associations = synthesized["resource"]["aws_route_table_association"]

    assert {name: gateway["subnet_id"] for name, gateway in gateways.items()} == {
        "network_1": "${aws_route_table_association.network_public_1_routes.subnet_id}"
    }
    assert gateways["network_1"]["allocation_id"] == "${aws_eip.network_nat_address_1.id}"
    assert resource(synthesized, "aws_route.network_nat_from_private_1") == {
        "route_table_id": "${aws_route_table.network_private.id}",
        "destination_cidr_block": "0.0.0.0/0",
        "nat_gateway_id": "${aws_nat_gateway.network_1.id}",
    }
    private = [association for name, association in associations.items() if "private" in name]
    assert [association["route_table_id"] for association in private] == [
        "${aws_route_table.network_private.id}"
    ] * 3
    # Users of the subnet depend on its route.
    assert [association["depends_on"] for association in private] == [
        ["aws_route.network_nat_from_private_1"]
    ] * 3


def test_each_zone_has_a_gateway_of_its_own() -> None:
    resources = network_of(2, nat="per_az")["resource"]

    for number in ("1", "2"):
        gateway = resources["aws_nat_gateway"][f"network_{number}"]
        route = resources["aws_route"][f"network_nat_from_private_{number}"]
        association = resources["aws_route_table_association"][f"network_private_{number}_routes"]
        assert gateway["subnet_id"] == (
            f"${{aws_route_table_association.network_public_{number}_routes.subnet_id}}"
        )
        assert route["nat_gateway_id"] == f"${{aws_nat_gateway.network_{number}.id}}"
        table = f"${{aws_route_table.network_private_zone_{number}.id}}"
        assert route["route_table_id"] == association["route_table_id"] == table
        assert association["depends_on"] == [f"aws_route.network_nat_from_private_{number}"]
    assert "network_private" not in resources["aws_route_table"]


def test_each_dual_stack_subnet_has_its_own_ipv6_range() -> None:
    synthesized = network_of(2, dual_stack=True)
    subnets = synthesized["resource"]["aws_subnet"]

    assert resource(synthesized, "aws_vpc.network")["assign_generated_ipv6_cidr_block"] is True
    assert {name: subnet["ipv6_cidr_block"] for name, subnet in subnets.items()} == {
        name: f"${{cidrsubnet(aws_vpc.network.ipv6_cidr_block, 8, {number})}}"
        for name, number in (
            ("network_public_1", 1),
            ("network_public_2", 2),
            ("network_private_1", 17),
            ("network_private_2", 18),
        )
    }
    assert all(subnet["assign_ipv6_address_on_creation"] for subnet in subnets.values())


def test_ipv6_leads_out_where_ipv4_does_and_never_in() -> None:
    closed = network_of(2, dual_stack=True)["resource"]
    single, per_az = (network_of(2, dual_stack=True, nat=nat)["resource"] for nat in ("single", "per_az"))

    def ipv6(resources: Json) -> dict[str, str]:
        return {
            name: route.get("egress_only_gateway_id", route.get("gateway_id"))
            for name, route in resources["aws_route"].items()
            if route.get("destination_ipv6_cidr_block") == "::/0"
        }

    public = {"network_public_to_internet_ipv6": "${aws_internet_gateway.network.id}"}
    out = "${aws_egress_only_internet_gateway.network.id}"
    assert ipv6(closed) == public
    assert "aws_egress_only_internet_gateway" not in closed
    assert ipv6(single) == {**public, "network_private_to_internet_ipv6": out}
    assert ipv6(per_az) == {
        **public,
        "network_private_zone_1_to_internet_ipv6": out,
        "network_private_zone_2_to_internet_ipv6": out,
    }
    association = single["aws_route_table_association"]["network_private_2_routes"]
    assert association["depends_on"] == [
        "aws_route.network_nat_from_private_1",
        "aws_route.network_private_to_internet_ipv6",
    ]


def test_without_ipv6_no_subnet_has_a_network_of_it() -> None:
    synthesized = network_of(2)

    assert "assign_generated_ipv6_cidr_block" not in resource(synthesized, "aws_vpc.network")
    assert not any("ipv6_cidr_block" in subnet for subnet in synthesized["resource"]["aws_subnet"].values())
