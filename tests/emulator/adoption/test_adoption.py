"""From a server that CloudFormation made to an environment, with everything it holds. In this order."""

from __future__ import annotations

import json

import pytest

from local.aws.account import EmulatedAws
from local.aws.inventory import inventory
from tests.emulator.adoption.conftest import Client
from tests.emulator.adoption.their_stack import (
    BUCKET,
    DATABASE,
    LOG_GROUP,
    REPOSITORY,
    SUBNET_GROUP,
    Data,
    TheirStack,
)
from tests.emulator.environments import EMPTY_PLAN, Platform

HOLDS_DATA = {
    "aws_s3_bucket.artifact_store": BUCKET,
    "aws_db_instance.database": DATABASE,
    "aws_db_subnet_group.database": SUBNET_GROUP,
    "aws_ecr_repository.repository": REPOSITORY,
    "aws_cloudwatch_log_group.service": LOG_GROUP,
}


@pytest.fixture(scope="session")
def before(theirs: TheirStack) -> Data:
    return theirs.data()


def refusal(platform: Platform, *arguments: str) -> str:
    """What Terraform says when a plan fails, on one line."""
    done = platform.terraform("plan", *arguments, "-input=false", "-no-color", ends_with=(1,))
    return " ".join((done.stdout + done.stderr).replace("│", " ").split())


def test_plan_imports_data_resources_and_updates_in_place(before: Data, planned: Platform) -> None:
    changes = {change["address"]: change["change"] for change in planned.planned()["resource_changes"]}

    imported = {
        address: change["importing"]["id"] for address, change in changes.items() if "importing" in change
    }
    assert imported == HOLDS_DATA
    assert all(changes[address]["actions"] == ["update"] for address in HOLDS_DATA)


def test_the_plan_makes_the_rest_and_destroys_nothing(planned: Platform) -> None:
    rest = {address: actions for address, actions in planned.changes().items() if address not in HOLDS_DATA}

    assert "aws_ecs_service.service" in rest
    assert {tuple(actions) for actions in rest.values()} == {("create",)}


def test_adoption_that_would_replace_data_fails_in_the_plan(planned: Platform, settings: str) -> None:
    try:
        for wrong in ("", 'name = "tracking"\nstorage_encrypted = false'):
            planned.write(settings.replace("storage_encrypted = false", wrong))
            planned.synthesize()

            said = refusal(planned)

            assert "Instance cannot be destroyed" in said
            assert "aws_db_instance.database has lifecycle.prevent_destroy set" in said
    finally:
        planned.write(settings)
        planned.synthesize()


def test_a_wrong_name_fails_in_the_plan(planned: Platform, settings: str) -> None:
    try:
        planned.write(settings.replace(f'"{LOG_GROUP}"', '"/ecs/another"'))
        planned.synthesize()

        assert "Cannot import non-existent remote object" in refusal(planned)
    finally:
        planned.write(settings)
        planned.synthesize()


def test_all_data_are_there_after_the_apply(before: Data, adopted: Platform, theirs: TheirStack) -> None:
    assert theirs.data() == before


def test_the_second_plan_is_empty_with_the_settings_still_there(adopted: Platform) -> None:
    assert adopted.plan() == EMPTY_PLAN, adopted.changes()


def test_adopted_database_is_reachable_and_rds_manages_its_password(
    adopted: Platform, client: Client
) -> None:
    (instance,) = client("rds").describe_db_instances()["DBInstances"]
    secret_arn = instance["MasterUserSecret"]["SecretArn"]
    secret = json.loads(client("secretsmanager").get_secret_value(SecretId=secret_arn)["SecretString"])
    outputs = adopted.outputs()
    definition = client("ecs").describe_task_definition(taskDefinition="mlflow-demo")["taskDefinition"]
    variables = {one["name"]: one["value"] for one in definition["containerDefinitions"][0]["environment"]}

    assert secret["username"] == "mlflow_user" and secret["password"] != "chosen-by-somebody"
    assert outputs["database_secret_arn"] == variables["MLFLOW_DATABASE_SECRET_ARN"] == secret_arn
    groups = [group["VpcSecurityGroupId"] for group in instance["VpcSecurityGroups"]]
    assert groups == [outputs["database_security_group_id"]]
    assert instance["DBSubnetGroup"]["DBSubnetGroupName"] == SUBNET_GROUP


def test_adopted_bucket_is_protected_like_a_created_one(adopted: Platform, client: Client) -> None:
    s3 = client("s3")

    assert s3.get_bucket_versioning(Bucket=BUCKET)["Status"] == "Enabled"
    assert set(s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"].values()) == {True}
    assert "RefusePlainHttp" in s3.get_bucket_policy(Bucket=BUCKET)["Policy"]
    assert s3.get_bucket_lifecycle_configuration(Bucket=BUCKET)["Rules"]


def test_adopted_resources_remain_after_the_stack_is_removed(
    before: Data, alone: Platform, theirs: TheirStack, account: EmulatedAws, client: Client
) -> None:
    balancers = client("elbv2").describe_load_balancers()["LoadBalancers"]

    assert [balancer["LoadBalancerName"] for balancer in balancers] == [alone.stack]
    assert "MLflow-ALB" not in "\n".join(inventory(account.session()))
    assert theirs.data() == before
    assert alone.plan() == EMPTY_PLAN, alone.changes()


def test_nothing_adopted_is_deleted_without_release(alone: Platform, settings: str) -> None:
    said = refusal(alone, "-destroy")

    # Terraform does not come to the subnet group: the database, which is refused, would go first.
    told = {address for address in HOLDS_DATA if f"{address} has lifecycle.prevent_destroy set" in said}
    assert told == set(HOLDS_DATA) - {"aws_db_subnet_group.database"}


def test_the_emulation_could_do_all_that_was_asked(alone: Platform, account: EmulatedAws) -> None:
    assert account.gaps() == []
