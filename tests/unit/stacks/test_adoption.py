"""What exists already: it keeps its name, is imported, and is guarded against its deletion."""

from __future__ import annotations

import json

import pytest

from tests.given.adoption import ADOPT
from tests.given.existing import GIVEN
from tests.given.plans import ENGINE_CHECK, resources, waits_for
from tests.synthesis import Json, resource, synthesize_platform
from tests.texts import DEMO

# Address → the argument that names it, and its name.
ADOPTED = {
    "aws_s3_bucket.artifact_store": ("bucket", "mlflow-artifacts"),
    "aws_db_instance.database": ("identifier", "mlflow-db"),
    "aws_db_subnet_group.database": ("name", "mlflow-db-subnet-group"),
    "aws_ecr_repository.repository": ("name", "mlflow-server"),
    "aws_cloudwatch_log_group.service": ("name", "/ecs/mlflow-server"),
}
IN_STATE = "aws_db_instance.database.master_user_secret[0].secret_arn"
AFTER_APPLY = "data.aws_db_instance.database_adopted.master_user_secret[0].secret_arn"


@pytest.fixture(scope="module")
def platform() -> Json:
    return synthesize_platform(DEMO + GIVEN + ADOPT)


def test_each_is_imported_under_the_name_it_has(platform: Json) -> None:
    assert {one["to"]: one["id"] for one in platform["import"]} == {
        address: name for address, (_, name) in ADOPTED.items()
    }
    for address, (argument, name) in ADOPTED.items():
        assert resource(platform, address)[argument] == name


def test_no_plan_deletes_one_before_the_release(platform: Json) -> None:
    released = synthesize_platform(f"allow_destroy = true\n{DEMO}{GIVEN}{ADOPT}")

    for address in ADOPTED:
        assert resource(platform, address)["lifecycle"]["prevent_destroy"] is True
        assert "prevent_destroy" not in resource(released, address).get("lifecycle", {})
    assert released["import"] == platform["import"]


def test_nothing_else_takes_another_name(platform: Json) -> None:
    assert resource(platform, "aws_lb.load_balancer")["name"] == "mlflow-test"
    assert resource(platform, "aws_ecs_service.service")["name"] == "mlflow-test"
    database = resource(platform, "aws_db_instance.database")
    assert database["final_snapshot_identifier"].startswith("mlflow-test-")


def test_without_adoption_nothing_is_imported(platform: Json) -> None:
    synthesized = synthesize_platform(f'{DEMO}[adopt]\nlog_group = "/ecs/mlflow-server"\n')

    assert synthesized["import"] == [{"to": "aws_cloudwatch_log_group.service", "id": "/ecs/mlflow-server"}]
    assert resource(synthesized, "aws_db_instance.database")["identifier"] == "mlflow-test"
    assert "aws_db_instance" not in synthesized["data"]
    assert "import" not in synthesize_platform()


def test_managed_password_of_an_adopted_database_is_unknown_in_the_plan(platform: Json) -> None:
    secret = f"${{try({IN_STATE}, {AFTER_APPLY})}}"
    container = json.loads(resource(platform, "aws_ecs_task_definition.service")["container_definitions"])[0]
    variables = {one["name"]: one["value"] for one in container["environment"]}

    assert variables["MLFLOW_DATABASE_SECRET_ARN"] == secret
    assert platform["output"]["database_secret_arn"]["value"] == secret
    lookup = platform["data"]["aws_db_instance"]["database_adopted"]
    assert lookup["depends_on"] == ["aws_db_instance.database"]


def test_the_encryption_of_a_database_is_as_it_is_said(platform: Json) -> None:
    without = synthesize_platform(f"{DEMO}{GIVEN}{ADOPT}[database]\nstorage_encrypted = false\n")

    assert resource(platform, "aws_db_instance.database")["storage_encrypted"] is True
    assert resource(without, "aws_db_instance.database")["storage_encrypted"] is False


def test_an_apply_that_cannot_build_changes_nothing(platform: Json) -> None:
    assert set(resources(platform)) - waits_for(platform, ENGINE_CHECK) == set()
