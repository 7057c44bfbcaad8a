"""Overrides of moto's EC2: security group rules keep their description, and what exists is found as AWS finds it."""

from __future__ import annotations

from inspect import signature
from typing import Any

from moto.ec2.models.nat_gateways import NatGateway, NatGatewayBackend
from moto.ec2.models.security_groups import SecurityGroupRule
from moto.ec2.models.subnets import Subnet
from moto.ec2.models.vpcs import VPCBackend


def apply() -> None:
    """Patches moto."""
    _keep_descriptions()
    _find_endpoint_services()
    _wait_for_ipv6_networks()
    _route_to_changed_gateway_endpoints()
    _take_interfaces_with_nat_gateways()


def _keep_descriptions() -> None:
    """A rule's description. moto: gives it back for a rule about addresses only, so that each plan wants to set that of
    a rule about another group or a prefix list again. AWS: keeps it for every kind of rule."""
    initialize = SecurityGroupRule.__init__

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        initialize(self, *args, **kwargs)
        prefix_list = signature(initialize).bind(self, *args, **kwargs).arguments.get("prefix_list_id")
        self.prefix_list_description = (prefix_list or {}).get("Description")

    def description(self: Any) -> str | None:
        of_group: str | None = self.source_group.get("Description")
        return self.ip_range.get("Description") or of_group or self.prefix_list_description

    SecurityGroupRule.__init__ = __init__  # type: ignore[method-assign]
    SecurityGroupRule.description = property(description)  # type: ignore[assignment, method-assign]


def _find_endpoint_services() -> None:
    """`DescribeVpcEndpointServices` with a filter. moto: dies, as it looks for the values under a name that they had
    once. AWS: filters
    (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpcEndpointServices.html)."""
    original = VPCBackend._filter_endpoint_services

    def filter_services(names: list[str], filters: list[dict[str, Any]], services: Any) -> Any:
        return original(names, [{**one, "Value": one["Values"]} for one in filters], services)

    VPCBackend._filter_endpoint_services = staticmethod(filter_services)  # type: ignore[assignment, method-assign]


def _wait_for_ipv6_networks() -> None:
    """`DescribeSubnets` by `ipv6-cidr-block-association.association-id`, by which the provider waits for a subnet's
    network. moto: does not know the filter, and gives the state as a text of Python's. AWS: finds it, `associated`
    (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSubnets.html)."""
    original = Subnet.get_filter_value

    def get_filter_value(self: Subnet, filter_name: str, method_name: str | None = None) -> Any:
        if filter_name == "ipv6-cidr-block-association.association-id":
            return list(self.ipv6_cidr_block_associations)
        return original(self, filter_name, method_name)

    def associations(self: Subnet) -> list[dict[str, Any]]:
        every = self.ipv6_cidr_block_associations.values()
        return [one for one in every if one["ipv6CidrBlockState"]["State"] == "associated"]

    Subnet.get_filter_value = get_filter_value  # type: ignore[method-assign]
    Subnet.ipv6_cidr_block_association_set = property(associations)  # type: ignore[assignment, method-assign]


def _route_to_changed_gateway_endpoints() -> None:
    """`ModifyVpcEndpoint` with other route tables. moto: notes them, and dies of the missing routes when the endpoint
    is deleted. AWS: adds the routes to the tables, and removes them
    (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyVpcEndpoint.html)."""
    original = VPCBackend.modify_vpc_endpoint

    def modify_vpc_endpoint(self: Any, **changes: Any) -> None:
        (endpoint,) = self.describe_vpc_endpoints(vpc_end_point_ids=[changes["vpc_id"]])
        original(self, **changes)
        prefix_list = endpoint.destination_prefix_list_id
        for table in changes["remove_route_tables"]:
            self.delete_route(table, None, destination_prefix_list_id=prefix_list)
        for table in changes["add_route_tables"]:
            self.create_route(table, None, gateway_id=endpoint.id, destination_prefix_list_id=prefix_list)

    VPCBackend.modify_vpc_endpoint = modify_vpc_endpoint  # type: ignore[assignment, method-assign]


def _take_interfaces_with_nat_gateways() -> None:
    """The network interface of a NAT gateway that is deleted. moto: keeps it. AWS: it goes with the gateway
    (https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-working-with.html)."""
    original = NatGatewayBackend.delete_nat_gateway

    def delete_nat_gateway(self: Any, nat_gateway_id: str) -> NatGateway:
        gateway = original(self, nat_gateway_id)
        self.enis.pop(gateway._eni.id, None)
        return gateway

    NatGatewayBackend.delete_nat_gateway = delete_nat_gateway  # type: ignore[method-assign]
