"""The service: its task definition, its roles, and how it is deployed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from stacks.base import AppStack
from tests.synthesis import Json, resource, run, service_in, statements, synthesize


def service(**changes: Any) -> Json:
    def build(stack: AppStack) -> None:
        run(service_in(stack), **changes)

    return synthesize(build)


def container(synthesized: Json) -> Json:
    definitions = json.loads(
        resource(synthesized, "aws_ecs_task_definition.service")["container_definitions"]
    )
    assert len(definitions) == 1
    return dict(definitions[0])


def test_the_container_runs_the_image_given_with_its_variables_in_order() -> None:
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
    assert container(service())["healthCheck"]["command"] == [
        "CMD",
        "python",
        "-m",
        "tracking_server.healthcheck",
    ]


def test_a_silent_log_service_does_not_stop_the_server() -> None:
    log = container(service())["logConfiguration"]
    assert log["logDriver"] == "awslogs"
    assert log["options"]["mode"] == "non-blocking"
    assert log["options"]["awslogs-group"] == "${aws_cloudwatch_log_group.service.name}"
    assert log["options"]["awslogs-region"] == "eu-west-1"


@pytest.mark.parametrize(("platform", "architecture"), [("linux/amd64", "X86_64"), ("linux/arm64", "ARM64")])
def test_tasks_run_on_what_the_image_was_built_for(platform: str, architecture: str) -> None:
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


def test_a_deployment_that_fails_is_rolled_back_and_fails_the_apply() -> None:
    ecs_service = resource(service(), "aws_ecs_service.service")
    assert ecs_service["deployment_circuit_breaker"] == {"enable": True, "rollback": True}
    assert ecs_service["wait_for_steady_state"] is True
    assert ecs_service["deployment_minimum_healthy_percent"] == 100


def test_tasks_carry_the_services_tags() -> None:
    ecs_service = resource(service(), "aws_ecs_service.service")
    assert ecs_service["propagate_tags"] == "SERVICE"
    assert ecs_service["enable_ecs_managed_tags"] is True


def test_the_log_group_is_named_after_the_service_and_expires() -> None:
    log = resource(service(), "aws_cloudwatch_log_group.service")
    assert log == {"name": "/ecs/mlflow-test", "retention_in_days": 14}


def test_a_shell_in_a_task_is_possible_only_where_it_is_enabled() -> None:
    closed, open_ = service(), service(enable_execute_command=True)
    assert resource(closed, "aws_ecs_service.service")["enable_execute_command"] is False
    assert "service_task_exec" not in closed["resource"]["aws_iam_role_policy"]
    granted = statements(resource(open_, "aws_iam_role_policy.service_task_exec")["policy"])
    assert all(action.startswith("ssmmessages:") for action in granted["ExecuteCommand"]["Action"])


def test_before_anything_is_granted_the_task_can_do_nothing_and_ecs_can_only_log() -> None:
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


def test_the_new_revision_is_there_before_the_old_one_goes() -> None:
    task = resource(service(), "aws_ecs_task_definition.service")
    assert task["lifecycle"] == {"create_before_destroy": True}
