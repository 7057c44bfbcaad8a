"""The zones of an account: those that tasks can be in."""

from __future__ import annotations

import pytest

from modules.common.account import Account
from modules.common.aws import FARGATE_ZONE_IDS, PARTITION_OF
from stacks.base import AppStack
from tests.synthesis import Json, synthesize


def zones_of(region: str, *named: str) -> Json:
    def build(stack: AppStack) -> None:
        account = Account(stack, "account", region=region)
        if named:
            account.checked_availability_zones(named)
        else:
            account.first_availability_zones(2)

    data: Json = synthesize(build)["data"]["aws_availability_zones"]["account"]
    return data


@pytest.mark.parametrize("region", FARGATE_ZONE_IDS)
def test_zones_without_fargate_are_left_out(region: str) -> None:
    filters = {one["name"]: one["values"] for one in zones_of(region)["filter"]}

    assert filters["zone-id"] == list(FARGATE_ZONE_IDS[region])
    assert region in PARTITION_OF and len(FARGATE_ZONE_IDS[region]) >= 2


@pytest.mark.parametrize("region", ["eu-west-1", "us-east-1"])
def test_elsewhere_all_zones_are_offered(region: str) -> None:
    assert [one["name"] for one in zones_of(region)["filter"]] == ["opt-in-status"]


def test_zones_that_are_named_are_checked_in_the_plan() -> None:
    (condition,) = zones_of("us-west-1", "us-west-1a", "us-west-1b")["lifecycle"]["postcondition"]

    assert condition["condition"] == '${length(setsubtract(["us-west-1a", "us-west-1b"], self.names)) == 0}'
    assert "Fix: write some of these" in condition["error_message"]


@pytest.mark.parametrize("region", ["eu-west-1", "us-east-1"])
def test_zone_names_are_used_where_every_zone_has_fargate(region: str) -> None:
    given = (f"{region}a", f"{region}c")
    taken: list[tuple[str, ...]] = []

    synthesized = synthesize(
        lambda stack: taken.append(Account(stack, "account", region=region).checked_availability_zones(given))
    )

    assert taken == [given]
    assert "aws_availability_zones" not in synthesized["data"]
