"""The server's own name: its certificate, its zone, and the records that lead to the load balancer."""

from __future__ import annotations

from constructs import Construct

from modules.edge.certificate import Certificate
from modules.edge.dns import Alias, HostedZone
from modules.edge.listeners import Https
from modules.edge.load_balancer import LoadBalancer
from modules.edge.settings import DomainSettings


class Domain:
    """HTTPS under a name of one's own.

    The certificate is the given one, or one that ACM issues once the zone proves the name.

    Args:
        scope: gets the resources, under names of their own.
        settings: the table `domain`.
        hosted_zone_id: the zone that gets the records; None without one, or if the settings ask for a new one.
        certificate_arn: None has ACM issue one, which needs a zone.
        prevent_destroy: Terraform refuses any plan that deletes a zone made here.

    Attributes:
        https: for the load balancer's listener.
        certificate_arn: of the certificate.
        hosted_zone_id: of the zone with the server's names; None without one.
        name_servers: of a zone made here, which the zone above has to delegate to; else None.
    """

    def __init__(
        self,
        scope: Construct,
        *,
        settings: DomainSettings,
        hosted_zone_id: str | None,
        certificate_arn: str | None,
        prevent_destroy: bool = False,
    ) -> None:
        self._scope = scope
        self._settings = settings
        self.hosted_zone_id = hosted_zone_id
        self.name_servers: list[str] | None = None
        if settings.create_hosted_zone:
            zone = HostedZone(scope, "hosted_zone", name=settings.name, prevent_destroy=prevent_destroy)
            self.hosted_zone_id, self.name_servers = zone.zone_id, zone.name_servers
        if certificate_arn is None:
            if self.hosted_zone_id is None:
                raise ValueError(f"{settings.name}: neither a certificate nor a zone to have one issued")
            certificate_arn = Certificate(
                scope,
                "certificate",
                domain_name=settings.name,
                additional_names=settings.additional_names,
                hosted_zone_id=self.hosted_zone_id,
            ).arn
        self.certificate_arn = certificate_arn
        self.https = Https(
            domain_name=settings.name,
            certificate_arn=certificate_arn,
            ssl_policy=settings.ssl_policy,
            additional_names=settings.additional_names,
        )

    def lead_to(self, load_balancer: LoadBalancer) -> None:
        """Adds a record for each name that the zone can have; without a zone, none."""
        if self.hosted_zone_id is None:
            return
        for name in self._settings.names_in_zone:
            Alias(
                self._scope,
                "alias" if name == self._settings.name else f"alias_{name.replace('.', '_')}",
                name=name,
                hosted_zone_id=self.hosted_zone_id,
                load_balancer=load_balancer,
            )
