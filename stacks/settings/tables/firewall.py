"""The table `firewall`: AWS WAF in front of the load balancer."""

from __future__ import annotations

from typing import Annotated

from stacks.settings.checks import AWS, BOOLEAN, Section, Setting, between

WAF = f"{AWS}/waf/latest/developerguide"


class FirewallSettings(Section):
    """AWS WAF in front of the load balancer; docs/firewall.md says what it blocks."""

    enabled: Annotated[
        bool,
        Setting(
            "AWS's managed rules, but for those that MLflow's own traffic trips, and a limit for each address",
            BOOLEAN,
            f"{WAF}/web-acl.html",
        ),
    ]
    rate_limit: Annotated[
        int,
        Setting(
            "How many requests of one address are let through in five minutes; raise it where many clients share one",
            between(10, 2_000_000_000, "requests"),
            f"{WAF}/waf-rule-statement-type-rate-based.html",
        ),
    ] = 20_000
