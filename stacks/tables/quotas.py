"""The table `quotas`: what is refused beyond AWS's defaults depends on the account; AWS is asked for nothing."""

from __future__ import annotations

from typing import Annotated

from modules.common import limits
from settings.language.setting import Section, Setting, between

# AWS approves no more (https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html, security groups;
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html).
MOST_RULES_PER_SECURITY_GROUP = 1000
MOST_TRUST_POLICY_CHARACTERS = 8192


class QuotasSettings(Section):
    """Quotas of the account, if they differ from AWS's defaults."""

    rules_per_security_group: Annotated[
        int,
        Setting(
            "Inbound or outbound rules per security group",
            between(1, MOST_RULES_PER_SECURITY_GROUP, "rules"),
            limits.RULES_PER_SECURITY_GROUP.source,
        ),
    ] = limits.RULES_PER_SECURITY_GROUP.number
    elastic_ips: Annotated[
        int,
        Setting(
            "Elastic IP addresses available to this environment in the Region",
            between(1, 10_000, "addresses"),
            limits.ELASTIC_IPS.source,
        ),
    ] = limits.ELASTIC_IPS.number
    role_trust_policy_characters: Annotated[
        int,
        Setting(
            "Length of a role's trust policy, in characters",
            between(limits.TRUST_POLICY_CHARACTERS.number, MOST_TRUST_POLICY_CHARACTERS, "characters"),
            limits.TRUST_POLICY_CHARACTERS.source,
        ),
    ] = limits.TRUST_POLICY_CHARACTERS.number
