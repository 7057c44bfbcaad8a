"""The web firewall: AWS WAF in front of the load balancer."""

from __future__ import annotations

import re
from typing import Any

from cdktf_cdktf_provider_aws.wafv2_web_acl import (
    Wafv2WebAcl,
    Wafv2WebAclCustomResponseBody,
    Wafv2WebAclDefaultAction,
    Wafv2WebAclDefaultActionAllow,
    Wafv2WebAclRule,
    Wafv2WebAclRuleAction,
    Wafv2WebAclRuleActionBlock,
    Wafv2WebAclRuleActionBlockCustomResponse,
    Wafv2WebAclRuleOverrideAction,
    Wafv2WebAclRuleOverrideActionNone,
    Wafv2WebAclRuleVisibilityConfig,
    Wafv2WebAclVisibilityConfig,
)
from cdktf_cdktf_provider_aws.wafv2_web_acl_association import Wafv2WebAclAssociation
from cdktf_cdktf_provider_aws.wafv2_web_acl_logging_configuration import (
    Wafv2WebAclLoggingConfiguration,
    Wafv2WebAclLoggingConfigurationLoggingFilter,
    Wafv2WebAclLoggingConfigurationLoggingFilterFilter,
    Wafv2WebAclLoggingConfigurationLoggingFilterFilterCondition,
    Wafv2WebAclLoggingConfigurationLoggingFilterFilterConditionActionCondition,
    Wafv2WebAclLoggingConfigurationRedactedFields,
    Wafv2WebAclLoggingConfigurationRedactedFieldsSingleHeader,
)
from constructs import Construct

from modules.common.log_group import LogGroup
from modules.edge.firewall_rules import MANAGED_RULE_GROUPS, ManagedRuleGroup
from modules.edge.listeners import METRICS_PATH
from modules.edge.load_balancer import LoadBalancer
from modules.edge.settings import FirewallSettings
from modules.encryption.key import AnyKey

# WAF writes only to log groups whose name begins so
# (https://docs.aws.amazon.com/waf/latest/developerguide/logging-cw-logs.html).
LOG_GROUP_PREFIX = "aws-waf-logs-"
RATE_WINDOW_SECONDS = 300
# Readers of the log could use what these contain.
SECRET_HEADERS = ("authorization", "cookie")
# A request that a rule would have blocked is worth a line as much as one that was.
LOGGED_ACTIONS = ("BLOCK", "COUNT", "EXCLUDED_AS_COUNT")


