"""The routes of subnets that others made: where they lead, looked at in the plan."""

from __future__ import annotations

from collections.abc import Sequence

from cdktf import Postcondition, TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.data_aws_route_table import DataAwsRouteTable, DataAwsRouteTableFilter
from cdktf_cdktf_provider_aws.data_aws_route_tables import DataAwsRouteTables, DataAwsRouteTablesFilter
from constructs import Construct


class ExistingRoutes(Construct):
    """The route table of each subnet of a VPC: its own, or the VPC's main one
    (https://docs.aws.amazon.com/vpc/latest/userguide/subnet-route-tables.html).

    Args:
        vpc_id: the VPC.
        subnets: the addresses of its subnets' data sources, by tier; each has an instance for each subnet.
        conditions: tier → what the routes of each of its subnets have to fulfil.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        vpc_id: str,
        subnets: dict[str, str],
        conditions: dict[str, Sequence[Postcondition]],
    ) -> None:
        super().__init__(scope, id)
        self._tables: dict[str, str] = {}
        main = DataAwsRouteTable(
            self,
            "main",
            vpc_id=vpc_id,
            filter=[DataAwsRouteTableFilter(name="association.main", values=["true"])],
        )
        for tier, address in subnets.items():
            own = DataAwsRouteTables(
                self,
                f"{tier}_own",
                filter=[DataAwsRouteTablesFilter(name="association.subnet-id", values=["${each.key}"])],
            )
            own.add_override("for_each", f"${{{address}}}")
            table = DataAwsRouteTable(
                self,
                tier,
                route_table_id=f"${{try(tolist({own.fqn}[each.key].ids)[0], {main.fqn}.id)}}",
                lifecycle=_looks_at(conditions.get(tier, ())),
            )
            table.add_override("for_each", f"${{{address}}}")
            self._tables[tier] = str(table.fqn)

    def table_ids(self, tier: str) -> str:
        """The route tables of a tier's subnets, as an expression of Terraform's."""
        return f"distinct(values({self._tables[tier]})[*].id)"


def _looks_at(conditions: Sequence[Postcondition]) -> TerraformResourceLifecycle | None:
    return TerraformResourceLifecycle(postcondition=list(conditions)) if conditions else None


# By the endpoint of a firewall, where the VPC has one
# (https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Internet_Gateway.html,
# https://docs.aws.amazon.com/network-firewall/latest/developerguide/architectures.html).
LEADS_TO_THE_INTERNET = Postcondition(
    condition=(
        '${anytrue([for route in self.routes : route.cidr_block == "0.0.0.0/0" && '
        '(startswith(route.gateway_id, "igw-") || route.vpc_endpoint_id != "")])}'
    ),
    error_message=(
        "${each.key}, one of the public subnets, has no route of 0.0.0.0/0 to an internet gateway, or to a firewall "
        "before it, in ${self.id}. "
        "Allowed: subnets with one, for what has public addresses. "
        "Fix: name such ones in public_subnet_ids, or have the VPC's owners add the route."
    ),
)
# A NAT gateway, a transit gateway, a firewall, the company's own network: what lies behind it cannot be seen from here.
LEADS_BEYOND_THE_VPC = Postcondition(
    condition=(
        '${anytrue([for route in self.routes : (route.cidr_block != "" || route.destination_prefix_list_id != "") && '
        '!startswith(route.gateway_id, "igw-")])}'
    ),
    error_message=(
        "${each.key}, one of the private subnets, has no route out of the VPC in ${self.id} that a task without a "
        "public address could take. Allowed: subnets that route to a NAT gateway, a transit gateway or the like; or "
        'endpoints in the VPC. Fix: have its owners add the route; or set network.endpoints: "existing" where the VPC '
        'has what the tasks need, "all" to have it made.'
    ),
)
