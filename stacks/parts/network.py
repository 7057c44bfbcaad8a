"""The network: another team's, or one made here."""

from __future__ import annotations

from constructs import Construct

from modules.account import Account
from modules.existing_network import ExistingNetwork
from modules.network import Network
from stacks.parts.given import GivenValues
from stacks.settings import EnvironmentSettings

AnyNetwork = Network | ExistingNetwork


def network_of(
    scope: Construct, *, settings: EnvironmentSettings, account: Account, given: GivenValues
) -> AnyNetwork:
    """Another team's network where one is given; else a new one."""
    vpc_id = given.text("vpc_id")
    public, private = given.texts("public_subnet_ids"), given.texts("private_subnet_ids")
    if vpc_id and public and private:
        return ExistingNetwork(
            scope, "network", vpc_id=vpc_id, public_subnet_ids=public, private_subnet_ids=private
        )
    network = settings.network
    zones = network.availability_zones
    return Network(
        scope,
        "network",
        name=settings.full_name,
        cidr_block=network.vpc_cidr,
        availability_zones=zones or account.first_availability_zones(len(network.public_subnet_cidrs)),
        public_subnet_cidrs=network.public_subnet_cidrs,
        private_subnet_cidrs=network.private_subnet_cidrs,
    )
