"""The rights of CI cover each kind of resource that a stack can have."""

from __future__ import annotations

import pytest

from stacks.ci import RIGHTS
from tests.ci_policies import BOUNDED, EVERYTHING, of
from tests.given.existing import GIVEN, THEIRS
from tests.given.sign_in import DOMAIN, table
from tests.rendered import Renderer
from tests.synthesis import Json, synthesize_platform
from tests.texts import DEMO, PRODUCTION

WITH_NAT = '[network]\nservice_subnets = "private"\nnat = "per_az"\nip_address_type = "dualstack"\n'
OF_THEIRS = '[remote_state.outputs]\npermissions_boundary_arn = "boundary"\n'
# Of an adopted database, of a full name that can be split in another way, of another team's endpoints.
NOT_IN_THESE = {
    "data.aws_db_instance",
    "data.aws_ssm_parameters_by_path",
    "data.aws_vpc_endpoint",
}
SIGNED_IN = DEMO + DOMAIN + table()
READS = {kind: actions for rights in RIGHTS for kind, actions in rights.reads.items()}
CREATES = {kind: actions for rights in RIGHTS for kind, actions in rights.creates.items()}
BY_A_PERSON = {kind for rights in RIGHTS for kind in rights.by_a_person}


@pytest.fixture(scope="module")
def policies() -> dict[str, list[Json]]:
    return Renderer(synthesize_platform(BOUNDED)).documents("aws_iam_policy")


@pytest.fixture(scope="module")
def kinds() -> dict[str, set[str]]:
    """Environment → the kinds of resources and data sources that it has."""
    found = {}
    for lines in (
        DEMO,
        EVERYTHING,
        BOUNDED,
        DEMO + GIVEN,
        SIGNED_IN,
        DEMO + WITH_NAT,
        f"{PRODUCTION}{THEIRS}{OF_THEIRS}",
    ):
        synthesized = synthesize_platform(lines)
        found[lines] = {*synthesized["resource"], *(f"data.{kind}" for kind in synthesized["data"])}
    return found


def test_a_plan_may_refresh_every_kind_of_resource(kinds: dict[str, set[str]]) -> None:
    for lines, made in kinds.items():
        assert made - READS.keys() == set(), (
            f"say in the concern's rights.py what a refresh of it reads:\n{lines}"
        )


def test_apply_role_may_create_every_kind_except_manual_ones(
    kinds: dict[str, set[str]], policies: dict[str, list[Json]]
) -> None:
    made = {kind for found in kinds.values() for kind in found if not kind.startswith("data.")}
    assert made - CREATES.keys() - BY_A_PERSON == set(), "say in the concern's rights.py what creates it"
    assert BY_A_PERSON.isdisjoint(CREATES)

    granted = {
        action
        for statement in of("apply", policies)
        if statement["Effect"] == "Allow"
        for action in statement["Action"]
    }
    lacking = {kind: {*actions} - granted for kind, actions in CREATES.items()}
    assert {kind: actions for kind, actions in lacking.items() if actions} == {}


def test_each_resource_type_belongs_to_one_concern() -> None:
    for each in ([*rights.reads] for rights in RIGHTS), ([*rights.creates] for rights in RIGHTS):
        every = [kind for kinds in each for kind in kinds]
        assert len(every) == len(set(every))


def test_a_plan_reads_nothing_for_kinds_that_there_are_not(kinds: dict[str, set[str]]) -> None:
    assert READS.keys() - set().union(*kinds.values()) - NOT_IN_THESE == set()
