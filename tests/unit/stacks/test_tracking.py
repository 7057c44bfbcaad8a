"""The platform's stack: how its parts hang together, and what each setting that crosses them does."""

from __future__ import annotations

import json
import re

import pytest

from stacks.outputs import TRACKING_OUTPUTS
from tests.contract.conftest import EVERYTHING, GIVEN_IN_EVERYTHING
from tests.given.plans import ENGINE_CHECK, container, resources, variables, waits_for
from tests.synthesis import Json, resource, statements, synthesize_platform
from tests.texts import DEMO, DIGEST, GIVEN_IMAGE, PRODUCTION, WITHOUT_SIGN_IN

ALWAYS_IN_PRODUCTION = (
    "sign_in.mode",
    "state.bucket",
    "domain",
    "alarms.enabled",
    "firewall.enabled",
    "logs.access_logs",
)
CLAIM = "aws_ssm_parameter.claim"


@pytest.fixture(scope="module")
def demo() -> Json:
    return synthesize_platform()


@pytest.fixture(scope="module")
def given_image() -> Json:
    return synthesize_platform(GIVEN_IMAGE)


@pytest.fixture(scope="module")
def production() -> Json:
    return synthesize_platform(PRODUCTION)


def test_an_apply_that_cannot_build_changes_nothing(demo: Json) -> None:
    assert set(resources(demo)) - waits_for(demo, ENGINE_CHECK) == set()


@pytest.mark.parametrize("lines", [DEMO, GIVEN_IMAGE, PRODUCTION, EVERYTHING, GIVEN_IN_EVERYTHING])
def test_an_apply_with_a_second_state_makes_nothing(lines: str) -> None:
    synthesized = synthesize_platform(lines)

    assert set(resources(synthesized)) - waits_for(synthesized, CLAIM) <= {ENGINE_CHECK}


def test_the_claim_says_where_the_state_is() -> None:
    def value(lines: str) -> str:
        return str(resource(synthesize_platform(lines), CLAIM)["value"])

    assert value(DEMO) == "the local file terraform.mlflow-test.tfstate"
    assert (
        value(f'{DEMO}[state]\nbucket = "team"\nkey_prefix = "ml"\n') == "s3://team/ml/test/terraform.tfstate"
    )


def test_a_resource_that_waits_for_nothing_would_be_noticed(demo: Json) -> None:
    alone = {**demo, "resource": {**demo["resource"], "aws_eip": {"lonely": {"domain": "vpc"}}}}

    assert set(resources(alone)) - waits_for(alone, ENGINE_CHECK) == {"aws_eip.lonely"}
    assert set(resources(alone)) - waits_for(alone, CLAIM) == {"aws_eip.lonely", ENGINE_CHECK}


def test_tasks_depend_on_the_internet_route(demo: Json) -> None:
    later = waits_for(demo, "aws_route.network_public_to_internet")

    assert {"aws_lb.load_balancer", "aws_ecs_service.service"} <= later
    assert "aws_route.network_public_to_internet" in waits_for(demo, "aws_internet_gateway.network")


def test_the_task_runs_the_digest_that_the_plan_pushes(demo: Json) -> None:
    assert container(demo)["image"] == (
        "${aws_ecr_repository.repository.repository_url}@${docker_registry_image.image.sha256_digest}"
    )


def test_a_given_image_takes_docker_out_of_the_plan(given_image: Json) -> None:
    assert set(given_image["provider"]) == set(given_image["terraform"]["required_providers"]) == {"aws"}
    assert not [
        address
        for address in resources(given_image)
        if address.startswith("docker_") or address == ENGINE_CHECK
    ]
    assert "aws_ecr_authorization_token" not in given_image["data"]
    assert container(given_image)["image"].endswith(f"/team/mlflow@{DIGEST}")


def test_a_given_image_lets_terraform_forget_the_built_one(demo: Json, given_image: Json) -> None:
    built = [address for address in resources(demo) if address.startswith("docker_")]

    assert given_image["removed"] == [{"from": address, "lifecycle": {"destroy": False}} for address in built]
    assert "removed" not in demo, "Terraform refuses to forget what is in the configuration"


def test_given_image_is_pulled_from_its_repository_only(given_image: Json) -> None:
    policy = resource(given_image, "aws_iam_role_policy.service_execution_image")["policy"]

    pull = statements(policy)["PullImage"]
    assert pull["Resource"] == [
        "arn:${data.aws_partition.account.partition}:ecr:eu-west-1:123456789012:repository/team/mlflow"
    ]


