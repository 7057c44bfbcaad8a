"""Another team's Terraform on what we publish: both ways to read it, beside our own applies. In this order."""

from __future__ import annotations

import json
from typing import Any

import pytest

from local.aws.account import EmulatedAws
from tests.emulator.environments import EMPTY_PLAN, Platform
from tests.emulator.root_module import RootModule
from tests.emulator.sharing.conftest import Client

pytestmark = pytest.mark.xdist_group("emulator_sharing")

Modules = dict[str, RootModule]


def who_reaches(client: Client, group: str) -> set[str]:
    """The networks that a security group lets in."""
    found = client("ec2").describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])
    return {rule["CidrIpv4"] for rule in found["SecurityGroupRules"] if not rule["IsEgress"]}


def test_other_team_builds_on_published_values(
    theirs: Modules, published: dict[str, Any], client: Client
) -> None:
    networks = who_reaches(client, published["load_balancer_security_group_id"])
    policies = [
        json.loads(client("s3").get_bucket_policy(Bucket=f"example-{name}")["Policy"])
        for name in ("reports", "datasets")
    ]

    assert networks == {"0.0.0.0/0", "10.20.0.0/16", "10.30.0.0/16"}
    assert [policy["Statement"][0]["Principal"] for policy in policies] == [
        {"AWS": published["task_role_arn"]}
    ] * 2


def test_their_second_plan_is_empty(theirs: Modules) -> None:
    assert {name: module.plan() for name, module in theirs.items()} == dict.fromkeys(theirs, EMPTY_PLAN)


def test_rules_of_another_team_are_no_change_in_our_plan(theirs: Modules, platform: Platform) -> None:
    assert platform.plan() == EMPTY_PLAN


def test_resources_of_the_other_team_survive_our_apply(
    changed: Platform, theirs: Modules, published: dict[str, Any], client: Client
) -> None:
    service = client("ecs").describe_services(cluster=changed.stack, services=[changed.stack])["services"][0]

    assert service["desiredCount"] == 2, "ours was applied"
    assert {name: module.plan() for name, module in theirs.items()} == dict.fromkeys(theirs, EMPTY_PLAN)
    assert changed.plan() == EMPTY_PLAN
    assert who_reaches(client, published["load_balancer_security_group_id"]) >= {
        "10.20.0.0/16",
        "10.30.0.0/16",
    }


def test_nothing_remains_after_both_are_destroyed(left_behind: list[str]) -> None:
    assert [line for line in left_behind if "/mlflow/blue/" not in line] == []


def test_the_emulation_could_do_all_that_was_asked(left_behind: list[str], account: EmulatedAws) -> None:
    assert account.gaps() == []
