"""The server's name: which certificate, which zone, and what the load balancer gets."""

from __future__ import annotations

from typing import Any

import pytest
from cdktf import TerraformOutput

from modules.edge.domain import Domain
from modules.edge.settings import DomainSettings
from stacks.base import AppStack
from tests.synthesis import Json, load_balancer_in, synthesize, table

CERTIFICATE = "arn:aws:acm:eu-west-1:111122223333:certificate/1"


def domain(*, zone: str | None = None, certificate: str | None = None, **settings: Any) -> Json:
    def build(stack: AppStack) -> None:
        made = Domain(
            stack,
            settings=table(DomainSettings, name="mlflow.example.com", **settings),
            hosted_zone_id=zone,
            certificate_arn=certificate,
        )
        made.lead_to(load_balancer_in(stack, https=made.https))
        TerraformOutput(stack, "used", value=made.https.certificate_arn)

    return synthesize(build)


def test_acm_issues_the_certificate_in_the_given_zone() -> None:
    synthesized = domain(zone="Z1")

    issued = "${aws_acm_certificate_validation.certificate_issued.certificate_arn}"
    assert synthesized["output"]["used"]["value"] == issued
    records = synthesized["resource"]["aws_route53_record"]
    assert {record["zone_id"] for record in records.values()} == {"Z1"}
    assert records["alias_a"]["name"] == "mlflow.example.com"


def test_a_given_certificate_is_used_as_it_is() -> None:
    synthesized = domain(certificate=CERTIFICATE)

    assert synthesized["output"]["used"]["value"] == CERTIFICATE
    assert not {"aws_acm_certificate", "aws_route53_record"} & synthesized["resource"].keys()


def test_a_new_zone_gets_the_records() -> None:
    records = domain(create_hosted_zone=True)["resource"]["aws_route53_record"]

    assert {record["zone_id"] for record in records.values()} == {"${aws_route53_zone.hosted_zone.zone_id}"}


def test_each_additional_name_has_a_record_of_its_own() -> None:
    records = domain(zone="Z1", additional_names=["ml.example.com"])["resource"]["aws_route53_record"]

    assert records["alias_ml_example_com_a"]["name"] == "ml.example.com"


def test_neither_zone_nor_certificate_is_a_mistake() -> None:
    with pytest.raises(ValueError, match=r"mlflow\.example\.com: neither"):
        domain()
