"""The server's name across the stack: who issues what, what the server answers to, and what others read of it."""

from __future__ import annotations

import pytest

from tests.given.domain import ARN, CERTIFICATE, NAME, THEIRS, ZONE
from tests.given.plans import ENGINE_CHECK, resources, variables, waits_for
from tests.synthesis import Json, resource, synthesize_platform
from tests.texts import DEMO, PRODUCTION

OF_A_NAME = ("aws_acm", "aws_route53")


@pytest.fixture(scope="module")
def production() -> Json:
    return synthesize_platform(PRODUCTION)


@pytest.fixture(scope="module")
def own_zone() -> Json:
    return synthesize_platform(f"{DEMO}[domain]\n{NAME}create_hosted_zone = true\n")


def of_a_name(synthesized: Json) -> set[str]:
    return {address for address in resources(synthesized) if address.startswith(OF_A_NAME)}


def test_given_zone_gets_certificate_and_alias_records(production: Json) -> None:
    assert of_a_name(production) == {
        "aws_acm_certificate.certificate",
        "aws_acm_certificate_validation.certificate_issued",
        "aws_route53_record.alias_a",
        "aws_route53_record.certificate_validation",
    }
    records = production["resource"]["aws_route53_record"].values()
    assert {record["zone_id"] for record in records} == {"Z0123456789EXAMPLE12"}
    listener = resource(production, "aws_lb_listener.load_balancer_https")
    issued = "${aws_acm_certificate_validation.certificate_issued.certificate_arn}"
    assert listener["certificate_arn"] == production["output"]["certificate_arn"]["value"] == issued


def test_a_zone_of_our_own_tells_whom_to_delegate_to(own_zone: Json) -> None:
    zone_id = "${aws_route53_zone.hosted_zone.zone_id}"
    records = own_zone["resource"]["aws_route53_record"].values()

    assert {record["zone_id"] for record in records} == {zone_id}
    assert own_zone["output"]["hosted_zone_name_servers"]["value"] == (
        "${aws_route53_zone.hosted_zone.name_servers}"
    )
    assert "lifecycle" not in resource(own_zone, "aws_route53_zone.hosted_zone")


def test_a_production_zone_stays_until_it_is_released() -> None:
    own_zone = PRODUCTION.replace('hosted_zone_id = "Z0123456789EXAMPLE12"', "create_hosted_zone = true")

    kept = resource(synthesize_platform(own_zone), "aws_route53_zone.hosted_zone")
    released = resource(
        synthesize_platform("allow_destroy = true\n" + own_zone), "aws_route53_zone.hosted_zone"
    )
    assert kept["lifecycle"] == {"prevent_destroy": True}
    assert "lifecycle" not in released


def test_with_a_certificate_given_none_is_issued() -> None:
    synthesized = synthesize_platform(f"{DEMO}[domain]\n{NAME}{ZONE}{CERTIFICATE}")

    assert of_a_name(synthesized) == {"aws_route53_record.alias_a"}
    assert resource(synthesized, "aws_lb_listener.load_balancer_https")["certificate_arn"] == ARN


def test_given_certificate_without_zone_creates_no_record() -> None:
    assert of_a_name(synthesize_platform(f"{DEMO}[domain]\n{NAME}{CERTIFICATE}")) == set()


def test_zone_and_certificate_may_come_from_another_teams_state() -> None:
    theirs = f'{THEIRS}hosted_zone_id = "zone"\ncertificate_arn = "certificate"\n'
    synthesized = synthesize_platform(f"{DEMO}[domain]\n{NAME}{theirs}")

    outputs = "data.terraform_remote_state.remote_state.outputs"
    assert resource(synthesized, "aws_route53_record.alias_a")["zone_id"] == f"${{{outputs}.zone}}"
    listener = resource(synthesized, "aws_lb_listener.load_balancer_https")
    assert listener["certificate_arn"] == f"${{{outputs}.certificate}}"


def test_the_server_answers_under_its_name_and_no_other(production: Json) -> None:
    environment = variables(production)

    assert environment["MLFLOW_SERVER_ALLOWED_HOSTS"].split(",") == [
        "mlflow.example.com",
        "mlflow.example.com:*",
        "localhost",
        "localhost:*",
        "127.0.0.1",
        "127.0.0.1:*",
    ]
    assert environment["MLFLOW_SERVER_CORS_ALLOWED_ORIGINS"] == "https://mlflow.example.com"
    assert production["output"]["MLFLOW_TRACKING_URI"]["value"] == "https://mlflow.example.com"


