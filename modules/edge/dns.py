"""Names in Route 53: a zone of our own, and the records that lead to the load balancer."""

from __future__ import annotations

from cdktf import TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.route53_record import Route53Record, Route53RecordAlias
from cdktf_cdktf_provider_aws.route53_zone import Route53Zone
from constructs import Construct

from modules.edge.load_balancer import LoadBalancer


class HostedZone(Construct):
    """A public zone for one name and what is below it
    (https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/CreatingNewSubdomain.html).

    The world asks it once the zone above delegates to its name servers; a zone made anew has other ones.

    Args:
        name: `mlflow.example.com`.
        prevent_destroy: Terraform then refuses any plan that deletes the zone.

    Attributes:
        zone: the zone itself.
        zone_id: `Z…`.
        name_servers: four names, for an NS record in the zone above.
    """

    def __init__(self, scope: Construct, id: str, *, name: str, prevent_destroy: bool = False) -> None:
        super().__init__(scope, id)
        self.zone = Route53Zone(
            self,
            "resource",
            name=name,
            comment="MLflow",
            lifecycle=TerraformResourceLifecycle(prevent_destroy=True) if prevent_destroy else None,
        )
        self.zone_id: str = self.zone.zone_id
        self.name_servers: list[str] = self.zone.name_servers


class Alias(Construct):
    """A name for a load balancer
    (https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/routing-to-elb-load-balancer.html).

    A record that exists already is not overwritten: the apply stops.

    Args:
        name: in the zone `hosted_zone_id`.
        load_balancer: the target; with IPv6 addresses it gets an AAAA record, too.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        hosted_zone_id: str,
        load_balancer: LoadBalancer,
    ) -> None:
        super().__init__(scope, id)
        for record_type in ("A", "AAAA") if load_balancer.dual_stack else ("A",):
            Route53Record(
                self,
                record_type.lower(),
                zone_id=hosted_zone_id,
                name=name,
                type=record_type,
                alias=Route53RecordAlias(
                    name=load_balancer.dns_name,
                    zone_id=load_balancer.zone_id,
                    evaluate_target_health=True,
                ),
            )
