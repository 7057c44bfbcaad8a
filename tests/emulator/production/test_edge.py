"""What stands between clients and the tasks, as AWS has it after the apply."""

from __future__ import annotations

import json
from typing import Any

import pytest

from modules.common import aws
from modules.edge.firewall_rules import MANAGED_RULE_GROUPS
from tests.emulator.environments import ACCOUNT, Platform
from tests.emulator.production.conftest import Client

NAME = "mlflow.example.com"


@pytest.fixture(scope="module")
def balancer(production: Platform, client: Client) -> dict[str, Any]:
    (found,) = client("elbv2").describe_load_balancers()["LoadBalancers"]
    return dict(found)


@pytest.fixture(scope="module")
def listeners(balancer: dict[str, Any], client: Client) -> dict[int, dict[str, Any]]:
    """Port → listener."""
    described = client("elbv2").describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])
    return {listener["Port"]: listener for listener in described["Listeners"]}


def attributes(listener: dict[str, Any], client: Client) -> dict[str, str]:
    described = client("elbv2").describe_listener_attributes(ListenerArn=listener["ListenerArn"])
    return {attribute["Key"]: attribute["Value"] for attribute in described["Attributes"]}


def test_https_uses_the_certificate_and_the_tls_policy(
    listeners: dict[int, dict[str, Any]], production: Platform, client: Client
) -> None:
    https = listeners[443]

    assert (https["Protocol"], https["SslPolicy"]) == ("HTTPS", aws.SSL_POLICIES[0])
    (arn,) = (certificate["CertificateArn"] for certificate in https["Certificates"])
    certificate = client("acm").describe_certificate(CertificateArn=arn)["Certificate"]
    assert (certificate["DomainName"], certificate["Status"]) == (NAME, "ISSUED")
    assert production.outputs()["certificate_arn"] == arn


def test_http_sends_everybody_to_https(listeners: dict[int, dict[str, Any]]) -> None:
    assert set(listeners) == {80, 443}
    (action,) = listeners[80]["DefaultActions"]
    assert action["Type"] == "redirect"
    redirect = action["RedirectConfig"]
    assert (redirect["Protocol"], redirect["Host"], redirect["Port"], redirect["StatusCode"]) == (
        "HTTPS",
        NAME,
        "443",
        "HTTP_301",
    )


def test_responses_hide_the_software_and_send_hsts(
    listeners: dict[int, dict[str, Any]], client: Client
) -> None:
    https, http = (attributes(listeners[port], client) for port in (443, 80))

    assert https["routing.http.response.server.enabled"] == "false"
    assert http["routing.http.response.server.enabled"] == "false"
    assert https["routing.http.response.strict_transport_security.header_value"] == "max-age=31536000"
    assert https["routing.http.response.x_content_type_options.header_value"] == "nosniff"


def test_metrics_are_answered_with_404(listeners: dict[int, dict[str, Any]], client: Client) -> None:
    rules = client("elbv2").describe_rules(ListenerArn=listeners[443]["ListenerArn"])["Rules"]

    first = next(rule for rule in rules if rule["Priority"] == "1")
    (condition,) = first["Conditions"]
    assert condition["Field"] == "path-pattern"
    assert set(condition["PathPatternConfig"]["Values"]) == {"/metrics", "/metrics/*"}
    (action,) = first["Actions"]
    assert action["Type"] == "fixed-response"
    assert action["FixedResponseConfig"]["StatusCode"] == "404"


def test_requests_are_taken_strictly(balancer: dict[str, Any], client: Client) -> None:
    described = client("elbv2").describe_load_balancer_attributes(LoadBalancerArn=balancer["LoadBalancerArn"])
    found = {attribute["Key"]: attribute["Value"] for attribute in described["Attributes"]}

    assert found["routing.http.desync_mitigation_mode"] == "strictest"
    assert found["routing.http.drop_invalid_header_fields.enabled"] == "true"
    assert found["routing.http.xff_header_processing.mode"] == "append"
    assert found["deletion_protection.enabled"] == "true"


def test_name_resolves_to_the_load_balancer_in_a_delegable_zone(
    balancer: dict[str, Any], production: Platform, client: Client
) -> None:
    (zone,) = client("route53").list_hosted_zones()["HostedZones"]
    records = client("route53").list_resource_record_sets(HostedZoneId=zone["Id"])["ResourceRecordSets"]

    assert zone["Name"] == f"{NAME}."
    (alias,) = (record["AliasTarget"] for record in records if record["Type"] == "A")
    assert alias["DNSName"].rstrip(".").lower() == balancer["DNSName"].lower()
    assert alias["HostedZoneId"] == balancer["CanonicalHostedZoneId"]
    servers = client("route53").get_hosted_zone(Id=zone["Id"])["DelegationSet"]["NameServers"]
    outputs = production.outputs()
    assert sorted(outputs["hosted_zone_name_servers"]) == sorted(servers)
    assert outputs["MLFLOW_TRACKING_URI"] == f"https://{NAME}"


