"""How the service runs in each profile, and what its settings bring with them."""

from __future__ import annotations

import json

import pytest

from tests.given.alarms import TOPIC, TOPIC_FROM_STATE
from tests.given.plans import ENGINE_CHECK, container, resources, waits_for
from tests.synthesis import Json, resource, synthesize_platform
from tests.texts import DEMO, PRODUCTION

OPTIONAL = ("aws_appautoscaling_", "aws_cloudwatch_metric_alarm.", "aws_cloudwatch_event_", "aws_sns_")
SHELL = "[service]\nenable_execute_command = true\nreadonly_root_filesystem = false\n"


@pytest.fixture(scope="module")
def demo() -> Json:
    return synthesize_platform()


@pytest.fixture(scope="module")
def production() -> Json:
    return synthesize_platform(PRODUCTION)


def test_the_demo_pays_for_nothing_that_it_does_not_need(demo: Json) -> None:
    assert [address for address in resources(demo) if address.startswith(OPTIONAL)] == []
    assert set(demo["resource"]["aws_cloudwatch_log_group"]) == {"service"}
    assert "alarm_topic_arn" not in demo["output"]
    service = resource(demo, "aws_ecs_service.service")
    assert (service["desired_count"], service["enable_execute_command"]) == (1, True)
    assert "ignore_changes" not in service["lifecycle"] and "alarms" not in service
    setting = resource(demo, "aws_ecs_cluster.service")["setting"]
    assert setting == [{"name": "containerInsights", "value": "disabled"}]


def test_production_scales_is_watched_and_is_closed(production: Json) -> None:
    service = resource(production, "aws_ecs_service.service")
    assert (service["desired_count"], service["enable_execute_command"]) == (2, False)
    assert service["lifecycle"]["ignore_changes"] == ["desired_count"]
    assert service["lifecycle"]["postcondition"], "also where the load decides how many tasks there are"
    assert len(service["alarms"]["alarm_names"]) == 2
    target = resource(production, "aws_appautoscaling_target.scaling")
    assert (target["min_capacity"], target["max_capacity"]) == (2, 6)
    definition = container(production)
    assert definition["readonlyRootFilesystem"] is True
    assert definition["linuxParameters"]["capabilities"] == {"add": [], "drop": ["ALL"]}
    assert "service_exec" not in production["resource"]["aws_cloudwatch_log_group"], "no shell, no log of it"


def test_service_address_is_the_same_with_scaling(production: Json) -> None:
    fixed = synthesize_platform(f"{PRODUCTION}[scaling]\nenabled = false\n")

    gone = set(resources(production)) - set(resources(fixed))
    assert all(address.startswith("aws_appautoscaling_") for address in gone)
    assert set(resources(fixed)) <= set(resources(production))
    assert "ignore_changes" not in resource(fixed, "aws_ecs_service.service")["lifecycle"]


def test_a_shell_in_production_is_audited() -> None:
    synthesized = synthesize_platform(PRODUCTION + SHELL)

    log = resource(synthesized, "aws_cloudwatch_log_group.service_exec")
    assert (log["name"], log["retention_in_days"]) == ("/ecs/mlflow-test/exec", 365)
    cluster = resource(synthesized, "aws_ecs_cluster.service")
    logging = cluster["configuration"]["execute_command_configuration"]["log_configuration"]
    assert logging["cloud_watch_log_group_name"] == "${aws_cloudwatch_log_group.service_exec.name}"
    assert resource(synthesized, "aws_ecs_service.service")["enable_execute_command"] is True


@pytest.mark.parametrize("lines", ["", SHELL])
def test_an_apply_that_cannot_build_changes_nothing(lines: str) -> None:
    synthesized = synthesize_platform(PRODUCTION + lines)

    assert set(resources(synthesized)) - waits_for(synthesized, ENGINE_CHECK) == set()


