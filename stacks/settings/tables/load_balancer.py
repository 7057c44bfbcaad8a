"""The table `load_balancer`: who reaches the server, and how."""

from __future__ import annotations

from typing import Annotated

from pydantic import Strict

from stacks.settings import aws, network
from stacks.settings.checks import AWS, BOOLEAN, Allowed, Section, Setting

BALANCER = f"{AWS}/elasticloadbalancing/latest/application"

# Strict takes no list for a tuple: the items are strict, and the list is not.
Cidrs = Annotated[tuple[Annotated[str, Strict(), network.RANGE], ...], Strict(False)]


class LoadBalancerSettings(Section):
    """The Application Load Balancer in front of the server."""

    internal: Annotated[
        bool,
        Setting(
            "In the private subnets, reachable from the VPC and what is connected to it only",
            BOOLEAN,
            f"{BALANCER}/application-load-balancers.html#load-balancer-scheme",
        ),
    ]
    allowed_cidrs: Annotated[
        Cidrs,
        Setting(
            "The networks whose clients may connect",
            Allowed(f"different networks, each {network.RANGE.text}"),
            f"{BALANCER}/load-balancer-update-security-groups.html",
        ),
    ]
    idle_timeout_seconds: Annotated[
        int,
        Setting(
            "How long a connection may be silent, in seconds: longer than the longest pause of an upload",
            aws.IDLE_TIMEOUT_SECONDS,
            f"{BALANCER}/edit-load-balancer-attributes.html",
        ),
    ] = 300
    deletion_protection: Annotated[
        bool,
        Setting(
            "AWS refuses to delete the load balancer",
            BOOLEAN,
            f"{BALANCER}/edit-load-balancer-attributes.html",
        ),
    ]
