"""The VPC: public subnets that reach the internet, private ones that reach nothing but the VPC, or out by NAT."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cdktf import Fn
from cdktf_cdktf_provider_aws.default_security_group import DefaultSecurityGroup
from cdktf_cdktf_provider_aws.egress_only_internet_gateway import EgressOnlyInternetGateway
from cdktf_cdktf_provider_aws.internet_gateway import InternetGateway
from cdktf_cdktf_provider_aws.route import Route
from cdktf_cdktf_provider_aws.route_table import RouteTable
from cdktf_cdktf_provider_aws.route_table_association import RouteTableAssociation
from cdktf_cdktf_provider_aws.subnet import Subnet
from cdktf_cdktf_provider_aws.vpc import Vpc
from constructs import Construct

from modules.common.account import Account
from modules.network.nat import NatGateways
from modules.network.settings import NetworkSettings

ANY_IPV4, ANY_IPV6 = "0.0.0.0/0", "::/0"
# Which /64 of the VPC's /56 is whose: the number of a subnet is added.
FIRST_IPV6_NETWORK = {"public": 0x00, "private": 0x10}


@dataclass(frozen=True)
class Routing:
    """A route table, and the routes that have to be there before a subnet uses it."""

    table: RouteTable
    routes: Sequence[Route] = ()


class Network(Construct):
    """A VPC with one public and one private subnet in each zone (https://docs.aws.amazon.com/vpc/latest/userguide/).

    Public subnets route to an internet gateway. Private subnets have the VPC's local route only, so a database there
    can neither be reached from the internet nor reach it; with `nat` they route out to the internet as well, and
    still nothing reaches them from there. The VPC's default security group is closed: a resource without a security
    group of its own can reach nothing
    (https://docs.aws.amazon.com/vpc/latest/userguide/default-security-group.html).

    With IPv6, Amazon provides the networks
    (https://docs.aws.amazon.com/vpc/latest/userguide/vpc-migrate-ipv6.html); private subnets route out by IPv6, through
    an egress-only gateway, if they do by IPv4.

    Args:
        settings: the table `network`.
        name: the `Name` tag of every resource, with a suffix.
        account: checks the zones, or chooses the region's first ones: one for each pair of subnets.

    Attributes:
        vpc: the VPC itself.
        vpc_id, public_subnet_ids, private_subnet_ids: what others need of it.
        private_route_table_ids: of the private subnets.
        nat_public_ips: where all that leaves the private subnets comes from; empty without NAT.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        settings: NetworkSettings,
        name: str,
        account: Account,
    ) -> None:
        super().__init__(scope, id)
        self._settings = settings
        self._name = name
        zone_names = (
            account.checked_availability_zones(settings.availability_zones)
            if settings.availability_zones
            else account.first_availability_zones(len(settings.public_subnet_cidrs))
        )
        # RDS and interface endpoints are found by their DNS names within the VPC.
        self.vpc = Vpc(
            self,
            "resource",
            cidr_block=settings.vpc_cidr,
            assign_generated_ipv6_cidr_block=settings.dual_stack or None,
            enable_dns_hostnames=True,
            enable_dns_support=True,
            tags={"Name": name},
        )
        self.vpc_id: str = self.vpc.id
        DefaultSecurityGroup(self, "default_security_group", vpc_id=self.vpc_id, tags={"Name": name})
        zones = len(zone_names)
        public = [self._public()] * zones
        self.public_subnet_ids = self._subnets("public", zone_names, settings.public_subnet_cidrs, public)
        self.nat_public_ips: list[str] = []
        private = (
            [Routing(self._route_table("private"))] * zones
            if settings.nat == "none"
            else self._by_nat(settings.nat, zones)
        )
        self.private_subnet_ids = self._subnets("private", zone_names, settings.private_subnet_cidrs, private)
        tables = dict.fromkeys(routing.table for routing in private)
        self.private_route_table_ids: list[str] = [table.id for table in tables]

    def _public(self) -> Routing:
        gateway = InternetGateway(self, "internet_gateway", vpc_id=self.vpc_id, tags={"Name": self._name})
        table = self._route_table("public")
        routes = [
            Route(
                self,
                "public_to_internet",
                route_table_id=table.id,
                destination_cidr_block=ANY_IPV4,
                gateway_id=gateway.id,
            )
        ]
        if self._settings.dual_stack:
            routes.append(
                Route(
                    self,
                    "public_to_internet_ipv6",
                    route_table_id=table.id,
                    destination_ipv6_cidr_block=ANY_IPV6,
                    gateway_id=gateway.id,
                )
            )
        return Routing(table, routes)

    def _by_nat(self, nat: str, zones: int) -> list[Routing]:
        """The private subnets' routing, a table for each gateway."""
        subnet_ids = self.public_subnet_ids if nat == "per_az" else self.public_subnet_ids[:1]
        gateways = NatGateways(self, "nat", name=self._name, subnet_ids=subnet_ids)
        self.nat_public_ips = gateways.public_ips
        tiers = (
            ["private"] if nat == "single" else [f"private_zone_{number}" for number in range(1, zones + 1)]
        )
        tables = [self._route_table(tier) for tier in tiers]
        routes = [[gateways.route_from(table, number=number)] for number, table in enumerate(tables, start=1)]
        if self._settings.dual_stack:
            gateway = EgressOnlyInternetGateway(
                self, "egress_only_internet_gateway", vpc_id=self.vpc_id, tags={"Name": self._name}
            )
            for tier, table, its_routes in zip(tiers, tables, routes, strict=True):
                its_routes.append(
                    Route(
                        self,
                        f"{tier}_to_internet_ipv6",
                        route_table_id=table.id,
                        destination_ipv6_cidr_block=ANY_IPV6,
                        egress_only_gateway_id=gateway.id,
                    )
                )
        by_gateway = list(map(Routing, tables, routes))
        return by_gateway if nat == "per_az" else by_gateway * zones

    def _route_table(self, tier: str) -> RouteTable:
        name = f"{self._name}-{tier.replace('_', '-')}"
        return RouteTable(self, tier, vpc_id=self.vpc_id, tags={"Name": name})

    def _subnets(
        self, tier: str, zones: Sequence[str], cidrs: Sequence[str], routing: Sequence[Routing]
    ) -> list[str]:
        """One subnet for each zone, and its id, which is known when the subnet has its routes.

        AWS refuses a load balancer for the internet before the VPC has a gateway, and to take the gateway away while a
        public address is in use: resources in a subnet have to be created after its routes and deleted before them.
        """
        subnet_ids: list[str] = []
        for number, (zone, cidr, its) in enumerate(zip(zones, cidrs, routing, strict=True), start=1):
            subnet = Subnet(
                self,
                f"{tier}_{number}",
                vpc_id=self.vpc_id,
                availability_zone=zone,
                cidr_block=cidr,
                tags={"Name": f"{self._name}-{tier}-{number}"},
                **self._ipv6(tier, number),
            )
            association = RouteTableAssociation(
                self,
                f"{tier}_{number}_routes",
                subnet_id=subnet.id,
                route_table_id=its.table.id,
                depends_on=list(its.routes) or None,
            )
            subnet_ids.append(association.subnet_id)
        return subnet_ids

    def _ipv6(self, tier: str, number: int) -> dict[str, Any]:
        """A subnet's IPv6 network: a /64 of the VPC's /56."""
        if not self._settings.dual_stack:
            return {}
        block = Fn.cidrsubnet(self.vpc.ipv6_cidr_block, 8, FIRST_IPV6_NETWORK[tier] + number)
        return {"ipv6_cidr_block": block, "assign_ipv6_address_on_creation": True}
