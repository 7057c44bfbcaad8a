"""What AWS decides by a resource's policy, together with the policies of who asks.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html, for one account without
service control policies and boundaries. Each statement is judged by tests/iam/judge.py.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.iam.judge import Verdict, judge

ACCOUNT_ID = "123456789012"
ROOT = f"arn:aws:iam::{ACCOUNT_ID}:root"

Statements = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Request:
    """One call.

    Attributes:
        principal: the ARN of the role that calls, or a service's principal.
        action, resource: of the call.
        context: the condition keys that the call has.
    """

    principal: str
    action: str
    resource: str
    context: Mapping[str, str] = field(default_factory=dict)


def key_may_be_used(request: Request, *, key_policy: str, identity_policies: Sequence[str] = ()) -> bool:
    """Whether KMS does it: the key's policy allows it, or leaves it to the account, whose IAM policies then do."""
    statements = _statements(key_policy)
    directly = _verdict(_for(request.principal, statements), request)
    own = _verdict([one for text in identity_policies for one in _statements(text)], request)
    if Verdict.DENIED in (directly, own):
        return False
    of_the_account = request.principal.startswith(f"arn:aws:iam::{ACCOUNT_ID}:")
    delegated = of_the_account and _verdict(_for(ROOT, statements), request) is Verdict.ALLOWED
    return directly is Verdict.ALLOWED or (delegated and own is Verdict.ALLOWED)


def denied(request: Request, *, resource_policy: str) -> bool:
    """Whether a resource's policy refuses it to whoever asks."""
    return _verdict(_for(request.principal, _statements(resource_policy)), request) is Verdict.DENIED


def _verdict(statements: Statements, request: Request) -> Verdict:
    return judge(statements, request.action, request.resource, request.context, knows_all=True)


def _statements(policy: str) -> Statements:
    statements: Statements = json.loads(policy)["Statement"]
    return statements


def _for(whom: str, statements: Statements) -> Statements:
    return [one for one in statements if _is_for(whom, one["Principal"])]


def _is_for(whom: str, principal: Mapping[str, Any] | str) -> bool:
    if isinstance(principal, str):
        return principal == "*"
    named = [one for kind in principal.values() for one in ([kind] if isinstance(kind, str) else kind)]
    return "*" in named or whom in named
