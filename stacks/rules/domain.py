"""Rules on the server's name: a name has a certificate, and a certificate has a name."""

from __future__ import annotations

from collections.abc import Iterator

from modules.common import aws
from settings.language.errors import Refusal
from settings.language.rules import Broken, Rule, Values
from stacks.rules.given import is_given

ZONE_EXAMPLE = 'hosted_zone_id = "Z0123456789EXAMPLE12"'


def _said(values: Values) -> list[str]:
    """What of the name's zone and certificate is set."""
    given = [name for name in ("hosted_zone_id", "certificate_arn") if is_given(values, name)]
    return [*given, "create_hosted_zone"] if values["domain.create_hosted_zone"] else given


def zone_and_certificate_have_a_name(values: Values) -> Iterator[Broken]:
    """A zone or a certificate without a name would have no effect."""
    said = _said(values)
    if said and values["domain.name"] is None:
        refusal = Refusal(
            f"domain.{said[0]} is set, and there is no name that it is for.",
            "a domain name, or no other setting of [domain]",
            'add to [domain]: name = "mlflow.example.com".',
        )
        yield Broken(("domain", "name"), refusal)


def name_has_a_certificate(values: Values) -> Iterator[Broken]:
    """ACM issues a certificate to whoever can write in the name's zone
    (https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html)."""
    if values["domain.name"] is not None and not _said(values):
        refusal = Refusal(
            f"{values['domain.name']} has neither a certificate nor a zone in which ACM could see that it is yours.",
            "domain.hosted_zone_id, domain.create_hosted_zone or domain.certificate_arn together with domain.name",
            f"add to [domain]: {ZONE_EXAMPLE}; or certificate_arn, where the name's DNS is not in Route 53.",
        )
        yield Broken(("domain", "hosted_zone_id"), refusal)


def zone_is_made_or_given(values: Values) -> Iterator[Broken]:
    """One zone has the name."""
    if values["domain.create_hosted_zone"] and is_given(values, "hosted_zone_id"):
        refusal = Refusal(
            "A zone is given already: domain.hosted_zone_id.",
            "true only where no zone is given",
            "remove this line, or hosted_zone_id.",
        )
        yield Broken(("domain", "create_hosted_zone"), refusal)


def certificate_is_of_the_region(values: Values) -> Iterator[Broken]:
    """A load balancer takes certificates of its own region
    (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/https-listener-certificates.html)."""
    arn, region = values["domain.certificate_arn"], values["region"]
    wanted = f"arn:{aws.PARTITION_OF[region]}:acm:{region}:"
    if arn is not None and not arn.startswith(wanted):
        refusal = Refusal(
            f"The certificate is of {arn.split(':')[3]} ({arn.split(':')[1]}), the load balancer of {region}.",
            f"{wanted}…",
            f"have one issued in {region}, or leave it out: ACM then issues one there.",
        )
        yield Broken(("domain", "certificate_arn"), refusal)


DOMAIN_RULES: tuple[Rule, ...] = (
    zone_and_certificate_have_a_name,
    name_has_a_certificate,
    zone_is_made_or_given,
    certificate_is_of_the_region,
)