class Firewall(Construct):
    """A web ACL with AWS's managed rules, a limit for each address, and no way to `/metrics`
    (https://docs.aws.amazon.com/waf/latest/developerguide/web-acl.html).

    What is blocked or counted is logged, without the headers that hold secrets. No request is sampled for the console:
    samples would show these headers (https://docs.aws.amazon.com/waf/latest/developerguide/web-acl-testing-view-sample.html).

    Args:
        settings: the table `firewall`.
        name: of the web ACL; the log group is `aws-waf-logs-<name>`.
        load_balancer: protected by it.
        log_retention_days: a value CloudWatch Logs accepts.
        key: encrypts the log; None leaves it to CloudWatch Logs' own keys.

    Attributes:
        web_acl, log_group: the resources themselves.
        web_acl_arn: of the web ACL.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        settings: FirewallSettings,
        name: str,
        load_balancer: LoadBalancer,
        log_retention_days: int,
        key: AnyKey | None,
    ) -> None:
        super().__init__(scope, id)
        rules = [
            _metrics(load_balancer.path_prefix),
            _rate(settings.rate_limit),
            *map(_managed, MANAGED_RULE_GROUPS),
        ]
        self.web_acl = Wafv2WebAcl(
            self,
            "resource",
            name=name,
            description="MLflow",
            scope="REGIONAL",
            default_action=Wafv2WebAclDefaultAction(allow=Wafv2WebAclDefaultActionAllow()),
            rule=[
                Wafv2WebAclRule(
                    name=rule["name"],
                    priority=priority,
                    action=rule.get("action"),
                    override_action=rule.get("override_action"),
                    statement=rule["statement"],
                    visibility_config=Wafv2WebAclRuleVisibilityConfig(
                        cloudwatch_metrics_enabled=True,
                        metric_name=rule["name"],
                        sampled_requests_enabled=False,
                    ),
                )
                for priority, rule in enumerate(rules)
            ],
            custom_response_body=[
                Wafv2WebAclCustomResponseBody(key="not-found", content="Not Found", content_type="TEXT_PLAIN")
            ],
            visibility_config=Wafv2WebAclVisibilityConfig(
                cloudwatch_metrics_enabled=True, metric_name=name, sampled_requests_enabled=False
            ),
        )
        self.web_acl_arn: str = self.web_acl.arn
        Wafv2WebAclAssociation(
            self, "association", resource_arn=load_balancer.arn, web_acl_arn=self.web_acl_arn
        )
        self.log_group = LogGroup(
            self,
            "log_group",
            name=f"{LOG_GROUP_PREFIX}{name}",
            retention_days=log_retention_days,
            key=key,
        )
        self._log()

    def _log(self) -> None:
        """WAF lets itself write to the log group, as long as the applier may change resource policies there
        (https://docs.aws.amazon.com/waf/latest/developerguide/logging-cw-logs.html#logging-cw-permissions)."""
        conditions = [
            Wafv2WebAclLoggingConfigurationLoggingFilterFilterCondition(
                action_condition=Wafv2WebAclLoggingConfigurationLoggingFilterFilterConditionActionCondition(
                    action=action
                )
            )
            for action in LOGGED_ACTIONS
        ]
        Wafv2WebAclLoggingConfiguration(
            self,
            "logging",
            resource_arn=self.web_acl_arn,
            log_destination_configs=[self.log_group.arn],
            redacted_fields=[
                Wafv2WebAclLoggingConfigurationRedactedFields(
                    single_header=Wafv2WebAclLoggingConfigurationRedactedFieldsSingleHeader(name=header)
                )
                for header in SECRET_HEADERS
            ],
            logging_filter=Wafv2WebAclLoggingConfigurationLoggingFilter(
                default_behavior="DROP",
                filter=[
                    Wafv2WebAclLoggingConfigurationLoggingFilterFilter(
                        behavior="KEEP", requirement="MEETS_ANY", condition=conditions
                    )
                ],
            ),
        )


def _metrics(path_prefix: str) -> dict[str, Any]:
    """Answers 404 as the listener does, however the path is written: servers decode `/%6detrics`."""
    prefix = f"({re.escape(path_prefix)})?" if path_prefix else ""
    return {
        "name": "metrics",
        "action": Wafv2WebAclRuleAction(
            block=Wafv2WebAclRuleActionBlock(
                custom_response=Wafv2WebAclRuleActionBlockCustomResponse(
                    response_code=404, custom_response_body_key="not-found"
                )
            )
        ),
        "statement": {
            "regex_match_statement": {
                "regex_string": f"^{prefix}{METRICS_PATH}(/.*)?$",
                "field_to_match": {"uri_path": {}},
                "text_transformation": [
                    {"priority": 0, "type": "URL_DECODE"},
                    {"priority": 1, "type": "NORMALIZE_PATH"},
                ],
            }
        },
    }


def _rate(limit: int) -> dict[str, Any]:
    """Blocks an address for as long as it is over the limit
    (https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-type-rate-based.html)."""
    return {
        "name": "rate",
        "action": Wafv2WebAclRuleAction(
            block=Wafv2WebAclRuleActionBlock(
                custom_response=Wafv2WebAclRuleActionBlockCustomResponse(response_code=429)
            )
        ),
        "statement": {
            "rate_based_statement": {
                "limit": limit,
                "aggregate_key_type": "IP",
                "evaluation_window_sec": RATE_WINDOW_SECONDS,
            }
        },
    }


def _managed(group: ManagedRuleGroup) -> dict[str, Any]:
    """AWS's rules as AWS has them, but for those that only count."""
    return {
        "name": group.name,
        "override_action": Wafv2WebAclRuleOverrideAction(none=Wafv2WebAclRuleOverrideActionNone()),
        "statement": {
            "managed_rule_group_statement": {
                "vendor_name": "AWS",
                "name": group.name,
                "rule_action_override": [
                    {"name": rule, "action_to_use": {"count": {}}} for rule in group.counted
                ],
            }
        },
    }