def test_an_image_of_another_registry_needs_no_right_to_pull() -> None:
    synthesized = synthesize_platform(f'{DEMO}[image]\nuri = "ghcr.io/mlflow/mlflow@{DIGEST}"\n')

    assert "aws_iam_role_policy.service_execution_image" not in resources(synthesized)


def test_the_image_is_for_the_processor_that_the_task_runs_on() -> None:
    synthesized = synthesize_platform(f'{DEMO}[image]\nplatform = "linux/arm64"\n')

    assert resource(synthesized, "docker_registry_image.image")["build"]["platform"] == "linux/arm64"
    task = resource(synthesized, "aws_ecs_task_definition.service")
    assert task["runtime_platform"]["cpu_architecture"] == "ARM64"


def test_server_allows_only_the_load_balancers_host_name(demo: Json) -> None:
    environment = variables(demo)

    name = "${aws_lb.load_balancer.dns_name}"
    assert environment["MLFLOW_SERVER_ALLOWED_HOSTS"].split(",") == [
        name,
        f"{name}:*",
        "localhost",
        "localhost:*",
        "127.0.0.1",
        "127.0.0.1:*",
    ]
    assert environment["MLFLOW_SERVER_CORS_ALLOWED_ORIGINS"] == f"http://{name}"


def test_server_keep_alive_exceeds_the_idle_timeout() -> None:
    synthesized = synthesize_platform(f"{DEMO}[load_balancer]\nidle_timeout_seconds = 900\n")

    assert resource(synthesized, "aws_lb.load_balancer")["idle_timeout"] == 900
    assert int(variables(synthesized)["MLFLOW_KEEP_ALIVE_SECONDS"]) > 900


def test_clients_need_no_aws_credentials_for_artifacts(demo: Json) -> None:
    environment = variables(demo)

    assert environment["MLFLOW_ARTIFACTS_DESTINATION"] == "s3://${aws_s3_bucket.artifact_store.bucket}"
    assert "MLFLOW_DEFAULT_ARTIFACT_ROOT" not in environment


def test_artifacts_by_the_clients_themselves_are_a_choice() -> None:
    synthesized = synthesize_platform(
        f'{DEMO}[service.environment]\nMLFLOW_DEFAULT_ARTIFACT_ROOT = "s3://elsewhere"\n'
    )

    assert variables(synthesized)["MLFLOW_DEFAULT_ARTIFACT_ROOT"] == "s3://elsewhere"


def test_database_url_verifies_tls_and_has_no_password(demo: Json) -> None:
    environment = variables(demo)

    assert environment["PGSSLMODE"] == "verify-full"
    uri = environment["MLFLOW_BACKEND_STORE_URI"]
    assert re.fullmatch(
        r"postgresql\+psycopg2://mlflow_user@\$\{aws_db_instance\.database\.address\}/mlflow", uri
    )
    assert environment["MLFLOW_DATABASE_SECRET_ARN"].startswith(
        "${aws_db_instance.database.master_user_secret"
    )
    assert "password" not in resource(demo, "aws_db_instance.database")


def test_job_execution_is_off_by_default_in_small_tasks(demo: Json) -> None:
    bigger = synthesize_platform(
        f'{WITHOUT_SIGN_IN}[database]\ninstance_class = "db.t4g.small"\n'
        "[service]\ncpu_units = 1024\nmemory_mib = 4096\njob_execution = true\n"
    )

    assert variables(demo)["MLFLOW_SERVER_ENABLE_JOB_EXECUTION"] == "false"
    assert variables(bigger)["MLFLOW_SERVER_ENABLE_JOB_EXECUTION"] == "true"


def test_two_environments_have_different_names() -> None:
    pair = [synthesize_platform(environment=environment) for environment in ("blue", "green")]

    # Names of things, not of ports or of a container within its task.
    def names(synthesized: Json) -> set[str]:
        attributes = ("name", "bucket", "identifier", "family", "final_snapshot_identifier", "name_prefix")
        return {
            f"{address.split('.')[0]} {body[attribute]}"
            for address, body in resources(synthesized).items()
            for attribute in attributes
            if isinstance(body.get(attribute), str) and not body[attribute].startswith("${")
        }

    blue, green = map(names, pair)
    assert len(blue) > 10
    # The rows of an inline policy are named within their role.
    assert {name for name in blue & green if not name.startswith("aws_iam_role_policy ")} == set()
    assert {name.replace("blue", "green") for name in blue} == green


