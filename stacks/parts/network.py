"""The network: another team's, or one made here; what is logged of it, and how the tasks reach AWS from it."""

from __future__ import annotations

from constructs import Construct

from modules.common.account import Account
from modules.encryption.key import AnyKey
from modules.network.endpoints import InterfaceEndpoints, S3Gateway
from modules.network.existing import ExistingNetwork
from modules.network.existing_endpoints import ExistingEndpoints
from modules.network.flow_logs import FlowLogs
from modules.network.network import ANY_IPV4, ANY_IPV6, Network
from modules.network.outbound import Internet
from modules.network.reachability import endpoints_of, is_closed
from modules.service.service import Outbound
from stacks.parts.given import GivenValues
from stacks.settings import EnvironmentSettings

AnyNetwork = Network | ExistingNetwork


def network_of(
    scope: Construct, *, settings: EnvironmentSettings, account: Account, given: GivenValues
) -> AnyNetwork:
    """Another team's network where one is given; else a new one."""
    vpc_id = given.text("vpc_id")
    public, private = given.texts("public_subnet_ids"), given.texts("private_subnet_ids")
    network = settings.network
    dual_stack = network.ip_address_type == "dualstack"
    if vpc_id and public and private:
        tasks_are_private = network.service_subnets == "private"
        return ExistingNetwork(
            scope,
            "network",
            vpc_id=vpc_id,
            public_subnet_ids=public,
            private_subnet_ids=private,
            public_to_internet=not (tasks_are_private and settings.load_balancer.internal),
            private_to_beyond=tasks_are_private and not is_closed(_endpoints(settings), nat="none"),
            dual_stack=dual_stack,
            region=account.region,
            tasks_in=network.service_subnets,
        )
    zones = network.availability_zones
    return Network(
        scope,
        "network",
        name=settings.full_name,
        cidr_block=network.vpc_cidr,
        availability_zones=account.checked_availability_zones(zones)
        if zones
        else account.first_availability_zones(len(network.public_subnet_cidrs)),
        public_subnet_cidrs=network.public_subnet_cidrs,
        private_subnet_cidrs=network.private_subnet_cidrs,
        nat=network.nat,
        dual_stack=dual_stack,
    )


def flow_logs_of(
    scope: Construct,
    *,
    settings: EnvironmentSettings,
    account: Account,
    network: AnyNetwork,
    key: AnyKey | None,
) -> FlowLogs | None:
    """The flow logs of a VPC made here; None where they are not wanted, or the VPC is another team's."""
    if settings.network_is_given or not settings.network.flow_logs:
        return None
    return FlowLogs(
        scope,
        "flow_logs",
        name=settings.full_name,
        account=account,
        vpc_id=network.vpc_id,
        log_retention_days=settings.logs.retention_days,
        key=key,
    )


def outbound_of(
    scope: Construct, *, settings: EnvironmentSettings, account: Account, network: AnyNetwork
) -> list[Outbound]:
    """The ways from the tasks to what they call."""
    endpoints = _endpoints(settings)
    ways: list[Outbound] = []
    if endpoints in ("s3", "all"):
        ways.append(
            S3Gateway(
                scope,
                "s3_endpoint",
                name=settings.full_name,
                account=account,
                vpc_id=network.vpc_id,
                route_table_ids=network.private_route_table_ids,
            )
        )
    if endpoints == "all":
        ways.append(
            InterfaceEndpoints(
                scope,
                "endpoints",
                name=settings.full_name,
                account=account,
                vpc_id=network.vpc_id,
                subnet_ids=network.private_subnet_ids,
            )
        )
    if endpoints == "existing" and isinstance(network, ExistingNetwork):
        ways.append(
            ExistingEndpoints(
                scope,
                "their_endpoints",
                account=account,
                vpc_id=network.vpc_id,
                route_table_ids=network.private_route_tables,
            )
        )
    if not is_closed(endpoints, nat=settings.network.nat):
        dual_stack = settings.network.ip_address_type == "dualstack"
        ways.append(Internet([ANY_IPV4, ANY_IPV6] if dual_stack else [ANY_IPV4]))
    return ways


def _endpoints(settings: EnvironmentSettings) -> str:
    network = settings.network
    return endpoints_of(
        network.endpoints,
        service_subnets=network.service_subnets,
        nat=network.nat,
        is_given=settings.network_is_given,
    )
