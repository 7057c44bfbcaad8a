"""The tables `load_balancer`, `domain` and `firewall`: who reaches the server, under which name, and how."""

from __future__ import annotations

from typing import Annotated

from pydantic import Strict

from modules.common import aws
from modules.common.deletion import ON_PURPOSE
from modules.network import values as network
from settings.language.errors import Refusal
from settings.language.setting import (
    AWS,
    BOOLEAN,
    REQUIRED,
    Allowed,
    Defaults,
    Section,
    Setting,
    Unsafe,
    between,
    is_not_set,
)

BALANCER = f"{AWS}/elasticloadbalancing/latest/application"
ROUTE_53 = f"{AWS}/Route53/latest/DeveloperGuide"
ACM = f"{AWS}/acm/latest/userguide"
WAF = f"{AWS}/waf/latest/developerguide"

# Strict takes no list for a tuple: the items are strict, and the list is not.
DomainNames = Annotated[tuple[Annotated[str, Strict(), aws.DOMAIN_NAME], ...], Strict(False)]
Cidrs = Annotated[tuple[Annotated[str, Strict(), network.RANGE], ...], Strict(False)]


class LoadBalancerSettings(Section):
    """The Application Load Balancer in front of the server."""

    internal: Annotated[
        bool,
        Setting(
            "Place it in the private subnets, reachable only from the VPC and connected networks",
            BOOLEAN,
            f"{BALANCER}/application-load-balancers.html#load-balancer-scheme",
            defaults=Defaults(demo=False, production=True),
        ),
    ]
    allowed_cidrs: Annotated[
        Cidrs,
        Setting(
            "Networks that clients can connect from",
            Allowed(f"different networks, each {network.RANGE.text}"),
            f"{BALANCER}/load-balancer-update-security-groups.html",
            example='["203.0.113.0/24"]',
            defaults=Defaults(demo=("0.0.0.0/0",), production=REQUIRED),
        ),
    ]
    idle_timeout_seconds: Annotated[
        int,
        Setting(
            "Idle timeout of connections, in seconds; must be longer than the longest pause of an upload",
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
            defaults=Defaults(demo=False, production=True),
        ),
        Unsafe(
            is_not_set,
            Refusal(
                "Without deletion protection one wrong plan deletes the load balancer, and its name with it.",
                "true in production",
                f"remove the line. {ON_PURPOSE}",
            ),
        ),
    ]


class DomainSettings(Section):
    """HTTPS under a name of your own; without it, plain HTTP under the load balancer's name.

    Attributes:
        names: all of them, the first of which is the tracking URI's.
        names_in_zone: those that the zone can have: the ones below it, as far as its name is known.
    """

    name: Annotated[
        str,
        Setting(
            "Domain name of the server; HTTP is redirected to HTTPS",
            aws.DOMAIN_NAME,
            f"{BALANCER}/create-https-listener.html",
            example='"mlflow.example.com"',
        ),
    ]
    additional_names: Annotated[
        DomainNames,
        Setting(
            "Additional domain names of the server. Names in the zone get records, and a certificate "
            "issued here is valid for all of them",
            Allowed(f"different names, each {aws.DOMAIN_NAME.text}"),
            f"{ACM}/acm-certificate-characteristics.html",
        ),
    ] = ()
    hosted_zone_id: Annotated[
        str | None,
        Setting(
            "Route 53 zone for the record; without `certificate_arn`, it also validates the certificate",
            aws.HOSTED_ZONE_ID,
            f"{ROUTE_53}/routing-to-elb-load-balancer.html",
        ),
    ] = None
    create_hosted_zone: Annotated[
        bool,
        Setting(
            "Create a zone for the name itself, which the parent zone must delegate to",
            BOOLEAN,
            f"{ROUTE_53}/CreatingNewSubdomain.html",
        ),
    ] = False
    certificate_arn: Annotated[
        str | None,
        Setting(
            "Existing certificate for the name. Default: ACM issues and renews one",
            aws.CERTIFICATE_ARN,
            f"{ACM}/dns-validation.html",
        ),
    ] = None
    ssl_policy: Annotated[
        str,
        Setting(
            "TLS versions and ciphers that clients can use",
            aws.SSL_POLICY,
            f"{BALANCER}/describe-ssl-policies.html",
        ),
    ] = aws.SSL_POLICIES[0]

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name, *self.additional_names)

    @property
    def names_in_zone(self) -> tuple[str, ...]:
        # A zone that is made here is for the name itself. One that is given is for that or for what is above it; a
        # top-level domain is never a zone of ours.
        parent = self.name.partition(".")[2]
        zone = self.name if self.create_hosted_zone or "." not in parent else parent
        return tuple(name for name in self.names if name == self.name or name.endswith(f".{zone}"))


class FirewallSettings(Section):
    """AWS WAF in front of the load balancer; docs/firewall.md says what it blocks."""

    enabled: Annotated[
        bool,
        Setting(
            "Create a web ACL: AWS's managed rules, except those that block MLflow's own traffic, and a "
            "rate limit for each address",
            BOOLEAN,
            f"{WAF}/web-acl.html",
            defaults=Defaults(demo=False, production=True),
        ),
        Unsafe(
            is_not_set,
            Refusal(
                "Requests of known attackers and floods from one address would reach the server.",
                "true in production",
                "remove the line. Where the firewall blocks a request of yours, docs/firewall.md says what to do.",
            ),
        ),
    ]
    rate_limit: Annotated[
        int,
        Setting(
            "Requests that one address can send in five minutes; increase it if many clients share an "
            "address",
            between(10, 2_000_000_000, "requests"),
            f"{WAF}/waf-rule-statement-type-rate-based.html",
        ),
    ] = 20_000