@pytest.mark.parametrize("region", ["cn-north-1", "us-gov-west-1"])
def test_nothing_is_written_for_one_partition_only(region: str) -> None:
    synthesized = synthesize_platform(
        f'profile = "demo"\nregion = "{region}"\n[image]\nuri = "registry.example/mlflow:1"\n'
    )

    foreign = re.findall(
        r"arn:aws:|(?:eu-west|us-east)-1|[\w.{}$-]+\.amazonaws\.com", json.dumps(synthesized)
    )
    # A service's principal is the same in every partition.
    assert set(foreign) == {"ecs-tasks.amazonaws.com"}


def test_default_tags_name_application_and_environment() -> None:
    synthesized = synthesize_platform(f'{DEMO}[tags]\nTeam = "research"\nManagedBy = "us"\n')

    (provider,) = synthesized["provider"]["aws"]
    assert provider["default_tags"] == [
        {"tags": {"Application": "mlflow", "Environment": "test", "ManagedBy": "us", "Team": "research"}}
    ]


def test_outputs_are_the_contract_each_described(demo: Json, production: Json, given_image: Json) -> None:
    def contract(*settings: str) -> dict[str, str]:
        return {
            output.name: output.description
            for output in TRACKING_OUTPUTS
            if output.only_with is None or output.only_with in settings
        }

    released = synthesize_platform("allow_destroy = true\n" + PRODUCTION)

    for synthesized, settings in (
        (demo, ("sign_in.mode",)),
        (given_image, ("sign_in.mode",)),
        (production, ALWAYS_IN_PRODUCTION),
        (released, (*ALWAYS_IN_PRODUCTION, "allow_destroy")),
    ):
        outputs = synthesized["output"]
        assert {name: output["description"] for name, output in outputs.items()} == contract(*settings)
        assert all(output["value"] for output in outputs.values())
    assert demo["output"]["MLFLOW_TRACKING_URI"]["value"] == "http://${aws_lb.load_balancer.dns_name}"


def test_demo_can_be_destroyed_completely(demo: Json) -> None:
    database = resource(demo, "aws_db_instance.database")
    assert database["skip_final_snapshot"] is True
    assert database["deletion_protection"] is False
    assert resource(demo, "aws_s3_bucket.artifact_store")["force_destroy"] is True
    assert resource(demo, "aws_ecr_repository.repository")["force_delete"] is True
    assert resource(demo, "aws_lb.load_balancer")["enable_deletion_protection"] is False


def test_production_lasts(production: Json) -> None:
    database = resource(production, "aws_db_instance.database")
    assert database["deletion_protection"] is True
    assert database["multi_az"] is True
    assert database["backup_retention_period"] >= 7
    assert database["skip_final_snapshot"] is False
    assert resource(production, "aws_s3_bucket.artifact_store").get("force_destroy", False) is False
    assert resource(production, "aws_ecr_repository.repository").get("force_delete", False) is False
    assert resource(production, "aws_lb.load_balancer")["enable_deletion_protection"] is True
    assert resource(production, "aws_lb.load_balancer")["internal"] is True


def test_the_state_is_where_the_settings_say(demo: Json, production: Json) -> None:
    assert demo["terraform"]["backend"] == {"local": {"path": "../../../terraform.mlflow-test.tfstate"}}
    assert production["terraform"]["backend"]["s3"] == {
        "bucket": "example-terraform-state",
        "key": "mlflow/test/terraform.tfstate",
        "region": "eu-west-1",
        "encrypt": True,
        "use_lockfile": True,
    }


def test_local_state_prints_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    synthesize_platform()
    (line,) = capsys.readouterr().err.splitlines()
    assert "terraform.mlflow-test.tfstate" in line and "state.bucket" in line

    synthesize_platform(PRODUCTION)
    assert capsys.readouterr().err == ""


def test_the_platforms_tags_have_the_keys_that_are_asked_for() -> None:
    keys = '[tag_keys]\napplication = "app"\nenvironment = "environment"\nmanaged_by = ""\n'
    (provider,) = synthesize_platform(DEMO + keys)["provider"]["aws"]

    assert provider["default_tags"] == [{"tags": {"app": "mlflow", "environment": "test"}}]
