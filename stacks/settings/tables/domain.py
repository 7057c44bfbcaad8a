"""The table `domain`: the name that people type, and the certificate that proves it."""

from __future__ import annotations

from typing import Annotated

from stacks.settings import aws
from stacks.settings.checks import AWS, BOOLEAN, Section, Setting

BALANCER = f"{AWS}/elasticloadbalancing/latest/application"
ROUTE_53 = f"{AWS}/Route53/latest/DeveloperGuide"
ACM = f"{AWS}/acm/latest/userguide"


class DomainSettings(Section):
    """HTTPS under a name of your own. Without a name: plain HTTP under the load balancer's."""

    name: Annotated[
        str | None,
        Setting(
            "The name clients use; plain HTTP is then redirected to HTTPS",
            aws.DOMAIN_NAME,
            f"{BALANCER}/create-https-listener.html",
        ),
    ] = None
    hosted_zone_id: Annotated[
        str | None,
        Setting(
            "The Route 53 zone that gets the name; it proves the name to ACM, too, where no certificate is given",
            aws.HOSTED_ZONE_ID,
            f"{ROUTE_53}/routing-to-elb-load-balancer.html",
        ),
    ] = None
    create_hosted_zone: Annotated[
        bool,
        Setting(
            "Make a zone for the name itself, which the zone above then has to delegate to",
            BOOLEAN,
            f"{ROUTE_53}/CreatingNewSubdomain.html",
        ),
    ] = False
    certificate_arn: Annotated[
        str | None,
        Setting(
            "A certificate for the name; left out, ACM issues one and renews it",
            aws.CERTIFICATE_ARN,
            f"{ACM}/dns-validation.html",
        ),
    ] = None
    ssl_policy: Annotated[
        str,
        Setting(
            "The TLS versions and ciphers that clients may use",
            aws.SSL_POLICY,
            f"{BALANCER}/describe-ssl-policies.html",
        ),
    ] = aws.SSL_POLICIES[0]
