"""The certificate of a name, issued and renewed by ACM."""

from __future__ import annotations

from collections.abc import Sequence

from cdktf import TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.acm_certificate import AcmCertificate
from cdktf_cdktf_provider_aws.acm_certificate_validation import AcmCertificateValidation
from cdktf_cdktf_provider_aws.route53_record import Route53Record
from constructs import Construct

RECORD_TTL_SECONDS = 300


class Certificate(Construct):
    """A public certificate, proved by a record in the name's zone
    (https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html).

    ACM renews it while the record exists. Certificates are public: anyone who reads the transparency logs sees the
    name (https://docs.aws.amazon.com/acm/latest/userguide/acm-concepts.html#concept-transparency).

    Args:
        domain_name: the name it is for, at most 64 characters.
        additional_names: others that it is for as well.
        hosted_zone_id: a public Route 53 zone that has all of them. The apply waits, up to 75 minutes, until ACM has
            seen the records there.

    Attributes:
        certificate: the certificate itself.
        arn: known when it has been issued.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        domain_name: str,
        hosted_zone_id: str,
        additional_names: Sequence[str] = (),
    ) -> None:
        super().__init__(scope, id)
        self.certificate = AcmCertificate(
            self,
            "resource",
            domain_name=domain_name,
            subject_alternative_names=list(additional_names) or None,
            validation_method="DNS",
            # The listener moves to the new one before the old one goes.
            lifecycle=TerraformResourceLifecycle(create_before_destroy=True),
        )
        options = f"{self.certificate.fqn}.domain_validation_options"
        if not additional_names:
            # One name, one record: the set has one member.
            records = [self._record("validation", f"one({options})", hosted_zone_id)]
        else:
            records = [
                self._record(
                    "validation" if name == domain_name else f"validation_{name.replace('.', '_')}",
                    f'one([for option in {options} : option if option.domain_name == "{name}"])',
                    hosted_zone_id,
                )
                for name in (domain_name, *additional_names)
            ]
        issued = AcmCertificateValidation(
            self,
            "issued",
            certificate_arn=self.certificate.arn,
            validation_record_fqdns=[record.fqdn for record in records],
        )
        self.arn: str = issued.certificate_arn

    def _record(self, id: str, option: str, hosted_zone_id: str) -> Route53Record:
        """What ACM looks for."""
        return Route53Record(
            self,
            id,
            zone_id=hosted_zone_id,
            name=f"${{{option}.resource_record_name}}",
            type=f"${{{option}.resource_record_type}}",
            records=[f"${{{option}.resource_record_value}}"],
            ttl=RECORD_TTL_SECONDS,
        )