def test_additional_names_lead_to_the_same_server() -> None:
    # Given a name beside the first in its zone, and one in another
    names = 'additional_names = ["tracking.example.com", "mlflow.internal"]\n'
    synthesized = synthesize_platform(f"{DEMO}[domain]\n{NAME}{ZONE}{names}{CERTIFICATE}")

    # Then the server answers under all of them, and the zone has those that it can have
    environment = variables(synthesized)
    assert (
        "tracking.example.com,tracking.example.com:*,mlflow.internal,"
        in environment["MLFLOW_SERVER_ALLOWED_HOSTS"]
    )
    assert environment["MLFLOW_SERVER_CORS_ALLOWED_ORIGINS"].split(",") == [
        "https://mlflow.example.com",
        "https://tracking.example.com",
        "https://mlflow.internal",
    ]
    records = synthesized["resource"]["aws_route53_record"]
    assert {name: record["name"] for name, record in records.items()} == {
        "alias_a": "mlflow.example.com",
        "alias_tracking_example_com_a": "tracking.example.com",
    }
    # And there is one address for clients to be told
    assert synthesized["output"]["MLFLOW_TRACKING_URI"]["value"] == "https://mlflow.example.com"


def test_a_certificate_for_all_names() -> None:
    names = 'additional_names = ["tracking.example.com"]\n'
    synthesized = synthesize_platform(f"{DEMO}[domain]\n{NAME}{ZONE}{names}")

    certificate = resource(synthesized, "aws_acm_certificate.certificate")
    assert certificate["subject_alternative_names"] == ["tracking.example.com"]
    validated = resource(synthesized, "aws_acm_certificate_validation.certificate_issued")
    assert len(validated["validation_record_fqdns"]) == 2
    record = resource(synthesized, "aws_route53_record.certificate_validation_tracking_example_com")
    assert 'option.domain_name == "tracking.example.com"' in record["name"]


def test_prefix_is_part_of_the_url_and_not_of_the_origin() -> None:
    prefix = '[service.environment]\nMLFLOW_STATIC_PREFIX = "/team"\n'
    synthesized = synthesize_platform(PRODUCTION + prefix)

    assert synthesized["output"]["MLFLOW_TRACKING_URI"]["value"] == "https://mlflow.example.com/team"
    assert variables(synthesized)["MLFLOW_SERVER_CORS_ALLOWED_ORIGINS"] == "https://mlflow.example.com"
    (condition,) = resource(synthesized, "aws_lb_listener_rule.load_balancer_metrics")["condition"]
    assert "/team/metrics" in condition["path_pattern"]["values"]


def test_an_apply_that_cannot_build_changes_nothing(production: Json, own_zone: Json) -> None:
    for synthesized in (production, own_zone):
        assert set(resources(synthesized)) - waits_for(synthesized, ENGINE_CHECK) == set()


def test_production_has_a_firewall_with_an_encrypted_log(production: Json) -> None:
    association = resource(production, "aws_wafv2_web_acl_association.firewall")
    assert association["resource_arn"] == "${aws_lb.load_balancer.arn}"
    assert production["output"]["web_acl_arn"]["value"] == "${aws_wafv2_web_acl.firewall.arn}"
    log = resource(production, "aws_cloudwatch_log_group.firewall")
    assert log["name"] == "aws-waf-logs-mlflow-test"
    assert log["kms_key_id"] == resource(production, "aws_cloudwatch_log_group.service")["kms_key_id"]


def test_the_load_balancer_writes_its_logs_as_soon_as_it_may(production: Json) -> None:
    balancer = resource(production, "aws_lb.load_balancer")

    where = {"bucket": "${aws_s3_bucket.log_bucket.bucket}", "prefix": "load-balancer", "enabled": True}
    assert balancer["access_logs"] == balancer["connection_logs"] == where
    assert balancer["depends_on"] == ["aws_s3_bucket_policy.log_bucket"]
    bucket = resource(production, "aws_s3_bucket.log_bucket")
    account = "${data.aws_caller_identity.account.account_id}"
    assert bucket["bucket"] == f"mlflow-test-logs-{account}-eu-west-1"
    assert bucket["lifecycle"] == {"prevent_destroy": True}


def test_a_released_production_leaves_no_logs() -> None:
    bucket = resource(synthesize_platform("allow_destroy = true\n" + PRODUCTION), "aws_s3_bucket.log_bucket")

    assert bucket["force_destroy"] is True and "lifecycle" not in bucket


def test_demo_firewall_and_access_logs_are_optional() -> None:
    of_the_edge = ("aws_wafv2_", "aws_s3_bucket.log_bucket", "aws_cloudwatch_log_group.firewall")

    def found(lines: str) -> list[str]:
        return [
            address for address in resources(synthesize_platform(lines)) if address.startswith(of_the_edge)
        ]

    assert found(DEMO) == []
    assert sorted(found(f"{DEMO}[firewall]\nenabled = true\n[logs]\naccess_logs = true\n")) == [
        "aws_cloudwatch_log_group.firewall",
        "aws_s3_bucket.log_bucket",
        "aws_wafv2_web_acl.firewall",
        "aws_wafv2_web_acl_association.firewall",
        "aws_wafv2_web_acl_logging_configuration.firewall",
    ]
