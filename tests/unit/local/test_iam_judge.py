"""The judge of policies, against AWS's own rules of evaluation."""

from __future__ import annotations

from typing import Any

import pytest

from tests.iam.judge import Verdict, judge

ALLOWED, DENIED, NOT_MENTIONED = Verdict.ALLOWED, Verdict.DENIED, Verdict.NOT_MENTIONED
BUCKET = "arn:aws:s3:::ours/*"


def statement(effect: str = "Allow", **elements: Any) -> dict[str, Any]:
    return {"Effect": effect, "Action": "s3:Get*", "Resource": [BUCKET], **elements}


@pytest.mark.parametrize(
    ("action", "resource", "verdict"),
    [
        ("s3:GetObject", "arn:aws:s3:::ours/model", ALLOWED),
        ("S3:getobject", "arn:aws:s3:::ours/model", ALLOWED),
        ("s3:PutObject", "arn:aws:s3:::ours/model", NOT_MENTIONED),
        ("s3:GetObject", "arn:aws:s3:::theirs/model", NOT_MENTIONED),
        ("s3:GetObject", "ARN:AWS:S3:::OURS/model", NOT_MENTIONED),
        ("s3:GetObject", None, ALLOWED),
    ],
)
def test_actions_and_resources(action: str, resource: str | None, verdict: Verdict) -> None:
    assert judge([statement()], action, resource) is verdict


def test_a_refusal_wins_in_any_order() -> None:
    refusal = statement("Deny", Resource="arn:aws:s3:::ours/secret")

    for policies in ([refusal, statement()], [statement(), refusal]):
        assert judge(policies, "s3:GetObject", "arn:aws:s3:::ours/secret") is DENIED
        assert judge(policies, "s3:GetObject", "arn:aws:s3:::ours/model") is ALLOWED
        assert judge(policies, "s3:GetObject", None) is ALLOWED, "which object is not known"


@pytest.mark.parametrize(
    ("operator", "expected", "actual", "fits"),
    [
        ("StringEquals", ["a", "b"], "b", True),
        ("StringEquals", "a*", "ab", False),
        ("StringEquals", "a", None, False),
        ("StringEqualsIfExists", "a", None, True),
        ("StringEqualsIfExists", "a", "b", False),
        ("StringLike", "a*[b]", "aa[b]", True),
        ("StringLike", "a*", None, False),
        ("StringNotEquals", "a", "b", True),
        ("StringNotEquals", "a", "a", False),
        ("StringNotEquals", "a", None, True),
        ("StringNotEqualsIgnoreCaseIfExists", "true", "TRUE", False),
        ("ArnLike", "arn:aws:s3:::*", "arn:aws:s3:::ours", True),
        ("Bool", "true", "True", True),
        ("ForAnyValue:StringEquals", ["a"], "a", True),
        ("ForAnyValue:StringEquals", ["a"], ["b", "a"], True),
        ("ForAnyValue:StringEquals", ["a"], None, False),
        ("ForAllValues:StringEquals", ["a", "b"], ["b", "a"], True),
        ("ForAllValues:StringEquals", ["a"], ["a", "b"], False),
        ("ForAllValues:StringEquals", ["a"], None, True),
        ("ForAllValues:StringLike", ["a*"], ["ab", "ac"], True),
        ("Null", "false", ["a"], True),
        ("Null", "false", None, False),
        ("Null", "true", None, True),
    ],
)
def test_conditions(operator: str, expected: Any, actual: str | list[str] | None, fits: bool) -> None:
    conditioned = statement(Condition={operator: {"aws:Key": expected}})

    verdict = judge([conditioned], "s3:GetObject", "arn:aws:s3:::ours/x", {"aws:KEY": actual})

    assert verdict is (ALLOWED if fits else NOT_MENTIONED)


def test_unknown_condition_key_matches_allow_but_not_deny() -> None:
    condition = {"StringEquals": {"aws:ResourceTag/Environment": "test"}}
    policies = [statement(Condition=condition), statement("Deny", Condition=condition)]

    assert judge(policies, "s3:GetObject", "arn:aws:s3:::ours/x") is ALLOWED
    assert judge(policies, "s3:GetObject", "arn:aws:s3:::ours/x", knows_all=True) is NOT_MENTIONED
