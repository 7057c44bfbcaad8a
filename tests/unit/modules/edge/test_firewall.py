"""The firewall: AWS's rules but for those that only count, a limit, a log without secrets, and no metrics."""

from __future__ import annotations

import re
from typing import Any

import pytest

from modules.edge.firewall import Firewall
from modules.edge.firewall_rules import CORE, MANAGED_RULE_GROUPS
from modules.edge.settings import FirewallSettings
from stacks.base import AppStack
from tests.synthesis import Json, load_balancer_in, resource, synthesize, table


def firewall(*, path_prefix: str = "", **changes: Any) -> Json:
    def build(stack: AppStack) -> None:
        values: dict[str, Any] = {"log_retention_days": 14, "key": None}
        Firewall(
            stack,
            "firewall",
            settings=table(FirewallSettings, enabled=True, rate_limit=500),
            name="mlflow-test",
            load_balancer=load_balancer_in(stack, path_prefix=path_prefix),
            **{**values, **changes},
        )

    return synthesize(build)


@pytest.fixture(scope="module")
def web_acl() -> Json:
    return resource(firewall(), "aws_wafv2_web_acl.firewall")


def rules(web_acl: Json) -> dict[str, Json]:
    return {rule["name"]: rule for rule in web_acl["rule"]}


def test_web_acl_is_associated_with_the_load_balancer() -> None:
    association = resource(firewall(), "aws_wafv2_web_acl_association.firewall")

    assert association == {
        "resource_arn": "${aws_lb.load_balancer.arn}",
        "web_acl_arn": "${aws_wafv2_web_acl.firewall.arn}",
    }


def test_default_action_is_allow(web_acl: Json) -> None:
    assert web_acl["scope"] == "REGIONAL"
    assert web_acl["default_action"] == {"allow": {}}


def test_managed_rule_groups_block_except_counted_rules(web_acl: Json) -> None:
    for group in MANAGED_RULE_GROUPS:
        rule = rules(web_acl)[group.name]
        statement = rule["statement"]["managed_rule_group_statement"]

        assert rule["override_action"] == {"none": {}}
        assert (statement["vendor_name"], statement["name"]) == ("AWS", group.name)
        overridden = {one["name"]: one["action_to_use"] for one in statement["rule_action_override"]}
        assert overridden == {name: {"count": {}} for name in group.counted}


def test_no_rule_both_blocks_and_counts_and_each_has_its_reason() -> None:
    for group in MANAGED_RULE_GROUPS:
        assert not set(group.blocking) & set(group.counted)
        assert all(group.blocking.values()) and all(group.counted.values())
    assert len(CORE.blocking) > len(CORE.counted)


def test_metrics_come_first_then_the_limit_then_aws(web_acl: Json) -> None:
    by_priority = sorted(web_acl["rule"], key=lambda rule: rule["priority"])

    assert [rule["name"] for rule in by_priority] == [
        "metrics",
        "rate",
        *(group.name for group in MANAGED_RULE_GROUPS),
    ]
    assert len({rule["priority"] for rule in by_priority}) == len(by_priority)


def test_address_over_the_rate_limit_gets_429(web_acl: Json) -> None:
    rule = rules(web_acl)["rate"]

    assert rule["statement"]["rate_based_statement"] == {
        "limit": 500,
        "aggregate_key_type": "IP",
        "evaluation_window_sec": 300,
    }
    assert rule["action"]["block"]["custom_response"]["response_code"] == 429


@pytest.mark.parametrize(
    ("prefix", "path", "hidden"),
    [
        ("", "/metrics", True),
        ("", "/metrics/", True),
        ("", "/ajax-api/2.0/mlflow/metrics/get-history-bulk", False),
        ("", "/api/2.0/mlflow-artifacts/artifacts/1/r/artifacts/metrics", False),
        ("/team.a", "/metrics", True),
        ("/team.a", "/team.a/metrics", True),
        ("/team.a", "/teamXa/metrics", False),
    ],
)
def test_metrics_are_hidden_and_nothing_else(prefix: str, path: str, hidden: bool) -> None:
    rule = rules(resource(firewall(path_prefix=prefix), "aws_wafv2_web_acl.firewall"))["metrics"]

    pattern = rule["statement"]["regex_match_statement"]["regex_string"]
    assert bool(re.search(pattern, path)) == hidden
    assert rule["action"]["block"]["custom_response"]["response_code"] == 404


def test_blocked_and_counted_requests_are_logged_without_secrets() -> None:
    synthesized = firewall(log_retention_days=30)

    group = resource(synthesized, "aws_cloudwatch_log_group.firewall")
    assert (group["name"], group["retention_in_days"]) == ("aws-waf-logs-mlflow-test", 30)
    logging = resource(synthesized, "aws_wafv2_web_acl_logging_configuration.firewall")
    assert logging["log_destination_configs"] == ["${aws_cloudwatch_log_group.firewall.arn}"]
    redacted = [field["single_header"]["name"] for field in logging["redacted_fields"]]
    assert redacted == ["authorization", "cookie"]
    (kept,) = logging["logging_filter"]["filter"]
    assert logging["logging_filter"]["default_behavior"] == "DROP"
    actions = [condition["action_condition"]["action"] for condition in kept["condition"]]
    assert (kept["behavior"], actions) == ("KEEP", ["BLOCK", "COUNT", "EXCLUDED_AS_COUNT"])


def test_no_request_is_sampled_with_its_headers(web_acl: Json) -> None:
    configurations = [web_acl["visibility_config"]]
    configurations += [rule["visibility_config"] for rule in web_acl["rule"]]

    assert {one["sampled_requests_enabled"] for one in configurations} == {False}
    assert {one["cloudwatch_metrics_enabled"] for one in configurations} == {True}
