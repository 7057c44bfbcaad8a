"""NAT gateways: how private subnets reach the internet, which cannot reach them."""

from __future__ import annotations

from collections.abc import Sequence

from cdktf_cdktf_provider_aws.eip import Eip
from cdktf_cdktf_provider_aws.nat_gateway import NatGateway
from cdktf_cdktf_provider_aws.route import Route
from cdktf_cdktf_provider_aws.route_table import RouteTable
from constructs import Construct


class NatGateways(Construct):
    """A NAT gateway in each subnet given, with an address that stays
    (https://docs.aws.amazon.com/vpc/latest/userguide/vpc-nat-gateway.html).

    Args:
        name: the `Name` tag of each, with its number.
        subnet_ids: public subnets, known when they have their route to the internet gateway.

    Attributes:
        public_ips: where all that leaves comes from, in the order of the subnets.
    """

    def __init__(self, scope: Construct, id: str, *, name: str, subnet_ids: Sequence[str]) -> None:
        super().__init__(scope, id)
        self._gateways: list[NatGateway] = []
        self.public_ips: list[str] = []
        for number, subnet_id in enumerate(subnet_ids, start=1):
            tags = {"Name": f"{name}-{number}"}
            address = Eip(self, f"address_{number}", domain="vpc", tags=tags)
            self._gateways.append(
                NatGateway(self, str(number), allocation_id=address.id, subnet_id=subnet_id, tags=tags)
            )
            self.public_ips.append(address.public_ip)

    def route_from(self, table: RouteTable, *, number: int) -> Route:
        """Routes all IPv4 that a table has no other route for to a gateway.

        Args:
            table: of private subnets.
            number: the table's, from 1: with a gateway for each it is the gateway's too; the only one serves all.
        """
        gateway = self._gateways[min(number, len(self._gateways)) - 1]
        return Route(
            self,
            f"from_private_{number}",
            route_table_id=table.id,
            destination_cidr_block="0.0.0.0/0",
            nat_gateway_id=gateway.id,
        )
