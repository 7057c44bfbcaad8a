"""The ways from the tasks to the services they call: VPC endpoints, the internet, or both."""

from __future__ import annotations

from constructs import Construct

from modules.common.account import Account
from modules.network.endpoints import InterfaceEndpoints, S3Gateway
from modules.network.existing import ExistingNetwork
from modules.network.existing_endpoints import ExistingEndpoints
from modules.network.internet import Internet
from modules.network.network import ANY_IPV4, ANY_IPV6, Network
from modules.network.reachability import endpoints_of, is_closed
from modules.network.settings import NetworkSettings
from modules.service.service import Outbound


def ways_out(
    scope: Construct,
    *,
    settings: NetworkSettings,
    name: str,
    account: Account,
    network: Network | ExistingNetwork,
) -> list[Outbound]:
    """The ways out of `network` that `settings` ask for.

    Args:
        settings: the table `network`.
        name: the `Name` tag of what is created, with a suffix.
        account: where.
    """
    is_given = isinstance(network, ExistingNetwork)
    endpoints = endpoints_of(settings, is_given=is_given)
    ways: list[Outbound] = []
    if endpoints in ("s3", "all"):
        ways.append(
            S3Gateway(
                scope,
                "s3_endpoint",
                name=name,
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
                name=name,
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
    if not is_closed(settings, is_given=is_given):
        ways.append(Internet([ANY_IPV4, ANY_IPV6] if settings.dual_stack else [ANY_IPV4]))
    return ways
