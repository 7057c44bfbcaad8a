"""The table `network`: the VPC and its subnets, made here or another team's."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Strict

from modules.common import aws
from modules.network import values as network
from settings.language.errors import Refusal
from settings.language.setting import AWS, BOOLEAN, Allowed, Defaults, Section, Setting, Unsafe

SUBNETS = f"{AWS}/vpc/latest/userguide/subnet-sizing.html"
ENDPOINTS = f"{AWS}/AmazonECS/latest/developerguide/vpc-endpoints.html"

# Strict takes no list for a tuple: the items are strict, and the list is not.
Blocks = Annotated[tuple[Annotated[str, Strict(), network.BLOCK], ...], Strict(False)]
Zones = Annotated[tuple[Annotated[str, Strict()], ...], Strict(False)]
SubnetIds = Annotated[tuple[Annotated[str, Strict(), aws.SUBNET_ID], ...], Strict(False)]


class NetworkSettings(Section):
    """The VPC and its subnets: new ones, or those of another team.

    Attributes:
        dual_stack: subnets and load balancer have IPv6 addresses as well.
        tasks_are_private: tasks run in the private subnets, without public addresses.
    """

    vpc_cidr: Annotated[
        str,
        Setting("The VPC's IPv4 network", network.BLOCK, f"{AWS}/vpc/latest/userguide/vpc-cidr-blocks.html"),
    ] = "10.0.0.0/16"
    availability_zones: Annotated[
        Zones | None,
        Setting(
            "Availability Zones, one for each pair of subnets. Default: the first ones of the Region",
            Allowed("different zones of the region, as many as there are public subnets"),
            f"{AWS}/global-infrastructure/latest/regions/aws-availability-zones.html",
        ),
    ] = None
    public_subnet_cidrs: Annotated[
        Blocks,
        Setting(
            "Networks of the public subnets, one in each zone: for an internet-facing load balancer, NAT "
            "gateways, and tasks with public addresses",
            Allowed("2 to 6 networks inside the VPC's, /16 to /28, none overlapping; a load balancer's /27"),
            SUBNETS,
        ),
    ] = ("10.0.1.0/24", "10.0.2.0/24")
    private_subnet_cidrs: Annotated[
        Blocks,
        Setting(
            "Networks of the private subnets, one in each zone: for the database, an internal load "
            "balancer, and tasks without public addresses",
            Allowed("as many as there are public subnets, inside the VPC's network, none overlapping"),
            SUBNETS,
        ),
    ] = ("10.0.10.0/24", "10.0.20.0/24")
    service_subnets: Annotated[
        Literal["public", "private"],
        Setting(
            "Subnets that tasks run in: `private`, without public addresses, or `public`, with them",
            Allowed('"public" or "private"'),
            f"{AWS}/AmazonECS/latest/developerguide/networking-outbound.html",
            defaults=Defaults(demo="public", production="private"),
        ),
        Unsafe(
            lambda tier: tier == "public",
            Refusal(
                "Tasks with public addresses are one wrong rule away from the internet.",
                '"private" in production',
                "remove the line. Tasks that need the internet use network.nat.",
            ),
        ),
    ]
    nat: Annotated[
        Literal["none", "single", "per_az"],
        Setting(
            "NAT gateways of the private subnets: none, one, or one in each zone",
            Allowed('"none", "single" or "per_az"; only "none" where tasks are in public subnets'),
            f"{AWS}/vpc/latest/userguide/nat-gateway-basics.html",
        ),
    ] = "none"
    endpoints: Annotated[
        Literal["none", "s3", "all", "existing"] | None,
        Setting(
            "VPC endpoints for tasks in private subnets: `all` that they need, only `s3`, which is free, "
            "`none`, or `existing` ones of another team's VPC. Default: `all` in a new VPC, `s3` with "
            "NAT, `none` in another team's VPC",
            Allowed('"none", "s3", "all" or "existing"'),
            ENDPOINTS,
        ),
    ] = None
    ip_address_type: Annotated[
        Literal["ipv4", "dualstack"],
        Setting(
            "IP addresses of the load balancer and networks of the subnets: IPv4, or IPv4 and IPv6",
            Allowed('"ipv4" or "dualstack"'),
            f"{AWS}/elasticloadbalancing/latest/application/load-balancer-ip-address-type.html",
        ),
    ] = "ipv4"
    flow_logs: Annotated[
        bool,
        Setting(
            "Log all connections in a new VPC to CloudWatch Logs",
            BOOLEAN,
            f"{AWS}/vpc/latest/userguide/flow-logs.html",
            defaults=Defaults(demo=False, production=True),
        ),
    ]
    vpc_id: Annotated[
        str | None,
        Setting(
            "Another team's VPC. Default: a new VPC",
            aws.VPC_ID,
            f"{AWS}/vpc/latest/userguide/configure-your-vpc.html",
        ),
    ] = None
    public_subnet_ids: Annotated[
        SubnetIds | None,
        Setting(
            "Subnets of that VPC with a route to an internet gateway, used instead of `public_subnet_cidrs`",
            Allowed(f"2 or more, one in each zone, each {aws.SUBNET_ID.text}"),
            SUBNETS,
        ),
    ] = None
    private_subnet_ids: Annotated[
        SubnetIds | None,
        Setting(
            "Subnets of that VPC without a route to an internet gateway, used instead of "
            "`private_subnet_cidrs`",
            Allowed(f"2 or more, one in each zone, in the public ones' zones, each {aws.SUBNET_ID.text}"),
            SUBNETS,
        ),
    ] = None

    @property
    def dual_stack(self) -> bool:
        return self.ip_address_type == "dualstack"

    @property
    def tasks_are_private(self) -> bool:
        return self.service_subnets == "private"
