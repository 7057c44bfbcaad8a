"""How IAM judges one request by policies: actions and resources with wildcards, and the conditions used here.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html

What is not known of a request (moto rarely knows the resource) is held to fit where a statement allows, and not to fit
where it refuses.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum
from fnmatch import translate
from functools import cache
from typing import Any

# Key → value, or values; None for a key that the request does not have.
Context = Mapping[str, str | Sequence[str] | None]

# What a statement may have; whom it is about is for the caller to see to.
ELEMENTS = {"Sid", "Effect", "Principal", "Action", "Resource", "Condition"}


class Verdict(Enum):
    ALLOWED = "allowed"
    DENIED = "denied"
    NOT_MENTIONED = "not mentioned"


def judge(
    statements: Iterable[Mapping[str, Any]],
    action: str,
    resource: str | None = None,
    context: Context | None = None,
    *,
    knows_all: bool = False,
) -> Verdict:
    """What `statements` say of one request.

    Args:
        statements: as in the policies' JSON.
        action: such as `iam:CreateRole`.
        resource: its ARN; None where it is not known.
        context: the condition keys that are known.
        knows_all: the request has no other key.

    Raises:
        ValueError: a statement has an element that is not judged here, such as `NotAction`.
        KeyError: or an operator.
    """
    keys = {name.lower(): value for name, value in (context or {}).items()}
    verdict = Verdict.NOT_MENTIONED
    for statement in statements:
        if unknown := statement.keys() - ELEMENTS:
            raise ValueError(f"elements that are not judged here: {sorted(unknown)}")
        allows = statement["Effect"] == "Allow"
        if (
            _fits(statement["Action"], action, ignore_case=True)
            and _resource_fits(statement, resource, unknown=allows)
            and _conditions_fit(statement.get("Condition", {}), keys, unknown=allows, knows_all=knows_all)
        ):
            if not allows:
                return Verdict.DENIED
            verdict = Verdict.ALLOWED
    return verdict


def _resource_fits(statement: Mapping[str, Any], resource: str | None, *, unknown: bool) -> bool:
    patterns = statement.get("Resource", "*")
    if resource is None:
        return unknown or "*" in _listed(patterns)
    return _fits(patterns, resource)


def _conditions_fit(
    conditions: Mapping[str, Mapping[str, Any]],
    keys: Context,
    *,
    unknown: bool,
    knows_all: bool,
) -> bool:
    """Every key of every operator has to."""
    for operator, expected in conditions.items():
        for key, values in expected.items():
            if key.lower() not in keys and not knows_all:
                fits = unknown
            else:
                fits = _fits_one(operator, keys.get(key.lower()), [str(value) for value in _listed(values)])
            if not fits:
                return False
    return True


def _fits_one(operator: str, actual: str | Sequence[str] | None, values: list[str]) -> bool:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html"""
    if operator == "Null":
        return (actual is None) is (values == ["true"])
    of_all = operator.startswith("ForAllValues:")
    name = operator.removeprefix("ForAllValues:").removeprefix("ForAnyValue:").removesuffix("IfExists")
    if actual is None:
        # A key that is not there is never equal, and always unequal; and all of its values fit, as there are none.
        return of_all or operator.endswith("IfExists") or name.startswith(("StringNot", "ArnNot"))
    fitting = (OPERATORS[name](one, values) for one in _listed(actual))
    return all(fitting) if of_all else any(fitting)


def _like(actual: str, patterns: list[str]) -> bool:
    return any(_pattern(pattern).match(actual) for pattern in patterns)


def _equal(actual: str, values: list[str]) -> bool:
    return actual in values


def _equal_but_for_case(actual: str, values: list[str]) -> bool:
    return actual.lower() in [value.lower() for value in values]


OPERATORS: Mapping[str, Callable[[str, list[str]], bool]] = {
    "ArnEquals": _like,
    "ArnLike": _like,
    "Bool": _equal_but_for_case,
    "StringEquals": _equal,
    "StringLike": _like,
    "StringNotEquals": lambda actual, values: not _equal(actual, values),
    "StringNotEqualsIgnoreCase": lambda actual, values: not _equal_but_for_case(actual, values),
}


def _fits(patterns: Any, value: str, *, ignore_case: bool = False) -> bool:
    if ignore_case:
        return _like(value.lower(), [pattern.lower() for pattern in _listed(patterns)])
    return _like(value, _listed(patterns))


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


@cache
def _pattern(pattern: str) -> re.Pattern[str]:
    # In IAM's patterns a bracket is only itself.
    return re.compile(translate(pattern.replace("[", "[[]")))