def test_the_server_answers_under_that_name(production: Platform, client: Client) -> None:
    arn = production.outputs()["task_definition_arn"]
    task = client("ecs").describe_task_definition(taskDefinition=arn)["taskDefinition"]
    (container,) = task["containerDefinitions"]
    variables = {variable["name"]: variable["value"] for variable in container["environment"]}

    assert variables["MLFLOW_SERVER_ALLOWED_HOSTS"].startswith(f"{NAME},{NAME}:*,localhost,")
    assert variables["MLFLOW_SERVER_CORS_ALLOWED_ORIGINS"] == f"https://{NAME}"


def test_both_ports_are_open_to_the_named_networks_only(balancer: dict[str, Any], client: Client) -> None:
    (group,) = balancer["SecurityGroups"]
    rules = client("ec2").describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])[
        "SecurityGroupRules"
    ]

    ingress = {(rule["CidrIpv4"], rule["FromPort"]) for rule in rules if not rule["IsEgress"]}
    assert ingress == {("10.0.0.0/8", 80), ("10.0.0.0/8", 443)}


def test_firewall_protects_the_load_balancer_with_counted_rules(
    balancer: dict[str, Any], production: Platform, client: Client
) -> None:
    waf = client("wafv2")
    web_acl = waf.get_web_acl_for_resource(ResourceArn=balancer["LoadBalancerArn"])["WebACL"]

    assert web_acl["ARN"] == production.outputs()["web_acl_arn"]
    assert web_acl["DefaultAction"] == {"Allow": {}}
    by_name = {rule["Name"]: rule for rule in web_acl["Rules"]}
    for group in MANAGED_RULE_GROUPS:
        statement = by_name[group.name]["Statement"]["ManagedRuleGroupStatement"]
        counted = {one["Name"]: one["ActionToUse"] for one in statement.get("RuleActionOverrides", [])}
        assert counted == {name: {"Count": {}} for name in group.counted}
        assert by_name[group.name]["OverrideAction"] == {"None": {}}
    assert by_name["rate"]["Statement"]["RateBasedStatement"]["Limit"] == 5000
    assert by_name["metrics"]["Action"]["Block"]["CustomResponse"]["ResponseCode"] == 404


def test_firewall_logs_have_no_secrets(production: Platform, client: Client) -> None:
    arn = production.outputs()["web_acl_arn"]
    logging = client("wafv2").get_logging_configuration(ResourceArn=arn)["LoggingConfiguration"]

    (destination,) = logging["LogDestinationConfigs"]
    assert destination.rstrip(":*").endswith(":log-group:aws-waf-logs-mlflow-production")
    redacted = {field["SingleHeader"]["Name"] for field in logging["RedactedFields"]}
    assert redacted == {"authorization", "cookie"}
    assert logging["LoggingFilter"]["DefaultBehavior"] == "DROP"


def test_requests_and_connections_are_logged_to_a_locked_bucket(
    balancer: dict[str, Any], production: Platform, client: Client
) -> None:
    bucket = production.outputs()["log_bucket_name"]
    described = client("elbv2").describe_load_balancer_attributes(LoadBalancerArn=balancer["LoadBalancerArn"])
    found = {attribute["Key"]: attribute["Value"] for attribute in described["Attributes"]}
    s3 = client("s3")

    for kind in ("access_logs", "connection_logs"):
        assert found[f"{kind}.s3.enabled"] == "true"
        assert found[f"{kind}.s3.bucket"] == bucket
        assert found[f"{kind}.s3.prefix"] == "load-balancer"
    policy = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])
    by_sid = {statement["Sid"]: statement for statement in policy["Statement"]}
    assert by_sid["RefusePlainHttp"]["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    writer = by_sid["WriteLoadBalancerLogs"]
    assert writer["Principal"] == {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"}
    assert writer["Resource"] == f"arn:aws:s3:::{bucket}/load-balancer/AWSLogs/{ACCOUNT}/*"
    blocked = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert set(blocked.values()) == {True}
    (encryption,) = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert encryption["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    (rule,) = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    assert rule["Expiration"] == {"Days": 365}
