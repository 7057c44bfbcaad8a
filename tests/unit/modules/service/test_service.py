"""The service: its task definition, its roles, and how it is deployed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from modules.service.container import SCRATCH_PATH, USER
from stacks.base import AppStack
from tests.synthesis import Json, key_in, resource, service_in, statements, synthesize


def service(**changes: Any) -> Json:
    def build(stack: AppStack) -> None:
        service_in(stack, **changes)

    return synthesize(build)


def container(synthesized: Json) -> Json:
    definitions = json.loads(
        resource(synthesized, "aws_ecs_task_definition.service")["container_definitions"]
    )
    assert len(definitions) == 1
    return dict(definitions[0])


def test_a_task_has_the_disk_that_is_asked_for() -> None:
    asked = resource(service(ephemeral_storage_gib=100), "aws_ecs_task_definition.service")
    default = resource(service(), "aws_ecs_task_definition.service")

    assert asked["ephemeral_storage"] == {"size_in_gib": 100}
    assert "ephemeral_storage" not in default


def test_container_runs_the_image_with_sorted_variables() -> None:
    definition = container(service())
    assert definition["name"] == "mlflow"
    assert definition["image"] == "example/mlflow@sha256:00"
    assert definition["environment"] == [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]
    assert definition["portMappings"] == [{"containerPort": 5000, "hostPort": 5000, "protocol": "tcp"}]
    assert "secrets" not in definition, "the server reads the password itself, when it connects"


def test_a_signal_reaches_the_server_and_it_has_time_to_finish() -> None:
    definition = container(service())
    assert definition["linuxParameters"]["initProcessEnabled"] is True
    assert definition["stopTimeout"] == 120


def test_the_container_checks_itself_without_curl() -> None:
    assert container(service())["healthCheck"] == {
        "command": ["CMD", "python", "-m", "tracking_server.healthcheck"],
        "interval": 30,
        "timeout": 5,
        "retries": 3,
        "startPeriod": 300,
    }


def test_a_silent_log_service_does_not_stop_the_server() -> None:
    log = container(service())["logConfiguration"]
    assert log["logDriver"] == "awslogs"
    assert log["options"]["mode"] == "non-blocking"
    assert log["options"]["awslogs-group"] == "${aws_cloudwatch_log_group.service.name}"
    assert log["options"]["awslogs-region"] == "eu-west-1"


@pytest.mark.parametrize(("platform", "architecture"), [("linux/amd64", "X86_64"), ("linux/arm64", "ARM64")])
def test_runtime_platform_matches_the_image(platform: str, architecture: str) -> None:
    task = resource(service(platform=platform), "aws_ecs_task_definition.service")
    assert task["runtime_platform"] == {"operating_system_family": "LINUX", "cpu_architecture": architecture}


def test_size_and_count_are_as_given() -> None:
    synthesized = service(
        cpu_units=1024, memory_mib=4096, desired_count=3, health_check_grace_period_seconds=60
    )
    task = resource(synthesized, "aws_ecs_task_definition.service")
    assert (task["cpu"], task["memory"]) == ("1024", "4096")
    ecs_service = resource(synthesized, "aws_ecs_service.service")
    assert (ecs_service["desired_count"], ecs_service["health_check_grace_period_seconds"]) == (3, 60)


def test_failed_deployment_rolls_back_and_fails_the_apply() -> None:
    ecs_service = resource(service(), "aws_ecs_service.service")
    assert ecs_service["deployment_circuit_breaker"] == {"enable": True, "rollback": True}
    assert ecs_service["wait_for_steady_state"] is True
    assert ecs_service["deployment_minimum_healthy_percent"] == 100
    assert ecs_service["deployment_maximum_percent"] == 200
    assert "alarms" not in ecs_service


@pytest.mark.parametrize("scaled", [False, True])
def test_deployed_task_definition_is_checked_with_and_without_scaling(scaled: bool) -> None:
    ecs_service = resource(service(scaled=scaled, desired_count=2), "aws_ecs_service.service")
    (condition,) = ecs_service["lifecycle"]["postcondition"]
    assert condition["condition"] == "${self.task_definition == aws_ecs_task_definition.service.arn}"
    assert "${self.task_definition}" in condition["error_message"]
    assert "--cluster mlflow-test --region eu-west-1 --services mlflow-test" in condition["error_message"]
    assert ecs_service["lifecycle"].get("ignore_changes") == (["desired_count"] if scaled else None)
    assert ecs_service["desired_count"] == 2


def test_apply_timeout_covers_three_failing_tasks() -> None:
    ecs_service = resource(service(health_check_grace_period_seconds=61), "aws_ecs_service.service")
    assert ecs_service["timeouts"] == {"create": "26m", "update": "30m"}


def test_tasks_carry_the_services_tags() -> None:
    ecs_service = resource(service(), "aws_ecs_service.service")
    assert ecs_service["propagate_tags"] == "SERVICE"
    assert ecs_service["enable_ecs_managed_tags"] is True


def test_the_log_group_is_named_after_the_service_and_expires() -> None:
    log = resource(service(), "aws_cloudwatch_log_group.service")
    assert log == {"name": "/ecs/mlflow-test", "retention_in_days": 14}


def with_a_shell(*, audit: bool) -> Json:
    def build(stack: AppStack) -> None:
        service_in(
            stack,
            enable_execute_command=True,
            audit_execute_command=audit,
            readonly_root_filesystem=False,
            log_retention_days=90,
            key=key_in(stack),
        )

    return synthesize(build)


def test_a_shell_in_a_task_is_possible_only_where_it_is_enabled() -> None:
    closed, open_ = service(), with_a_shell(audit=False)
    assert resource(closed, "aws_ecs_service.service")["enable_execute_command"] is False
    assert "service_task_exec" not in closed["resource"]["aws_iam_role_policy"]
    assert resource(open_, "aws_ecs_service.service")["enable_execute_command"] is True
    granted = statements(resource(open_, "aws_iam_role_policy.service_task_exec")["policy"])
    assert all(action.startswith("ssmmessages:") for action in granted["ExecuteCommand"]["Action"])
    for synthesized in (closed, open_):
        configuration = resource(synthesized, "aws_ecs_cluster.service")["configuration"]
        assert configuration == {"execute_command_configuration": {"logging": "NONE"}}


def test_exec_sessions_are_logged_encrypted() -> None:
    synthesized = with_a_shell(audit=True)
    configuration = resource(synthesized, "aws_ecs_cluster.service")["configuration"]
    assert configuration["execute_command_configuration"] == {
        "logging": "OVERRIDE",
        "log_configuration": {
            "cloud_watch_encryption_enabled": True,
            "cloud_watch_log_group_name": "${aws_cloudwatch_log_group.service_exec.name}",
        },
    }
    log = resource(synthesized, "aws_cloudwatch_log_group.service_exec")
    assert log == {
        "name": "/ecs/mlflow-test/exec",
        "retention_in_days": 90,
        "kms_key_id": "${aws_kms_key.key.arn}",
    }
    granted = statements(resource(synthesized, "aws_iam_role_policy.service_task_exec")["policy"])
    assert granted["WriteAuditLog"]["Resource"] == ["${aws_cloudwatch_log_group.service_exec.arn}:*"]


def test_the_container_is_the_images_user_and_has_no_privilege() -> None:
    definition = container(service())
    assert definition["user"] == "10001:10001"
    assert definition["linuxParameters"]["capabilities"] == {"add": [], "drop": ["ALL"]}
    assert "privileged" not in definition


def test_a_shells_agent_keeps_the_capabilities_that_it_may_need() -> None:
    assert "capabilities" not in container(with_a_shell(audit=False))["linuxParameters"]


@pytest.mark.parametrize("readonly", [True, False])
def test_the_server_writes_to_a_volume_of_the_task(readonly: bool) -> None:
    synthesized = service(readonly_root_filesystem=readonly)
    definition = container(synthesized)
    assert definition["readonlyRootFilesystem"] is readonly
    assert definition["mountPoints"] == [{"sourceVolume": "tmp", "containerPath": "/tmp", "readOnly": False}]
    assert resource(synthesized, "aws_ecs_task_definition.service")["volume"] == [{"name": "tmp"}]


def test_the_volume_is_the_images_too() -> None:
    """ECS gives a volume the owner and the mode of the image's own, and else root's alone may write to it."""
    image = (Path(__file__).parents[4] / "docker" / "Dockerfile").read_text(encoding="utf-8")
    lines = image.splitlines()
    assert f"VOLUME {SCRATCH_PATH}" in lines
    assert f"USER {USER}" in lines


def test_tasks_are_on_fargate_and_spread_over_the_zones() -> None:
    synthesized = service()
    ecs_service = resource(synthesized, "aws_ecs_service.service")
    assert ecs_service["capacity_provider_strategy"] == [{"capacity_provider": "FARGATE", "weight": 1}]
    assert "launch_type" not in ecs_service
    assert ecs_service["platform_version"] == "1.4.0"
    assert ecs_service["availability_zone_rebalancing"] == "ENABLED"
    providers = resource(synthesized, "aws_ecs_cluster_capacity_providers.service")
    assert providers["capacity_providers"] == ["FARGATE", "FARGATE_SPOT"]
    assert "aws_ecs_cluster_capacity_providers.service" in ecs_service["depends_on"]


@pytest.mark.parametrize(("percent", "on_demand", "spot"), [(50, 1, 1), (70, 3, 7), (90, 1, 9), (1, 99, 1)])
def test_a_share_of_the_tasks_runs_on_spot(percent: int, on_demand: int, spot: int) -> None:
    ecs_service = resource(service(on_demand_count=2, spot_percent=percent), "aws_ecs_service.service")
    assert ecs_service["capacity_provider_strategy"] == [
        {"capacity_provider": "FARGATE", "base": 2, "weight": on_demand},
        {"capacity_provider": "FARGATE_SPOT", "base": 0, "weight": spot},
    ]
    assert ecs_service["force_new_deployment"] is True, "else the service would be replaced"


def test_metrics_of_each_task_are_a_choice() -> None:
    def build(stack: AppStack) -> None:
        service_in(stack, container_insights="enhanced")

    for synthesized, value in ((service(), "disabled"), (synthesize(build), "enhanced")):
        cluster = resource(synthesized, "aws_ecs_cluster.service")
        assert cluster["setting"] == [{"name": "containerInsights", "value": value}]


def test_container_insights_logs_are_encrypted_with_retention() -> None:
    def build(stack: AppStack) -> None:
        service_in(stack, container_insights="enabled", key=key_in(stack))

    synthesized = synthesize(build)

    log = resource(synthesized, "aws_cloudwatch_log_group.service_container_insights")
    assert log == {
        "name": "/aws/ecs/containerinsights/mlflow-test/performance",
        "retention_in_days": 14,
        "kms_key_id": "${aws_kms_key.key.arn}",
    }
    cluster = resource(synthesized, "aws_ecs_cluster.service")
    assert cluster["depends_on"] == ["aws_cloudwatch_log_group.service_container_insights"]
    assert log["name"] in resource(synthesized, "aws_kms_key.key")["policy"]
    assert "service_container_insights" not in service()["resource"]["aws_cloudwatch_log_group"]


def test_roles_without_grants_allow_only_logging() -> None:
    policies = service()["resource"]["aws_iam_role_policy"]
    assert set(policies) == {"service_execution_log"}
    granted = statements(policies["service_execution_log"]["policy"])
    assert granted["WriteLog"]["Resource"] == ["${aws_cloudwatch_log_group.service.arn}:*"]


def test_roles_are_for_this_accounts_tasks_only() -> None:
    roles = service()["resource"]["aws_iam_role"]
    assert {role["name"] for role in roles.values()} == {"mlflow-test-task", "mlflow-test-execution"}
    for role in roles.values():
        (statement,) = json.loads(role["assume_role_policy"])["Statement"]
        assert statement["Principal"] == {"Service": "ecs-tasks.amazonaws.com"}
        assert statement["Condition"]["StringEquals"]["aws:SourceAccount"].startswith(
            "${data.aws_caller_identity."
        )


def test_new_revision_is_created_before_the_old_one_is_destroyed() -> None:
    task = resource(service(), "aws_ecs_task_definition.service")
    assert task["lifecycle"] == {"create_before_destroy": True}
    assert "skip_destroy" not in task, "nothing goes back to it"
