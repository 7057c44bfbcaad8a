"""Who reaches the server, and how: the load balancer, its name and certificate, the firewall."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from constructs import Construct

from modules.edge.certificate import Certificate
from modules.edge.dns import Alias, HostedZone
from modules.edge.firewall import Firewall
from modules.edge.listeners import Https
from modules.edge.load_balancer import LoadBalancer
from modules.encryption.key import AnyKey
from modules.service.server_variables import STATIC_PREFIX
from modules.sign_in import values as openid
from modules.sign_in.openid import SignIn
from modules.storage.log_bucket import LogBucket
from stacks.parts.given import GivenValues
from stacks.parts.network import AnyNetwork
from stacks.settings import EnvironmentSettings


@dataclass(frozen=True, kw_only=True)
class Edge:
    """What stands between clients and the tasks.

    Attributes:
        load_balancer: in front of the tasks.
        outputs: the published values; None where there is no such thing.
        environment: what the server has to know of it.
        hosted_zone_id: of the Route 53 zone that has the server's name; None where there is none.
    """

    load_balancer: LoadBalancer
    outputs: Mapping[str, str | list[str] | None]
    environment: Mapping[str, str]
    hosted_zone_id: str | None


@dataclass(frozen=True, kw_only=True)
class _Domain:
    """The server's name: `https` for the listener, the zone that gets the record, and what was made for it."""

    https: Https
    zone_id: str | None
    zone: HostedZone | None


def edge_of(
    scope: Construct,
    *,
    settings: EnvironmentSettings,
    given: GivenValues,
    network: AnyNetwork,
    key: AnyKey | None,
    log_bucket: LogBucket | None,
) -> Edge:
    """The load balancer, with a name and behind a firewall where the settings say so; it logs to `log_bucket`."""
    domain = _domain_of(scope, settings=settings, given=given)
    balancer = _load_balancer_of(
        scope, settings=settings, network=network, domain=domain, log_bucket=log_bucket
    )
    firewall = _firewall_of(scope, settings=settings, load_balancer=balancer, key=key)
    if domain and domain.zone_id:
        for name in settings.domain.names_in_zone if settings.domain else ():
            Alias(
                scope,
                "alias" if name == domain.https.domain_name else f"alias_{name.replace('.', '_')}",
                name=name,
                hosted_zone_id=domain.zone_id,
                load_balancer=balancer,
                dual_stack=settings.network.ip_address_type == "dualstack",
            )
    sign_in = _sign_in_of(scope, settings=settings, load_balancer=balancer)
    zone = domain.zone if domain else None
    return Edge(
        load_balancer=balancer,
        outputs={
            "certificate_arn": domain.https.certificate_arn if domain else None,
            "hosted_zone_name_servers": zone.name_servers if zone else None,
            "web_acl_arn": firewall.web_acl_arn if firewall else None,
        },
        environment=sign_in.environment if sign_in else {},
        hosted_zone_id=domain.zone_id if domain else None,
    )


def _domain_of(scope: Construct, *, settings: EnvironmentSettings, given: GivenValues) -> _Domain | None:
    """The name with a certificate, given or issued; None is plain HTTP."""
    domain = settings.domain
    if domain is None:
        return None
    zone = None
    if domain.create_hosted_zone:
        zone = HostedZone(scope, "hosted_zone", name=domain.name, prevent_destroy=settings.protected)
    zone_id = zone.zone_id if zone else given.text("hosted_zone_id")
    certificate_arn = given.text("certificate_arn")
    # The settings' rules have seen to it that one of the two is there.
    if certificate_arn is None and zone_id is not None:
        certificate_arn = Certificate(
            scope,
            "certificate",
            domain_name=domain.name,
            additional_names=domain.additional_names,
            hosted_zone_id=zone_id,
        ).arn
    return _Domain(
        https=Https(
            domain_name=domain.name,
            certificate_arn=str(certificate_arn),
            ssl_policy=domain.ssl_policy,
            additional_names=domain.additional_names,
        ),
        zone_id=zone_id,
        zone=zone,
    )


def _firewall_of(
    scope: Construct, *, settings: EnvironmentSettings, load_balancer: LoadBalancer, key: AnyKey | None
) -> Firewall | None:
    """The web firewall in front of the load balancer."""
    if not settings.firewall.enabled:
        return None
    return Firewall(
        scope,
        "firewall",
        name=settings.full_name,
        load_balancer=load_balancer,
        rate_limit=settings.firewall.rate_limit,
        path_prefix=_path_prefix(settings),
        log_retention_days=settings.logs.retention_days,
        key=key,
    )


def _path_prefix(settings: EnvironmentSettings) -> str:
    return settings.service.environment.get(STATIC_PREFIX, "")


def _load_balancer_of(
    scope: Construct,
    *,
    settings: EnvironmentSettings,
    network: AnyNetwork,
    domain: _Domain | None,
    log_bucket: LogBucket | None,
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
        path_prefix=_path_prefix(settings),
        log_bucket=log_bucket,
        dual_stack=settings.network.ip_address_type == "dualstack",
    )


def _sign_in_of(
    scope: Construct, *, settings: EnvironmentSettings, load_balancer: LoadBalancer
) -> SignIn | None:
    """By whom people sign in; None lets in everyone who can connect."""
    provider = settings.sign_in.openid
    if provider is None:
        return None
    return SignIn(
        scope,
        "sign_in",
        name=settings.full_name,
        load_balancer=load_balancer,
        settings=provider,
        load_balancer_keys_url=openid.load_balancer_keys_url(settings.region),
    )
