"""Who reaches the server, and how: the load balancer, its name and its certificate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cdktf import TerraformResource
from constructs import Construct

from modules.certificate import Certificate
from modules.dns import Alias, HostedZone
from modules.listeners import Https
from modules.load_balancer import LoadBalancer
from stacks.parts.given import GivenValues
from stacks.parts.network import AnyNetwork
from stacks.settings import EnvironmentSettings

STATIC_PREFIX = "MLFLOW_STATIC_PREFIX"


@dataclass(frozen=True, kw_only=True)
class Edge:
    """What stands between clients and the tasks.

    Attributes:
        load_balancer: in front of the tasks.
        outputs: the published values; None where there is no such thing.
        first: what of it depends on nothing that the plan makes.
    """

    load_balancer: LoadBalancer
    outputs: Mapping[str, str | list[str] | None]
    first: tuple[TerraformResource, ...]


@dataclass(frozen=True, kw_only=True)
class _Domain:
    """The server's name: `https` for the listener, the zone that gets the record, and what was made for it."""

    https: Https
    zone_id: str | None
    zone: HostedZone | None
    certificate: Certificate | None


def edge_of(
    scope: Construct, *, settings: EnvironmentSettings, network: AnyNetwork, given: GivenValues
) -> Edge:
    """The load balancer under its name, where it has one of its own."""
    domain = _domain_of(scope, settings=settings, given=given)
    balancer = _load_balancer_of(scope, settings=settings, network=network, domain=domain)
    if domain and domain.zone_id:
        Alias(
            scope,
            "alias",
            name=domain.https.domain_name,
            hosted_zone_id=domain.zone_id,
            load_balancer=balancer,
            dual_stack=settings.network.ip_address_type == "dualstack",
        )
    zone = domain.zone if domain else None
    first: list[TerraformResource] = []
    if domain and domain.zone:
        first.append(domain.zone.zone)
    if domain and domain.certificate:
        first.append(domain.certificate.certificate)
    return Edge(
        load_balancer=balancer,
        outputs={
            "certificate_arn": domain.https.certificate_arn if domain else None,
            "hosted_zone_name_servers": zone.name_servers if zone else None,
        },
        first=tuple(first),
    )


def _domain_of(scope: Construct, *, settings: EnvironmentSettings, given: GivenValues) -> _Domain | None:
    """The name with a certificate, given or issued; None is plain HTTP."""
    domain = settings.domain
    if domain.name is None:
        return None
    zone = certificate = None
    if domain.create_hosted_zone:
        zone = HostedZone(scope, "hosted_zone", name=domain.name, prevent_destroy=settings.protected)
    zone_id = zone.zone_id if zone else given.text("hosted_zone_id")
    certificate_arn = given.text("certificate_arn")
    # The settings' rules have seen to it that one of the two is there.
    if certificate_arn is None and zone_id is not None:
        certificate = Certificate(scope, "certificate", domain_name=domain.name, hosted_zone_id=zone_id)
        certificate_arn = certificate.arn
    return _Domain(
        https=Https(
            domain_name=domain.name, certificate_arn=str(certificate_arn), ssl_policy=domain.ssl_policy
        ),
        zone_id=zone_id,
        zone=zone,
        certificate=certificate,
    )


def _load_balancer_of(
    scope: Construct, *, settings: EnvironmentSettings, network: AnyNetwork, domain: _Domain | None
) -> LoadBalancer:
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
        https=domain.https if domain else None,
        path_prefix=settings.service.environment.get(STATIC_PREFIX, ""),
        dual_stack=settings.network.ip_address_type == "dualstack",
    )
