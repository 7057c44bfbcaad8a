"""What IAM would decide, for policies in the few words that this project uses.

It follows AWS's evaluation logic (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html)
for one account without service control policies and boundaries. An operator or element that it does not know is an
error, never a yes or a no.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

ACCOUNT_ID = "123456789012"
ROOT = f"arn:aws:iam::{ACCOUNT_ID}:root"
KNOWN_ELEMENTS = {"Sid", "Effect", "Principal", "Action", "Resource", "Condition"}
# Operator → whether a value of the request fits one of the policy's.
OPERATORS: Mapping[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda value, wanted: value == wanted,
    "StringLike": lambda value, wanted: _like(value, wanted),
    "ArnLike": lambda value, wanted: _like(value, wanted),
    "Bool": lambda value, wanted: value == wanted,
}


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
    own = [policy for text in identity_policies for policy in _statements(text)]
    if _decides("Deny", statements, request, whom=request.principal) or _decides("Deny", own, request):
        return False
    directly = _decides("Allow", statements, request, whom=request.principal)
    of_the_account = request.principal.startswith(f"arn:aws:iam::{ACCOUNT_ID}:")
    delegated = of_the_account and _decides("Allow", statements, request, whom=ROOT)
    return directly or (delegated and _decides("Allow", own, request))


def denied(request: Request, *, resource_policy: str) -> bool:
    """Whether a resource's policy refuses it to whoever asks."""
    return _decides("Deny", _statements(resource_policy), request, whom=request.principal)


def _statements(policy: str) -> list[dict[str, Any]]:
    statements: list[dict[str, Any]] = json.loads(policy)["Statement"]
    for statement in statements:
        if unknown := statement.keys() - KNOWN_ELEMENTS:
            raise ValueError(f"elements that are not evaluated here: {unknown}")
    return statements


def _decides(
    effect: str, statements: Sequence[Mapping[str, Any]], request: Request, *, whom: str | None = None
) -> bool:
    return any(
        statement["Effect"] == effect
        and (whom is None or _is_for(whom, statement["Principal"]))
        and any(_like(request.action.lower(), action.lower()) for action in _list(statement["Action"]))
        and any(_like(request.resource, resource) for resource in _list(statement["Resource"]))
        and all(
            _holds(operator, key, _list(values), request.context)
            for operator, keys in statement.get("Condition", {}).items()
            for key, values in keys.items()
        )
        for statement in statements
    )


def _is_for(whom: str, principal: Mapping[str, Any] | str) -> bool:
    if isinstance(principal, str):
        return principal == "*"
    return any(one in ("*", whom) for kind in principal.values() for one in _list(kind))


def _holds(operator: str, key: str, wanted: Sequence[str], context: Mapping[str, str]) -> bool:
    value = context.get(key)
    if operator == "Null":
        return (value is None) == (wanted == ["true"])
    plain = operator.removesuffix("IfExists")
    if value is None:
        # A negated operator holds where there is nothing to compare with.
        return plain != operator or plain.startswith("StringNot")
    negated = plain.replace("StringNot", "String", 1)
    fits = any(OPERATORS[negated](value, one) for one in wanted)
    return not fits if negated != plain else fits


def _list(value: str | Sequence[str]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _like(value: str, pattern: str) -> bool:
    # IAM's wildcards are * and ? alone.
    return fnmatchcase(value, pattern.replace("[", "[[]"))
