"""The roles of CI against all that Terraform asked in this environment's life, each request judged as AWS judges it.

What AWS asks for a request is tests/authorization's to say. That the roles suffice where CI plans and applies is in
test_access.py. Here: what of the first apply and of the destroy stays a person's, and what the roles allow that
nothing asked for. After the destroy, as its requests are among them.
"""

from __future__ import annotations

import pytest

from local.aws.requests import AwsRequest
from tests.authorization.judgement import Pattern, Role, unexpected
from tests.emulator.production.ci_tables import (
    DESTROY_IS_A_PERSONS,
    FIRST_APPLY_IS_A_PERSONS,
    NEVER_NEEDED,
    UNNEEDED_BY_APPLY,
    UNNEEDED_BY_PLAN,
)
from tests.emulator.production.conftest import Demands

pytestmark = pytest.mark.stage(4)

Recordings = dict[str, list[AwsRequest]]


@pytest.fixture(scope="module")
def life(destroyed: str, recordings: Recordings) -> Recordings:
    """What was asked in `apply`, `release` and `destroy`, all of it done."""
    return recordings


@pytest.mark.parametrize(
    ("stage", "expected"),
    [
        ("apply", FIRST_APPLY_IS_A_PERSONS),
        ("release", ()),
        ("destroy", DESTROY_IS_A_PERSONS),
    ],
)
def test_rights_left_to_people_are_listed(
    life: Recordings,
    demands: Demands,
    ci_roles: dict[str, Role],
    stage: str,
    expected: tuple[Pattern, ...],
) -> None:
    refused = ci_roles["apply"].refuses(demands(life[stage]))

    assert unexpected(refused, expected, tolerated=NEVER_NEEDED) == []


@pytest.mark.parametrize(
    ("role", "stages", "reasons"),
    [
        ("apply", ("apply", "release", "destroy"), UNNEEDED_BY_APPLY),
        # An apply begins with a plan.
        ("plan", ("release",), UNNEEDED_BY_PLAN),
    ],
)
def test_allowed_actions_are_needed_or_have_a_reason(
    life: Recordings,
    demands: Demands,
    ci_roles: dict[str, Role],
    role: str,
    stages: tuple[str, ...],
    reasons: dict[str, str],
) -> None:
    asked = [demand for stage in stages for demand in demands(life[stage])]

    unneeded = {entry.rpartition(" ")[2] for entry in ci_roles[role].unneeded(asked)}
    needed = {action for _, action in ci_roles[role].allowed_actions()} - unneeded

    assert sorted(unneeded - reasons.keys()) == []
    assert sorted(reasons.keys() - unneeded - needed) == [], "reasons for what is not allowed at all"
