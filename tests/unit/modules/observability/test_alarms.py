"""Alarms: on what, when, who is told, and which of them roll a deployment back."""

from __future__ import annotations

from typing import Any

import pytest

from modules.observability.alarms import Alarms
from modules.observability.settings import AlarmsSettings
from stacks.base import AppStack
from tests.given.databases import database_in
from tests.synthesis import Json, load_balancer_in, resource, service_in, synthesize, table


def watched(*, grace_period_seconds: int = 300, **database: Any) -> Json:
    def build(stack: AppStack) -> None:
        service = service_in(stack, health_check_grace_period_seconds=grace_period_seconds)
        balancer = load_balancer_in(stack)
        balancer.forward_to(service)
        store = database_in(stack, **database)
        Alarms(
            stack,
            "alarms",
            settings=table(AlarmsSettings),
            name="mlflow-test",
            topic_arn="arn:topic",
            load_balancer=balancer,
            service=service,
            others=store.alarms(connections=300),
        )

    return synthesize(build)


def alarm(synthesized: Json, name: str) -> Json:
    return resource(synthesized, f"aws_cloudwatch_metric_alarm.alarms_{name}")


def test_every_alarm_notifies_on_alarm_and_on_ok() -> None:
    alarms = watched()["resource"]["aws_cloudwatch_metric_alarm"]
    assert sorted(alarms) == [
        "alarms_cpu",
        "alarms_database_connections",
        "alarms_database_cpu",
        "alarms_database_storage",
        "alarms_errors",
        "alarms_memory",
        "alarms_no_healthy_host",
        "alarms_unhealthy_hosts",
    ]
    for one in alarms.values():
        assert one["alarm_actions"] == one["ok_actions"] == ["arn:topic"]
        assert one["alarm_name"].startswith("mlflow-test-")
        assert one["alarm_description"]


def test_a_deployment_that_clients_notice_is_rolled_back() -> None:
    service = resource(watched(), "aws_ecs_service.service")
    assert service["alarms"] == {
        "enable": True,
        "rollback": True,
        "alarm_names": [
            "${aws_cloudwatch_metric_alarm.alarms_errors.alarm_name}",
            "${aws_cloudwatch_metric_alarm.alarms_unhealthy_hosts.alarm_name}",
        ],
    }


@pytest.mark.parametrize(("grace_seconds", "create", "update"), [(0, "29m", "29m"), (300, "39m", "49m")])
def test_an_apply_waits_while_alarms_are_watched(grace_seconds: int, create: str, update: str) -> None:
    service = resource(watched(grace_period_seconds=grace_seconds), "aws_ecs_service.service")
    assert service["timeouts"] == {"create": create, "update": update}


def test_revision_for_rollback_is_kept() -> None:
    assert resource(watched(), "aws_ecs_task_definition.service")["skip_destroy"] is True


def test_error_rate_counts_target_and_load_balancer_errors() -> None:
    errors = alarm(watched(), "errors")
    queries = {query["id"]: query for query in errors["metric_query"]}
    assert queries["rate"]["return_data"] is True
    assert {
        name: (query["metric"]["metric_name"], query["metric"]["stat"])
        for name, query in queries.items()
        if "metric" in query
    } == {
        "requests": ("RequestCount", "Sum"),
        "by_server": ("HTTPCode_Target_5XX_Count", "Sum"),
        "by_balancer": ("HTTPCode_ELB_5XX_Count", "Sum"),
    }
    # Neither is reported while there are none; and one of two requests in a quiet minute is no rate.
    assert queries["rate"]["expression"] == (
        "100 * (FILL(by_server, 0) + FILL(by_balancer, 0)) / IF(requests > 20, requests, 20)"
    )
    assert (errors["comparison_operator"], errors["threshold"]) == ("GreaterThanThreshold", 5)
    assert errors["datapoints_to_alarm"] < errors["evaluation_periods"]


@pytest.mark.parametrize(("grace_seconds", "minutes"), [(0, 5), (300, 10), (301, 11), (10**9, 1440)])
def test_a_task_may_be_unhealthy_for_as_long_as_a_start_may_take(grace_seconds: int, minutes: int) -> None:
    unhealthy = alarm(watched(grace_period_seconds=grace_seconds), "unhealthy_hosts")
    assert unhealthy["metric_name"] == "UnHealthyHostCount"
    assert (unhealthy["period"], unhealthy["evaluation_periods"]) == (60, minutes)
    assert (unhealthy["statistic"], unhealthy["threshold"]) == ("Maximum", 0)


def test_missing_data_raises_the_healthy_host_alarm() -> None:
    away = alarm(watched(), "no_healthy_host")
    assert away["treat_missing_data"] == "breaching"
    assert (away["metric_name"], away["comparison_operator"]) == ("HealthyHostCount", "LessThanThreshold")
    # Of all zones the one with the most.
    assert (away["statistic"], away["threshold"]) == ("Maximum", 1)
    assert away["depends_on"] == ["aws_ecs_service.service"], "not before there has been a task"


def test_tasks_and_database_are_looked_at_by_name() -> None:
    synthesized = watched(allocated_storage_gib=100)
    assert alarm(synthesized, "cpu")["dimensions"] == {
        "ClusterName": "${aws_ecs_cluster.service.name}",
        "ServiceName": "${aws_ecs_service.service.name}",
    }
    assert alarm(synthesized, "memory")["threshold"] == 95
    storage = alarm(synthesized, "database_storage")
    assert storage["dimensions"] == {"DBInstanceIdentifier": "${aws_db_instance.database.identifier}"}
    assert (storage["comparison_operator"], storage["threshold"]) == ("LessThanThreshold", 10 * 1024**3)
    assert alarm(synthesized, "database_connections")["threshold"] == 300
