"""A VPC that others made: its ids, and at plan time a look at whether the platform can work there."""

from __future__ import annotations

import json
from collections.abc import Sequence

from cdktf import Fn, Postcondition, TerraformResourceLifecycle, Token
from cdktf_cdktf_provider_aws.data_aws_subnet import DataAwsSubnet
from cdktf_cdktf_provider_aws.data_aws_vpc import DataAwsVpc
from constructs import Construct

from modules.common.aws import FARGATE_ZONE_IDS
from modules.network.existing_routes import (
    LEADS_BEYOND_THE_VPC,
    LEADS_TO_THE_INTERNET,
    ExistingRoutes,
)
from modules.network.reachability import is_closed
from modules.network.settings import NetworkSettings


class ExistingNetwork(Construct):
    """Another team's VPC and subnets, of which nothing is changed.

    A plan stops with what to change where a subnet is of another VPC, a tier has not one subnet in each of two zones or
    more, a public subnet is in a zone without a private one, the VPC has no DNS hostnames, or the routes do not lead
    where they have to.

    Args:
        settings: the table `network`. With IPv6, every subnet needs an IPv6 network; Fargate has to be in the zone of
            each subnet that tasks run in.
        vpc_id: `vpc-…`.
        public_subnet_ids, private_subnet_ids: `subnet-…`; a list whose length is known at plan time is fine.
        internal: the load balancer is in the private subnets. The public subnets route to an internet gateway unless
            the tasks are private, too. The subnets of private tasks route out of the VPC, to anything but an internet
            gateway, unless there are endpoints for everything that tasks call.
        region: where it is.

    Attributes:
        vpc_id, public_subnet_ids, private_subnet_ids, private_route_table_ids: as those of `Network`, known when the
            look has been good; subnets in the order of their ids.
        private_route_tables: their route tables' ids as an expression of Terraform's, for conditions.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        settings: NetworkSettings,
        vpc_id: str,
        public_subnet_ids: Sequence[str],
        private_subnet_ids: Sequence[str],
        internal: bool,
        region: str,
    ) -> None:
        super().__init__(scope, id)
        self._dual_stack = settings.dual_stack
        self._fargate_zone_ids: dict[str, Sequence[str]] = {
            settings.service_subnets: FARGATE_ZONE_IDS.get(region, ())
        }
        public_to_internet = not (settings.tasks_are_private and internal)
        private_to_beyond = settings.tasks_are_private and not is_closed(settings, is_given=True)
        public = self._subnets("public", public_subnet_ids, vpc_id)
        private = self._subnets("private", private_subnet_ids, vpc_id)
        # Read after the subnets: resources in the VPC are created only in subnets that passed the checks.
        vpc = DataAwsVpc(
            self,
            "resource",
            id=vpc_id,
            lifecycle=TerraformResourceLifecycle(
                postcondition=[
                    DNS_IS_ON,
                    _one_in_each_zone("public", public),
                    _one_in_each_zone("private", private),
                    _same_zones(public, private),
                ]
            ),
        )
        self.vpc_id: str = vpc.id
        # Of a resource with an instance for each id, the keys are the ids.
        self.public_subnet_ids = Token.as_list(Fn.keys(public))
        self.private_subnet_ids = Token.as_list(Fn.keys(private))
        routes = ExistingRoutes(
            self,
            "routes",
            vpc_id=vpc_id,
            subnets={"public": public, "private": private},
            conditions={
                "public": [LEADS_TO_THE_INTERNET] if public_to_internet else [],
                "private": [LEADS_BEYOND_THE_VPC] if private_to_beyond else [],
            },
        )
        self.private_route_tables = routes.table_ids("private")
        self.private_route_table_ids = Token.as_list(f"${{{self.private_route_tables}}}")

    def _subnets(self, tier: str, subnet_ids: Sequence[str], vpc_id: str) -> str:
        """Reads the subnets of a tier; returns their address."""
        zone_ids = self._fargate_zone_ids.get(tier, ())
        subnets = DataAwsSubnet(
            self,
            tier,
            id="${each.value}",
            lifecycle=TerraformResourceLifecycle(
                postcondition=[
                    _is_in(vpc_id, tier),
                    *([HAS_IPV6] if self._dual_stack else []),
                    *([_has_fargate(zone_ids, tier)] if zone_ids else []),
                ]
            ),
        )
        subnets.add_override("for_each", Fn.toset(list(subnet_ids)))
        return str(subnets.fqn)


# https://docs.aws.amazon.com/vpc/latest/userguide/AmazonDNS-concepts.html
DNS_IS_ON = Postcondition(
    condition="${self.enable_dns_support && self.enable_dns_hostnames}",
    error_message=(
        "${self.id} has enable_dns_support = ${self.enable_dns_support} and "
        "enable_dns_hostnames = ${self.enable_dns_hostnames}, and the server finds its database by a name. "
        "Allowed: a VPC with both on. Fix: have its owners set both to true."
    ),
)
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-ip-address-type.html
HAS_IPV6 = Postcondition(
    condition='${self.ipv6_cidr_block != ""}',
    error_message=(
        '${self.id} has no IPv6 network, and network.ip_address_type is "dualstack". Allowed: subnets with one. '
        'Fix: have their owners add it; or set ip_address_type = "ipv4".'
    ),
)


def _is_in(vpc_id: str, tier: str) -> Postcondition:
    return Postcondition(
        # A function's argument is quoted where it is a text, and not where it is a reference.
        condition=f"${{self.vpc_id == {Fn.tostring(vpc_id)}}}",
        error_message=(
            f"${{self.id}}, one of the {tier} subnets, is in ${{self.vpc_id}}, and vpc_id is {vpc_id}. "
            f"Allowed: subnets of that VPC. Fix: name its own in {tier}_subnet_ids, or the other VPC."
        ),
    )


def _has_fargate(zone_ids: Sequence[str], tier: str) -> Postcondition:
    """https://docs.aws.amazon.com/AmazonECS/latest/developerguide/AWS_Fargate-Regions.html#linux-regions"""
    return Postcondition(
        condition=f"${{contains({json.dumps(list(zone_ids))}, self.availability_zone_id)}}",
        error_message=(
            f"${{self.id}}, one of the {tier} subnets, is in the zone ${{self.availability_zone_id}}, which has no "
            f"Fargate. Allowed: subnets in {', '.join(zone_ids)}. Fix: name such ones in {tier}_subnet_ids."
        ),
    )


def _zones(subnets: str) -> str:
    return f"sort(values({subnets})[*].availability_zone)"


def _one_in_each_zone(tier: str, subnets: str) -> Postcondition:
    """A load balancer takes one subnet of a zone, and two zones or more, as does RDS
    (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html)."""
    zones = _zones(subnets)
    return Postcondition(
        condition=f"${{length({subnets}) >= 2 && length(distinct({zones})) == length({zones})}}",
        error_message=(
            f'The {tier} subnets are in the zones ${{join(", ", {zones})}}. '
            "Allowed: one subnet in each of two zones or more, as the database and the load balancer want. "
            f"Fix: name such ones in {tier}_subnet_ids."
        ),
    )


def _same_zones(public: str, private: str) -> Postcondition:
    """An internal load balancer, in the private subnets, reaches tasks in its own zones only."""
    return Postcondition(
        condition=f"${{length(setsubtract({_zones(public)}, {_zones(private)})) == 0}}",
        error_message=(
            f'The public subnets are in ${{join(", ", {_zones(public)})}}, the private ones in '
            f'${{join(", ", {_zones(private)})}}. Allowed: for each public subnet a private one of its zone. '
            "Fix: leave the other public subnets out, or name more private ones."
        ),
    )
