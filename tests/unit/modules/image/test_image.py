"""The image in the plan: one resource, the same on every machine, waited for by everything else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from modules.common.account import Account
from modules.image.image import BuiltImage, ImageRepository
from modules.image.pull import grant_pull, repository_arn_of
from modules.image.settings import ImageSettings
from stacks.base import AppStack
from tests.synthesis import Json, resource, service_in, statements, synthesize

DEMO: dict[str, Any] = {"force_delete": True, "base_image": "python:3.12-slim"}


def settings(**changes: Any) -> ImageSettings:
    return ImageSettings.model_validate({**DEMO, **changes})


@pytest.fixture
def context(tmp_path: Path) -> Path:
    (tmp_path / "Dockerfile").write_text("ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\n")
    return tmp_path


def built(context: Path, **changes: Any) -> Json:
    def build(stack: AppStack) -> None:
        account = Account(stack, "account", region="eu-west-1")
        image = settings(**changes)
        repository = ImageRepository(stack, "repository", settings=image, name="mlflow-test")
        BuiltImage(stack, "image", settings=image, repository=repository, account=account, context=context)

    return synthesize(build)


def tag_of(synthesized: Json) -> str:
    name: str = resource(synthesized, "docker_registry_image.image")["name"]
    return name.rsplit(":", 1)[1]


def test_one_resource_builds_and_pushes(context: Path) -> None:
    synthesized = built(context)
    assert "docker_image" not in synthesized["resource"]
    image = resource(synthesized, "docker_registry_image.image")
    assert image["name"] == f"${{aws_ecr_repository.repository.repository_url}}:{tag_of(synthesized)}"
    assert image["keep_remotely"] is True
    assert image["build"] == {
        "context": f"assets/image_context/{tag_of(synthesized)}",
        "dockerfile": "Dockerfile",
        "platform": "linux/amd64",
        "build_args": {"BASE_IMAGE": "python:3.12-slim"},
        "builder": "",
        "build_log_file": "image-build.log",
        "provenance": "false",
    }


def test_machine_dependent_attributes_are_ignored(context: Path) -> None:
    image = resource(built(context), "docker_registry_image.image")
    assert image["lifecycle"] == {"create_before_destroy": True, "ignore_changes": ["build"]}


def test_every_build_option_reaches_the_build(context: Path) -> None:
    build = resource(
        built(
            context,
            platform="linux/arm64",
            build_network_mode="host",
            build_secrets={"pip_conf": "env:PIP_CONF", "ca_bundle": "/etc/ca.pem"},
        ),
        "docker_registry_image.image",
    )["build"]
    assert build["platform"] == "linux/arm64"
    assert build["network_mode"] == "host"
    assert build["secrets"] == [
        {"id": "ca_bundle", "src": "/etc/ca.pem"},
        {"id": "pip_conf", "env": "PIP_CONF"},
    ]


@pytest.mark.parametrize(
    "change", [{"base_image": "python:3.13-slim"}, {"platform": "linux/arm64"}, {"revision": 2}]
)
def test_build_inputs_change_the_tag(context: Path, change: dict[str, Any]) -> None:
    assert tag_of(built(context)) != tag_of(built(context, **change))


@pytest.mark.parametrize(
    "change", [{"build_network_mode": "host"}, {"build_secrets": {"ca_bundle": "/etc/ca.pem"}}]
)
def test_other_files_keep_the_tag(context: Path, change: dict[str, Any]) -> None:
    assert tag_of(built(context)) == tag_of(built(context, **change))


def test_token_is_requested_for_the_registry_of_this_account(context: Path) -> None:
    synthesized = built(context)
    (provider,) = synthesized["provider"]["docker"]
    assert provider["disable_docker_daemon_check"] is True
    (auth,) = provider["registry_auth"]
    assert auth == {
        "address": "${data.aws_caller_identity.account.account_id}.dkr.ecr.eu-west-1"
        ".${data.aws_partition.account.dns_suffix}",
        "username": "${data.aws_ecr_authorization_token.image.user_name}",
        "password": "${data.aws_ecr_authorization_token.image.password}",
    }


def test_docker_config_credentials_request_no_token(context: Path) -> None:
    synthesized = built(context, registry_credentials="docker_config")
    assert "aws_ecr_authorization_token" not in synthesized["data"]
    (auth,) = synthesized["provider"]["docker"][0]["registry_auth"]
    assert set(auth) == {"address"}


def test_a_build_asks_first_whether_an_engine_answers(context: Path) -> None:
    synthesized = built(context)
    check = resource(synthesized, "terraform_data.image_engine_check")
    assert check["triggers_replace"] == {"tag": tag_of(synthesized)}
    (provisioner,) = check["provisioner"]
    assert provisioner["local-exec"]["command"].startswith("docker version")
    assert resource(synthesized, "docker_registry_image.image")["depends_on"] == [
        "terraform_data.image_engine_check"
    ]


def test_tags_never_move_and_the_last_images_stay() -> None:
    synthesized = synthesize(
        lambda stack: ImageRepository(
            stack, "repository", settings=settings(retained_images=3, force_delete=False), name="mlflow-test"
        )
    )
    repository = resource(synthesized, "aws_ecr_repository.repository")
    assert repository == {
        "name": "mlflow-test",
        "image_tag_mutability": "IMMUTABLE",
        "image_scanning_configuration": {"scan_on_push": True},
        "force_delete": False,
        # Another encryption would be another repository, without the images.
        "lifecycle": {"ignore_changes": ["encryption_configuration"]},
    }
    policy = resource(synthesized, "aws_ecr_lifecycle_policy.repository")["policy"]
    assert '"countType": "imageCountMoreThan", "countNumber": 3' in policy


def test_ecs_may_pull_from_the_repository_it_needs_and_no_other() -> None:
    def build(stack: AppStack) -> None:
        service = service_in(stack)
        grant_pull(service, "arn:aws:ecr:eu-west-1:123456789012:repository/mlflow-test")

    granted = statements(resource(synthesize(build), "aws_iam_role_policy.service_execution_image")["policy"])
    assert granted["PullImage"]["Resource"] == ["arn:aws:ecr:eu-west-1:123456789012:repository/mlflow-test"]
    assert granted["LogInToRegistry"]["Action"] == ["ecr:GetAuthorizationToken"]


@pytest.mark.parametrize(
    ("uri", "arn"),
    [
        (
            "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/mlflow:1",
            "arn:{partition}:ecr:eu-west-1:123456789012:repository/team/mlflow",
        ),
        (
            "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/mlflow@sha256:00",
            "arn:{partition}:ecr:cn-north-1:123456789012:repository/mlflow",
        ),
        (
            "123456789012.dkr-ecr.eu-west-1.on.aws/mlflow@sha256:00",
            "arn:{partition}:ecr:eu-west-1:123456789012:repository/mlflow",
        ),
        ("ghcr.io/mlflow/mlflow:v3", None),
        ("123456789012.dkr.ecr.eu-west-1.example/", None),
    ],
)
def test_a_given_images_repository_is_known_when_it_is_ecrs(uri: str, arn: str | None) -> None:
    found: list[str | None] = []
    partitions: list[str] = []

    def build(stack: AppStack) -> None:
        account = Account(stack, "account", region="eu-west-1")
        partitions.append(account.partition)
        found.append(repository_arn_of(uri, account=account))

    synthesize(build)
    assert found == [arn and arn.format(partition=partitions[0])]
