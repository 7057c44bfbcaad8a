"""The VPC: public subnets that reach the internet, private ones that reach nothing but the VPC."""

from __future__ import annotations

from collections.abc import Sequence

from cdktf import ITerraformDependable
from cdktf_cdktf_provider_aws.internet_gateway import InternetGateway
from cdktf_cdktf_provider_aws.route import Route
from cdktf_cdktf_provider_aws.route_table import RouteTable
from cdktf_cdktf_provider_aws.route_table_association import RouteTableAssociation
from cdktf_cdktf_provider_aws.subnet import Subnet
from cdktf_cdktf_provider_aws.vpc import Vpc
from constructs import Construct


class Network(Construct):
    """A VPC with one public and one private subnet in each zone (https://docs.aws.amazon.com/vpc/latest/userguide/).

    Public subnets route to an internet gateway. Private subnets have the VPC's local route only, so a database there
    can neither be reached from the internet nor reach it. There is no NAT gateway: tasks that need the internet stand
    in public subnets with public addresses.

    Args:
        name: the `Name` tag of everything here, with a suffix.
        cidr_block: the VPC's IPv4 range, /16 to /28.
        availability_zones: zone names, one for each pair of subnets, at least two (RDS and ALB need two).
        public_subnet_cidrs: one for each zone, within `cidr_block`.
        private_subnet_cidrs: one for each zone, within `cidr_block`.

    Attributes:
        vpc: the VPC itself.
        vpc_id, public_subnet_ids, private_subnet_ids: what others need of it.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        cidr_block: str,
        availability_zones: Sequence[str],
        public_subnet_cidrs: Sequence[str],
        private_subnet_cidrs: Sequence[str],
    ) -> None:
        super().__init__(scope, id)
        self._name = name
        # RDS and interface endpoints are found by their DNS names within the VPC.
        self.vpc = Vpc(
            self,
            "resource",
            cidr_block=cidr_block,
            enable_dns_hostnames=True,
            enable_dns_support=True,
            tags={"Name": name},
        )
        self.vpc_id: str = self.vpc.id
        gateway = InternetGateway(self, "internet_gateway", vpc_id=self.vpc_id, tags={"Name": name})
        public = self._route_table("public")
        to_internet = Route(
            self,
            "public_to_internet",
            route_table_id=public.id,
            destination_cidr_block="0.0.0.0/0",
            gateway_id=gateway.id,
        )
        self.public_subnet_ids = self._subnets(
            "public", availability_zones, public_subnet_cidrs, table=public, after=[to_internet]
        )
        self.private_subnet_ids = self._subnets(
            "private", availability_zones, private_subnet_cidrs, table=self._route_table("private"), after=[]
        )

    def _route_table(self, tier: str) -> RouteTable:
        return RouteTable(self, tier, vpc_id=self.vpc_id, tags={"Name": f"{self._name}-{tier}"})

    def _subnets(
        self,
        tier: str,
        zones: Sequence[str],
        cidrs: Sequence[str],
        *,
        table: RouteTable,
        after: Sequence[ITerraformDependable],
    ) -> list[str]:
        """One subnet for each zone, and its id, which is known when the subnet has its routes.

        AWS refuses a load balancer for the internet before the VPC has a gateway, and to take the gateway away while a
        public address is in use: what stands in a subnet has to come after its routes and go before them.
        """
        subnet_ids: list[str] = []
        for number, (zone, cidr) in enumerate(zip(zones, cidrs, strict=True), start=1):
            subnet = Subnet(
                self,
                f"{tier}_{number}",
                vpc_id=self.vpc_id,
                availability_zone=zone,
                cidr_block=cidr,
                tags={"Name": f"{self._name}-{tier}-{number}"},
            )
            routes = RouteTableAssociation(
                self,
                f"{tier}_{number}_routes",
                subnet_id=subnet.id,
                route_table_id=table.id,
                depends_on=list(after) or None,
            )
            subnet_ids.append(routes.subnet_id)
        return subnet_ids
