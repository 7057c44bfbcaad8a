"""What was released stays: outputs, SSM parameters and addresses."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.contract.released import (
    Contract,
    broken_promises,
    current,
    last_release,
    lost_data,
    released,
    wrong_moves,
)


@pytest.fixture(scope="module")
def now() -> Contract:
    return current()


def test_nothing_that_was_released_is_missing_or_different(now: Contract) -> None:
    assert "\n".join(broken_promises(released(), now)) == ""


def test_additions_are_not_breaking(now: Contract) -> None:
    before = replace(
        now, outputs={"vpc_id": "string"}, parameters={}, addresses=frozenset({"aws_vpc.network"})
    )

    assert broken_promises(before, now) == []


def test_removed_output_is_reported_with_the_changelog_line(now: Contract) -> None:
    (told,) = broken_promises(replace(now, outputs={**now.outputs, "old_id": "string"}), now)

    assert told.startswith("The output old_id is gone.")
    assert "CHANGELOG.md" in told and "- Removed: output old_id" in told


def test_changed_parameter_type_is_reported_with_both_types(now: Contract) -> None:
    name = "/mlflow/<environment>/vpc_id"
    (told,) = broken_promises(replace(now, parameters={**now.parameters, name: "StringList"}), now)

    assert f"The SSM parameter {name} was StringList and is String." in told
    assert "CHANGELOG.md" in told


def test_removed_address_needs_a_moved_entry(now: Contract) -> None:
    before = replace(now, addresses=now.addresses | {"aws_s3_bucket.artifacts"})
    (told,) = broken_promises(before, now)
    assert "aws_s3_bucket.artifacts is gone" in told and "stacks/moves.py" in told

    renamed = replace(now, moved={"aws_s3_bucket.artifacts": "aws_s3_bucket.artifact_store"})
    assert broken_promises(before, renamed) == []

    twice = {
        "aws_s3_bucket.artifacts": "aws_s3_bucket.store",
        "aws_s3_bucket.store": "aws_s3_bucket.artifact_store",
    }
    assert broken_promises(before, replace(now, moved=twice)) == []

    astray = replace(now, moved={"aws_s3_bucket.artifacts": "aws_s3_bucket.elsewhere"})
    (told,) = broken_promises(before, astray)
    assert "moves aws_s3_bucket.artifacts to aws_s3_bucket.elsewhere, which does not exist" in told


def test_a_removed_address_is_reported(now: Contract) -> None:
    before = released()

    for address in before.addresses & now.addresses:
        told = broken_promises(before, replace(now, addresses=now.addresses - {address}))
        assert [line for line in told if line.startswith(f"The resource {address} is gone")], address


def test_invalid_move_is_reported(now: Contract) -> None:
    from_what_is_there = replace(now, moved={"aws_vpc.network": "aws_vpc.other"})
    (told,) = wrong_moves(from_what_is_there)
    assert "moves aws_vpc.network, which is still there" in told

    to_another_type = replace(now, moved={"aws_s3_bucket.old": "aws_vpc.network"})
    (told,) = wrong_moves(to_another_type)
    assert "moves no resource to another type" in told


@pytest.mark.parametrize(
    ("kind", "actions", "told"),
    [
        ("aws_db_instance", ["delete", "create"], ["aws_db_instance.one: delete and create"]),
        ("aws_s3_bucket", ["delete"], ["aws_s3_bucket.one: delete"]),
        ("aws_db_instance", ["update"], []),
        ("aws_ecs_task_definition", ["create", "delete"], []),
    ],
)
def test_plan_that_loses_data_is_reported(kind: str, actions: list[str], told: list[str]) -> None:
    change = {"address": f"{kind}.one", "type": kind, "change": {"actions": actions}}

    assert lost_data({"resource_changes": [change]}) == told


def test_the_changelog_has_the_last_release() -> None:
    changelog = (Path(__file__).parents[2] / "CHANGELOG.md").read_text(encoding="utf-8")
    versions = [line.split()[1] for line in changelog.splitlines() if line.startswith("## ")]

    assert versions[:2] == ["Unreleased", last_release().name]
