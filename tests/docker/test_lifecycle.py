"""The image's life in the plan: refused, built, left alone, changed, run, and given up. In this order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3
import pytest

from local.aws.account import EmulatedAws
from local.docker_stack import DockerStack
from tests.docker.machines import EMPTY_PLAN, FAILED, NOT_EMPTY_PLAN, STACK, Machine
from tests.docker.secrets import Secrets, said_everywhere
from tests.docker.server import Server
from tests.docker.stages import Deployed, Failed, Refused, Switched, left_in


def test_an_apply_that_cannot_build_changes_nothing(refused: Refused) -> None:
    assert "no Docker engine answers" in refused.said
    assert "name a finished image in image.uri" in refused.said
    # A check that failed: nothing of AWS.
    assert refused.state == ["terraform_data.image_engine_check"]
    assert refused.account == []


def test_one_apply_builds_pushes_and_pins_the_image(deployed: Deployed, leg: DockerStack) -> None:
    assert deployed.digest is not None
    assert deployed.task.image == f"{leg.host}/{STACK}@{deployed.digest}"


def test_another_machine_has_nothing_to_do(runner: Machine, laptop: Machine) -> None:
    code = runner.plan()

    assert runner.tag() == laptop.tag()
    assert code == EMPTY_PLAN, runner.changes()


def test_a_changed_file_plans_without_an_engine_as_just_that(changed: Machine) -> None:
    assert changed.changes() == {
        "terraform_data.image_engine_check": ["create", "delete"],
        "docker_registry_image.image": ["create", "delete"],
        "aws_ecs_task_definition.service": ["create", "delete"],
        "aws_ecs_service.service": ["update"],
        # What is published follows.
        'aws_ssm_parameter.outputs["image_uri"]': ["update"],
        'aws_ssm_parameter.outputs["task_definition_arn"]': ["update"],
    }


def test_the_change_is_applied_and_the_image_before_it_stays(
    applied: Deployed, deployed: Deployed, leg: DockerStack
) -> None:
    assert applied.task.image == f"{leg.host}/{STACK}@{applied.digest}"
    assert applied.digest not in (None, deployed.digest)
    assert leg.registry.manifest_digest(STACK, deployed.tag) == deployed.digest


def test_failed_build_reports_the_reason_and_changes_nothing(
    failed: Failed, applied: Deployed, laptop: Machine, leg: DockerStack
) -> None:
    assert "exit code: 7" in failed.said
    assert "made of cheese" in failed.log
    assert failed.left.digest is None
    assert failed.left.task == applied.task
    assert laptop.plan(leg.without_engine()) == EMPTY_PLAN, "taken back, it is as if it had not been"


def test_the_container_of_the_pushed_digest_answers_the_client(
    server: Server, applied: Deployed, session: boto3.Session
) -> None:
    did = server.use()

    assert [part["name"] for part in did] == ["Run", "Artifact", "Model"]
    assert server.inspect()["Config"]["Image"] == applied.task.image
    s3: Any = session.client("s3")
    destination = applied.task.environment["MLFLOW_ARTIFACTS_DESTINATION"]
    kept = s3.list_objects_v2(Bucket=destination.removeprefix("s3://"))["Contents"]
    assert any(item["Key"].endswith("/artifacts/weights.bin") for item in kept)


def test_container_runs_unprivileged_within_the_memory_of_its_task(
    server: Server, session: boto3.Session
) -> None:
    container = server.inspect()
    ecs: Any = session.client("ecs")
    definition = ecs.describe_task_definition(taskDefinition=server.task.arn)["taskDefinition"]
    _, *health_check = definition["containerDefinitions"][0]["healthCheck"]["command"]

    assert server.execute("id", "-u").stdout == "10001\n"
    assert server.execute(*health_check).returncode == 0
    assert "Read-only file system" in server.execute("touch", "/opt/mlflow/new").stderr
    assert server.execute("touch", "/tmp/new").returncode == 0
    assert [mount["Destination"] for mount in container["Mounts"] if mount["Type"] == "volume"] == ["/tmp"]
    assert container["HostConfig"]["Memory"] == server.task.memory_mib * 1024 * 1024
    assert container["State"]["OOMKilled"] is False


def test_no_secret_is_written_anywhere_but_where_documented(
    server: Server, laptop: Machine, aws: EmulatedAws, leg: DockerStack, session: boto3.Session
) -> None:
    laptop.plan(leg.without_engine())
    places = said_everywhere(server, [laptop], aws, leg, session)

    assert all(places.values()), "each place was looked at"
    secrets = Secrets.of(server, aws)
    assert secrets.database_found_in(places) == []
    assert secrets.server_found_in(places) == []
    # registry_credentials = "token", the default: docs/image-build.md.
    assert secrets.registry_found_in(places) == ["plan", "state"]


def test_docker_login_leaves_no_registry_password_behind(
    colleague: Machine, server: Server, aws: EmulatedAws, leg: DockerStack, session: boto3.Session
) -> None:
    with leg.login():
        said = colleague.apply()
        code = colleague.plan()

    assert "0 added, 0 changed, 0 destroyed" in said
    assert code == EMPTY_PLAN
    places = said_everywhere(server, [colleague], aws, leg, session)
    assert Secrets.of(server, aws).registry_found_in(places) == []


@pytest.mark.parametrize(
    ("configuration", "code", "said"),
    [
        (None, FAILED, "could not open config file from filePath"),
        ("{}", NOT_EMPTY_PLAN, "docker_registry_image.image will be created"),
    ],
    ids=["no file", "no login"],
)
def test_missing_docker_login_is_reported(
    colleague: Machine, tmp_path: Path, configuration: str | None, code: int, said: str
) -> None:
    if configuration is not None:
        (tmp_path / "config.json").write_text(configuration, encoding="utf-8")

    assert colleague.plan({"DOCKER_CONFIG": str(tmp_path)}) == code
    assert said in "".join(colleague.printed[-2:])


def test_switch_to_a_given_image_keeps_the_service(switched: Switched, applied: Deployed) -> None:
    assert switched.changes == {
        "docker_registry_image.image": ["forget"],
        "terraform_data.image_engine_check": ["delete"],
    }
    assert switched.left.task == applied.task
    assert "Plan: 0 to add, 0 to change" in switched.destroyed, "it could have been destroyed just as well"


def test_given_image_needs_no_docker_provider(tenant: Machine) -> None:
    assert tenant.plan() == EMPTY_PLAN, tenant.changes()


def test_the_image_can_be_built_in_the_plan_again(
    switched_back: Deployed, applied: Deployed, laptop: Machine, leg: DockerStack
) -> None:
    assert switched_back.digest == applied.digest
    assert switched_back.task.image == applied.task.image
    assert laptop.plan(leg.without_engine()) == EMPTY_PLAN, laptop.changes()


def test_destroy_needs_no_engine_and_leaves_nothing(destroyed: str, session: boto3.Session) -> None:
    assert "Apply complete! Resources: 0 added, 0 changed" in destroyed
    assert left_in(session) == []


def test_the_emulation_could_do_all_that_was_asked(destroyed: str, aws: EmulatedAws) -> None:
    assert aws.gaps() == []
