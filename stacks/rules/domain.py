"""Rules on the server's name: a name has a certificate, and a certificate has a name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from modules.common import aws
from settings.language.errors import Refusal
from settings.language.rules import Rule, Violation, value_at
from stacks.rules.given import is_given

if TYPE_CHECKING:
    from stacks.environment import EnvironmentSettings

ZONE_EXAMPLE = 'hosted_zone_id = "Z0123456789EXAMPLE12"'


def domain_values_have_a_domain(settings: EnvironmentSettings) -> Iterator[Violation]:
    """A zone or a certificate from another team's state would have no effect without a name."""
    state = settings.remote_state
    for name in ("hosted_zone_id", "certificate_arn"):
        if settings.domain is None and state is not None and name in state.outputs:
            refusal = Refusal(
                "There is no domain name that it is for.",
                "only together with [domain]",
                'add [domain] with name = "mlflow.example.com"; or remove this entry.',
            )
            yield Violation(("remote_state", "outputs", name), refusal)


def name_has_a_certificate(settings: EnvironmentSettings) -> Iterator[Violation]:
    """ACM issues a certificate to anyone who can write to the hosted zone of the name
    (https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html)."""
    domain = settings.domain
    if domain is None or domain.create_hosted_zone:
        return
    if not (is_given(settings, "hosted_zone_id") or is_given(settings, "certificate_arn")):
        refusal = Refusal(
            f"{domain.name} has neither a certificate nor a zone in which ACM could see that it is yours.",
            "domain.hosted_zone_id, domain.create_hosted_zone or domain.certificate_arn together with domain.name",
            f"add to [domain]: {ZONE_EXAMPLE}; or certificate_arn, where the name's DNS is not in Route 53.",
        )
        yield Violation(("domain", "hosted_zone_id"), refusal)


def names_are_different(settings: EnvironmentSettings) -> Iterator[Violation]:
    """Each name has one record."""
    names = settings.domain.names if settings.domain else ()
    for position, name in enumerate(names):
        if name in names[:position]:
            refusal = Refusal(
                f"{name} is listed twice.", "different names, and not domain.name", "remove it."
            )
            yield Violation(("domain", "additional_names", position - 1), refusal)


def certificate_can_have_the_names(settings: EnvironmentSettings) -> Iterator[Violation]:
    """ACM issues a certificate once each of its names is proved in the zone
    (https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html)."""
    domain = settings.domain
    if domain is None or is_given(settings, "certificate_arn"):
        return
    for position, name in enumerate(domain.additional_names):
        if name not in domain.names_in_zone:
            refusal = Refusal(
                f"{name} is not in the zone of {domain.name}, in which ACM could see that it is yours.",
                "names in the zone; any others together with domain.certificate_arn",
                "set domain.certificate_arn to a certificate for all names, and make the record of this one yourself.",
            )
            yield Violation(("domain", "additional_names", position), refusal)


def zone_is_made_or_given(settings: EnvironmentSettings) -> Iterator[Violation]:
    """One zone has the name."""
    if (
        settings.domain is not None
        and settings.domain.create_hosted_zone
        and is_given(settings, "hosted_zone_id")
    ):
        refusal = Refusal(
            "A zone is given already: domain.hosted_zone_id.",
            "true only where no zone is given",
            "remove this line, or hosted_zone_id.",
        )
        yield Violation(("domain", "create_hosted_zone"), refusal)


def certificate_is_of_the_region(settings: EnvironmentSettings) -> Iterator[Violation]:
    """A load balancer takes certificates of its own region
    (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/https-listener-certificates.html)."""
    arn, region = value_at(settings, "domain.certificate_arn"), settings.region
    wanted = f"arn:{aws.PARTITION_OF[region]}:acm:{region}:"
    if arn is not None and not arn.startswith(wanted):
        refusal = Refusal(
            f"The certificate is of {arn.split(':')[3]} ({arn.split(':')[1]}), the load balancer of {region}.",
            f"{wanted}…",
            f"have one issued in {region}, or leave it out: ACM then issues one there.",
        )
        yield Violation(("domain", "certificate_arn"), refusal)


DOMAIN_RULES: tuple[Rule, ...] = (
    domain_values_have_a_domain,
    name_has_a_certificate,
    names_are_different,
    certificate_can_have_the_names,
    zone_is_made_or_given,
    certificate_is_of_the_region,
)
