"""A second plan of what was applied is empty, also where AWS answers otherwise than it was asked."""

from __future__ import annotations

import pytest

from local.aws.account import EmulatedAws
from tests.emulator.environments import EMPTY_PLAN, Platform
from tests.emulator.second_plan.conftest import (
    FILES,
    LOG_GROUP,
    LOG_GROUP_ADDRESS,
    TAKES_LOG_GROUP_IN,
    Client,
)


@pytest.mark.parametrize("name", FILES)
def test_the_second_plan_is_empty(applied: dict[str, Platform], planned: dict[str, int], name: str) -> None:
    assert planned[name] == EMPTY_PLAN, applied[name].changes()


def test_container_insights_log_group_is_imported_with_retention(
    applied: dict[str, Platform], client: Client
) -> None:
    state = applied[TAKES_LOG_GROUP_IN].terraform("state", "list").stdout.split()
    (group,) = client("logs").describe_log_groups(logGroupNamePrefix=LOG_GROUP)["logGroups"]

    assert LOG_GROUP_ADDRESS in state
    assert group["retentionInDays"] == 14


def test_the_emulation_could_do_all_that_was_asked(planned: dict[str, int], account: EmulatedAws) -> None:
    assert planned
    assert account.gaps() == []
