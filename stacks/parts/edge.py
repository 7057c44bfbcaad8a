"""Who reaches the server, and how: the load balancer."""

from __future__ import annotations

from constructs import Construct

from modules.load_balancer import LoadBalancer
from stacks.parts.network import AnyNetwork
from stacks.settings import EnvironmentSettings


def load_balancer_of(scope: Construct, *, settings: EnvironmentSettings, network: AnyNetwork) -> LoadBalancer:
    """The load balancer, in the public subnets, or in the private ones where it is internal."""
    balancer = settings.load_balancer
    return LoadBalancer(
        scope,
        "load_balancer",
        name=settings.full_name,
        vpc_id=network.vpc_id,
        subnet_ids=network.private_subnet_ids if balancer.internal else network.public_subnet_ids,
        internal=balancer.internal,
        allowed_cidrs=balancer.allowed_cidrs,
        idle_timeout_seconds=balancer.idle_timeout_seconds,
        deletion_protection=balancer.deletion_protection,
        dual_stack=settings.network.ip_address_type == "dualstack",
    )
