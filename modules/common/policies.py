"""IAM policy documents as plain JSON: one place that knows their syntax.

The plan shows a rendered document as IAM will have it, and it needs no data source, which a plan could defer to the
apply.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

POLICY_VERSION = "2012-10-17"


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One statement of a policy (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html).

    Attributes:
        sid: letters and digits, unique in its document; says what the statement is for.
        actions: IAM actions, such as `s3:GetObject`.
        resources: ARNs; None in a trust policy, which has none.
        principals: for a resource or trust policy, as in JSON: `{"Service": "ecs-tasks.amazonaws.com"}` or `"*"`.
        conditions: as in JSON: operator → key → value.
        effect: `Allow` (default) or `Deny`.
    """

    sid: str
    actions: Sequence[str]
    resources: Sequence[str] | None = None
    principals: Mapping[str, str | Sequence[str]] | str | None = None
    conditions: Mapping[str, Mapping[str, Any]] | None = None
    effect: str = "Allow"

    def as_json(self) -> dict[str, Any]:
        """The statement as IAM's JSON; absent elements are left out."""
        elements: dict[str, Any] = {
            "Sid": self.sid,
            "Effect": self.effect,
            "Principal": self.principals,
            "Action": list(self.actions),
            "Resource": None if self.resources is None else list(self.resources),
            "Condition": self.conditions,
        }
        return {key: value for key, value in elements.items() if value is not None}


def policy_document(*statements: Statement) -> str:
    """The JSON of a policy with `statements`, in the order given."""
    return json.dumps(
        {"Version": POLICY_VERSION, "Statement": [statement.as_json() for statement in statements]}
    )


def read_parameters(arn: str) -> Statement:
    """Reads the SSM parameters that `arn` names."""
    return Statement(sid="ReadParameters", actions=["ssm:GetParameter"], resources=[arn])


def service_trust_policy(service: str, *, account_id: str) -> str:
    """A trust policy that lets an AWS service assume the role for this account's resources only.

    The condition keeps another account's use of the same service out (the confused deputy,
    https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html).
    """
    return policy_document(
        Statement(
            sid="Assume",
            actions=["sts:AssumeRole"],
            principals={"Service": service},
            conditions={"StringEquals": {"aws:SourceAccount": account_id}},
        )
    )


def people_trust_policy(
    principals: Sequence[str], *, require_mfa: bool = False, external_id: str | None = None
) -> str:
    """A trust policy that lets AWS principals assume the role.

    Args:
        principals: the ARNs of roles, users and accounts.
        require_mfa: only who has just signed in with multi-factor authentication may.
        external_id: the external id required to assume the role; None requires none.
    """
    conditions: dict[str, dict[str, Any]] = {}
    if require_mfa:
        conditions["Bool"] = {"aws:MultiFactorAuthPresent": "true"}
    if external_id is not None:
        conditions["StringEquals"] = {"sts:ExternalId": external_id}
    return policy_document(
        Statement(
            sid="Assume",
            actions=["sts:AssumeRole"],
            principals={"AWS": list(principals)},
            conditions=conditions or None,
        )
    )
