"""checkov finds what is listed with a reason, and nothing else; nothing is listed that it no longer finds."""

from __future__ import annotations

from typing import Any

import pytest

from tests.policy.accepted_findings import CHECKOV, CHECKOV_DEMO, Accepted
from tests.policy.conftest import STACKS

IN_DEMO = (*CHECKOV, *CHECKOV_DEMO)


def pairs(accepted: tuple[Accepted, ...]) -> set[tuple[str, str]]:
    return {(one.check, name) for one in accepted for name in one.on}


def found(findings: dict[str, Any], *stacks: str) -> set[tuple[str, str]]:
    return {(check, name) for stack in stacks for check, names in findings[stack].items() for name in names}


@pytest.mark.parametrize("stack", STACKS)
def test_nothing_is_found_that_is_not_accepted(findings: dict[str, Any], stack: str) -> None:
    accepted = IN_DEMO if stack == "demo" else CHECKOV

    assert sorted(found(findings, stack) - pairs(accepted)) == [], (
        "mend it; or list it in tests/policy/accepted_findings.py with a reason, and run `make docs`"
    )


def test_nothing_is_accepted_that_is_not_found(findings: dict[str, Any]) -> None:
    stale = "it is mended: remove it from tests/policy/accepted_findings.py, and run `make docs`"

    assert sorted(pairs(CHECKOV) - found(findings, "production", "everything")) == [], stale
    assert sorted(pairs(CHECKOV_DEMO) - found(findings, "demo")) == [], stale


def test_each_check_is_listed_once_and_with_a_reason() -> None:
    checks = [one.check for one in IN_DEMO]

    assert len(checks) == len(set(checks)) or pairs(CHECKOV).isdisjoint(pairs(CHECKOV_DEMO))
    assert all(len(one.why) > 40 for one in IN_DEMO)
