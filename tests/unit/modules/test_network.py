"""The VPC: who can reach the internet, and who cannot."""

from __future__ import annotations

from cdktf import TerraformOutput

from modules.account import Account
from modules.network import Network
from stacks.base import AppStack
from tests.synthesis import Json, resource, synthesize


def network_of(zones: int) -> Json:
    def build(stack: AppStack) -> None:
        Network(
            stack,
            "network",
            name="mlflow-test",
            cidr_block="10.0.0.0/16",
            availability_zones=[f"eu-west-1{zone}" for zone in "abc"[:zones]],
            public_subnet_cidrs=[f"10.0.{n}.0/24" for n in range(1, zones + 1)],
            private_subnet_cidrs=[f"10.0.{n}0.0/24" for n in range(1, zones + 1)],
        )

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
