"""The certificate: of one name, proved in its zone, and used only once it has been issued."""

from __future__ import annotations

from cdktf import TerraformOutput

from modules.edge.certificate import Certificate
from stacks.base import AppStack
from tests.synthesis import resource, synthesize


def test_acm_sees_the_record_before_the_certificate_is_used() -> None:
    def build(stack: AppStack) -> None:
        made = Certificate(stack, "certificate", domain_name="mlflow.example.com", hosted_zone_id="Z1")
        TerraformOutput(stack, "arn", value=made.arn)

    synthesized = synthesize(build)

    certificate = resource(synthesized, "aws_acm_certificate.certificate")
    assert (certificate["domain_name"], certificate["validation_method"]) == ("mlflow.example.com", "DNS")
    assert certificate["lifecycle"] == {"create_before_destroy": True}
    option = "one(aws_acm_certificate.certificate.domain_validation_options)"
    assert resource(synthesized, "aws_route53_record.certificate_validation") == {
        "zone_id": "Z1",
        "name": f"${{{option}.resource_record_name}}",
        "type": f"${{{option}.resource_record_type}}",
        "records": [f"${{{option}.resource_record_value}}"],
        "ttl": 300,
    }
    assert resource(synthesized, "aws_acm_certificate_validation.certificate_issued") == {
        "certificate_arn": "${aws_acm_certificate.certificate.arn}",
        "validation_record_fqdns": ["${aws_route53_record.certificate_validation.fqdn}"],
    }
    issued = "${aws_acm_certificate_validation.certificate_issued.certificate_arn}"
    assert synthesized["output"]["arn"]["value"] == issued