def test_service_depends_on_its_rollback_alarms(production: Json) -> None:
    for name in ("errors", "unhealthy_hosts"):
        later = waits_for(production, f"aws_cloudwatch_metric_alarm.alarms_{name}")
        assert "aws_ecs_service.service" in later


@pytest.mark.parametrize(
    ("lines", "topic"),
    [
        (f'[alarms]\ntopic_arn = "{TOPIC}"\n', TOPIC),
        (TOPIC_FROM_STATE, "${data.terraform_remote_state.remote_state.outputs.topic}"),
        ("", "${aws_sns_topic.alarm_topic.arn}"),
    ],
)
def test_alarms_tell_another_teams_topic_or_one_of_their_own(lines: str, topic: str) -> None:
    synthesized = synthesize_platform(PRODUCTION + lines)

    alarms = synthesized["resource"]["aws_cloudwatch_metric_alarm"].values()
    assert {action for alarm in alarms for action in alarm["alarm_actions"]} == {topic}
    assert synthesized["output"]["alarm_topic_arn"]["value"] == topic
    told = resource(synthesized, "aws_cloudwatch_event_target.deployments")
    assert told["arn"] == topic and ("count" in told) == bool(lines)
    made = [address for address in resources(synthesized) if address.startswith("aws_sns_")]
    expected = ["aws_sns_topic.alarm_topic", "aws_sns_topic_policy.alarm_topic"]
    assert made == ([] if lines else expected)


def test_an_address_of_ones_own_gets_messages() -> None:
    synthesized = synthesize_platform(f'{PRODUCTION}[alarms]\nemail = "a@example.com"\n')

    subscription = resource(synthesized, "aws_sns_topic_subscription.alarm_topic_email")
    assert subscription["endpoint"] == "a@example.com"


@pytest.mark.parametrize("lines", [DEMO, PRODUCTION])
def test_a_share_on_spot_only_changes_the_service(lines: str) -> None:
    before, after = synthesize_platform(lines), synthesize_platform(f"{lines}[service]\nspot_percent = 50\n")

    assert set(resources(before)) == set(resources(after))
    service = resource(after, "aws_ecs_service.service")
    assert [one["capacity_provider"] for one in service["capacity_provider_strategy"]] == [
        "FARGATE",
        "FARGATE_SPOT",
    ]


def test_retained_revisions_are_listed_with_their_command() -> None:
    watched = [f"allow_destroy = true\n{PRODUCTION}", f"{DEMO}[alarms]\nenabled = true\n"]

    for lines in watched:
        left = "\n".join(synthesize_platform(lines)["output"]["retained_resources"]["value"])
        assert "aws ecs list-task-definitions --family-prefix mlflow-test --region eu-west-1" in left
        assert "xargs -n 1 aws ecs deregister-task-definition --region eu-west-1" in left
    assert "retained_resources" not in synthesize_platform(DEMO)["output"]
    assert "retained_resources" not in synthesize_platform(PRODUCTION)["output"]


def test_tasks_log_in_to_a_private_registry() -> None:
    secret = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:registry-AbCdEf"
    key = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-4cd3-96ef-1234567890ab"
    image = (
        f'[image]\nuri = "registry.example.com/mlflow:1"\nrepository_credentials_arn = "{secret}"\n'
        f'repository_credentials_kms_key_arn = "{key}"\n'
    )
    synthesized = synthesize_platform(DEMO + image)

    task = resource(synthesized, "aws_ecs_task_definition.service")
    (container,) = json.loads(task["container_definitions"])
    assert container["repositoryCredentials"] == {"credentialsParameter": secret}
    policy = json.loads(resource(synthesized, "aws_iam_role_policy.service_execution_image")["policy"])
    assert [(one["Action"], one["Resource"]) for one in policy["Statement"]] == [
        (["secretsmanager:GetSecretValue"], [secret]),
        (["kms:Decrypt"], [key]),
    ]
