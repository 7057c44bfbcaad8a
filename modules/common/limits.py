"""AWS's limits as data: one row for each number, with the page it comes from.

The settings refuse at synthesis what would break one of them, and the emulated AWS refuses it as AWS does.
"""

from __future__ import annotations

from dataclasses import dataclass

IAM_QUOTAS = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"


@dataclass(frozen=True)
class Limit:
    """One limit.

    Attributes:
        what: the thing counted, as in "characters of a managed policy, without white space".
        number: the largest number accepted.
        source: the page that says so.
        adjustable: AWS raises it on request; the number is then an account's default.
    """

    what: str
    number: int
    source: str
    adjustable: bool = False


MANAGED_POLICY_CHARACTERS = Limit("characters of a managed policy, without white space", 6144, IAM_QUOTAS)
MANAGED_POLICIES_PER_ROLE = Limit("managed policies attached to a role", 10, IAM_QUOTAS, adjustable=True)
INLINE_POLICY_CHARACTERS_PER_ROLE = Limit(
    "characters of a role's inline policies together, without white space", 10240, IAM_QUOTAS
)
TRUST_POLICY_CHARACTERS = Limit("characters of a role's trust policy", 2048, IAM_QUOTAS, adjustable=True)
ROLE_NAME_CHARACTERS = Limit("characters of a role's name", 64, IAM_QUOTAS)
