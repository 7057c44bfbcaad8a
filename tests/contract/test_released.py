"""What was released stays: outputs, SSM parameters and addresses."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.contract.released import Contract, broken_promises, current, released


@pytest.fixture(scope="module")
def now() -> Contract:
    return current()


def test_nothing_that_was_released_is_missing_or_different(now: Contract) -> None:
    assert "\n".join(broken_promises(released(), now)) == ""


def test_what_is_new_breaks_nothing(now: Contract) -> None:
    before = replace(
        now, outputs={"vpc_id": "string"}, parameters={}, addresses=frozenset({"aws_vpc.network"})
    )

    assert broken_promises(before, now) == []


def test_a_removed_output_is_told_with_what_to_write(now: Contract) -> None:
    (told,) = broken_promises(replace(now, outputs={**now.outputs, "old_id": "string"}), now)

    assert told.startswith("The output old_id is gone.")
    assert "CHANGELOG.md" in told and "- Removed: output old_id" in told


def test_a_retyped_parameter_is_told_with_both_types(now: Contract) -> None:
    name = "/mlflow/<environment>/vpc_id"
    (told,) = broken_promises(replace(now, parameters={**now.parameters, name: "StringList"}), now)

    assert f"The SSM parameter {name} was StringList and is String." in told
    assert "CHANGELOG.md" in told


def test_an_address_that_is_gone_wants_a_moved_entry(now: Contract) -> None:
    before = replace(now, addresses=now.addresses | {"aws_s3_bucket.artifacts"})
    (told,) = broken_promises(before, now)
    assert "aws_s3_bucket.artifacts is gone" in told and "stacks/moves.py" in told

    renamed = replace(now, moved={"aws_s3_bucket.artifacts": "aws_s3_bucket.artifact_store"})
    assert broken_promises(before, renamed) == []

    astray = replace(now, moved={"aws_s3_bucket.artifacts": "aws_s3_bucket.elsewhere"})
    (told,) = broken_promises(before, astray)
    assert "moves aws_s3_bucket.artifacts to aws_s3_bucket.elsewhere, which does not exist" in told
