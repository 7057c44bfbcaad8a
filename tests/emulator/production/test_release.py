"""The environment's life, second half: released on purpose, destroyed, and only what is meant to stay is left.

Last in this folder: after it there is nothing to look at.
"""

from __future__ import annotations

import pytest

from tests.emulator.environments import EMPTY_PLAN, Platform
from tests.emulator.production.conftest import Client

pytestmark = pytest.mark.stage(3)


def test_allow_destroy_removes_every_protection(released: Platform, client: Client) -> None:
    (database,) = client("rds").describe_db_instances()["DBInstances"]
    (balancer,) = client("elbv2").describe_load_balancers()["LoadBalancers"]
    attributes = client("elbv2").describe_load_balancer_attributes(
        LoadBalancerArn=balancer["LoadBalancerArn"]
    )["Attributes"]

    assert not database["DeletionProtection"]
    assert {"Key": "deletion_protection.enabled", "Value": "false"} in attributes
    assert released.plan() == EMPTY_PLAN


def test_destroy_lists_what_remains(released: Platform, destroyed: str) -> None:
    assert "retained_resources" in destroyed
    assert "RDS snapshot mlflow-production-sg-" in destroyed
    assert "aws ecs list-task-definitions --family-prefix mlflow-production --region us-east-1" in destroyed
    assert "KMS key " in destroyed


def test_only_retained_resources_remain(left_behind: list[str]) -> None:
    kinds = {line.rsplit(" ", 1)[0] for line in left_behind}

    assert kinds == {"ECS task definition", "database snapshot"}, left_behind
    assert all(":task-definition/mlflow-production:" in line for line in left_behind if "ECS" in line)


def test_the_key_waits_to_be_deleted(destroyed: str, client: Client) -> None:
    kms = client("kms")
    described = [kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"] for key in kms.list_keys()["Keys"]]
    waiting = [key for key in described if key["KeyState"] == "PendingDeletion"]

    assert [key["Description"].partition(":")[0] for key in waiting] == ["mlflow-production"]
    assert f"KMS key {waiting[0]['KeyId']}" in destroyed
