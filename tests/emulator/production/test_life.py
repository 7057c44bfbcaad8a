"""The environment's life, first half: a second plan has nothing to do, and nothing can be destroyed."""

from __future__ import annotations

import pytest

from tests.emulator.environments import EMPTY_PLAN, Platform
from tests.emulator.production.conftest import DESTROY

pytestmark = pytest.mark.stage(1)


def test_the_second_plan_is_empty(production: Platform) -> None:
    production.synthesize()

    assert production.plan() == EMPTY_PLAN, production.changes()


def test_destroy_is_refused(production: Platform) -> None:
    refused = production.terraform(*DESTROY, ends_with=(1,))

    said = refused.stdout + refused.stderr
    assert "Instance cannot be destroyed" in said
    assert "aws_db_instance.database" in said
    assert "aws_s3_bucket.artifact_store" in said
    assert production.plan() == EMPTY_PLAN
