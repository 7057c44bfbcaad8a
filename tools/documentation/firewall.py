"""docs/firewall.md, from the firewall's own table of rules."""

from __future__ import annotations

from modules.edge.firewall import LOG_GROUP_PREFIX, SECRET_HEADERS
from modules.edge.firewall_rules import MANAGED_RULE_GROUPS, ManagedRuleGroup
from tools.documentation.markdown import MADE_BY, row, text

INTRODUCTION = f"""\
{MADE_BY.format(source="modules/edge/firewall_rules.py")}
# The firewall

In production [AWS WAF](https://docs.aws.amazon.com/waf/latest/developerguide/web-acl.html) looks at each request
before the load balancer passes it on, in this order:

1. `/metrics`, however it is written, is answered with 404.
2. An address that sends more than `firewall.rate_limit` requests in five minutes [is answered with
   429](https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-type-rate-based.html) until it sends
   fewer. A training run that logs ten values a second sends 3,000; where many clients share one address (a NAT
   gateway, a proxy), raise the limit.
3. AWS's [managed rules](https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-list.html),
   below. What they block is answered with 403.

MLflow's API carries what people log: names and contents of files, parameters, traces, and searches that read like
SQL. A rule that looks for attacks in such text would block work, and protect nothing: MLflow binds its SQL, and hands
files back as they came. These rules **count**, which shows in CloudWatch's metrics and in the log; all others
**block**. A test (`tests/image/test_firewall_traffic.py`) records what the MLflow client, a browser and plain HTTP
libraries send to a real server, and checks that nothing of it trips a rule that blocks, and that each rule that
counts would have blocked something (but for the cookies of a sign-in, which are the load balancer's). AWS publishes
sizes and examples, not its patterns: where it says little, the test looks for more than they can mean.

WAF reads the first 8 KB of a body
([limits](https://docs.aws.amazon.com/waf/latest/developerguide/waf-oversize-request-components.html)). The rules are
AWS's default version, which AWS renews. Left out on purpose: the lists of anonymous and hosting addresses, which are
where CI runners and notebooks come from.

## What to do when it blocks your request

`{LOG_GROUP_PREFIX}<name>-<environment>` in CloudWatch Logs has each request that was blocked or counted, with the
rule (`terminatingRuleId`, `ruleGroupList`). The headers {" and ".join(f"`{header}`" for header in SECRET_HEADERS)}
are [redacted](https://docs.aws.amazon.com/waf/latest/developerguide/logging-management.html), and no request is
sampled for the console, where they would be shown.
"""
HEADING = "| rule | | looks for, or why it only counts |\n| --- | --- | --- |\n"


def render() -> str:
    """The text of docs/firewall.md."""
    return INTRODUCTION + "\n" + "\n".join(map(_group, MANAGED_RULE_GROUPS))


def _group(group: ManagedRuleGroup) -> str:
    rows = [row(f"`{rule}`", "blocks", text(trigger)) for rule, trigger in group.blocking.items()]
    rows += [row(f"`{rule}`", "**counts**", text(reason)) for rule, reason in group.counted.items()]
    return f"## [{group.name}]({group.page})\n\nAgainst {group.purpose}.\n\n{HEADING}{''.join(rows)}"
