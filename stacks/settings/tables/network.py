"""The table `network`: the VPC and its subnets, made here or another team's."""

from __future__ import annotations

from typing import Annotated

from pydantic import Strict

from stacks.settings import aws, network
from stacks.settings.checks import AWS, Allowed, Section, Setting

SUBNETS = f"{AWS}/vpc/latest/userguide/subnet-sizing.html"

# Strict takes no list for a tuple: the items are strict, and the list is not.
Blocks = Annotated[tuple[Annotated[str, Strict(), network.BLOCK], ...], Strict(False)]
Zones = Annotated[tuple[Annotated[str, Strict()], ...], Strict(False)]
SubnetIds = Annotated[tuple[Annotated[str, Strict(), aws.SUBNET_ID], ...], Strict(False)]


class NetworkSettings(Section):
    """The VPC and its subnets: made here, or another team's by their ids."""

    vpc_cidr: Annotated[
        str,
        Setting("The VPC's IPv4 network", network.BLOCK, f"{AWS}/vpc/latest/userguide/vpc-cidr-blocks.html"),
    ] = "10.0.0.0/16"
    availability_zones: Annotated[
        Zones | None,
        Setting(
            "The zones to use, one for each pair of subnets; left out, the region's first",
            Allowed("different zones of the region, as many as there are public subnets"),
            f"{AWS}/global-infrastructure/latest/regions/aws-availability-zones.html",
        ),
    ] = None
    public_subnet_cidrs: Annotated[
        Blocks,
        Setting(
            "The subnets of the load balancer and the tasks, one in each zone",
            Allowed("2 to 6 networks inside the VPC's, /16 to /28, none overlapping; a load balancer's /27"),
            SUBNETS,
        ),
    ] = ("10.0.1.0/24", "10.0.2.0/24")
    private_subnet_cidrs: Annotated[
        Blocks,
        Setting(
            "The subnets of the database (and of an internal load balancer), one in each zone",
            Allowed("as many as there are public subnets, inside the VPC's network, none overlapping"),
            SUBNETS,
        ),
    ] = ("10.0.10.0/24", "10.0.20.0/24")
    vpc_id: Annotated[
        str | None,
        Setting(
            "Another team's VPC; left out, a VPC is made",
            aws.VPC_ID,
            f"{AWS}/vpc/latest/userguide/configure-your-vpc.html",
        ),
    ] = None
    public_subnet_ids: Annotated[
        SubnetIds | None,
        Setting(
            "Its subnets with a route to an internet gateway, for the load balancer and the tasks",
            Allowed(f"2 or more, one in each zone, each {aws.SUBNET_ID.text}"),
            SUBNETS,
        ),
    ] = None
    private_subnet_ids: Annotated[
        SubnetIds | None,
        Setting(
            "Its subnets for the database (and for an internal load balancer)",
            Allowed(f"2 or more, one in each zone, in the public ones' zones, each {aws.SUBNET_ID.text}"),
            SUBNETS,
        ),
    ] = None
