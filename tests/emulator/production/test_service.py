"""The service as ECS has it: closed, spread, scaled, watched; and a shell in it for as long as one is needed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.emulator.environments import EMPTY_PLAN, NOT_EMPTY_PLAN, Platform
from tests.emulator.production.conftest import APPLY, SETTINGS, Client

NAME = "mlflow-production"
SHELL = "enable_execute_command = true\nreadonly_root_filesystem = false\n"


def service_of(client: Client) -> Any:
    (service,) = client("ecs").describe_services(cluster=NAME, services=[NAME])["services"]
    return service


def container_of(client: Client) -> Any:
    revision = service_of(client)["taskDefinition"]
    definition = client("ecs").describe_task_definition(taskDefinition=revision)["taskDefinition"]
    (container,) = definition["containerDefinitions"]
    return container


def cluster_of(client: Client) -> Any:
    described = client("ecs").describe_clusters(clusters=[NAME], include=["CONFIGURATIONS", "SETTINGS"])
    (cluster,) = described["clusters"]
    return cluster


def test_the_container_can_write_to_its_volume_only(production: Platform, client: Client) -> None:
    container = container_of(client)

    assert container["readonlyRootFilesystem"] is True
    assert container["user"] == "10001:10001"
    assert container["linuxParameters"]["capabilities"] == {"add": [], "drop": ["ALL"]}
    assert container.get("privileged") in (None, False)
    (mount,) = container["mountPoints"]
    assert (mount["sourceVolume"], mount["containerPath"]) == ("tmp", "/tmp")


def test_a_variable_arrives_as_it_was_written(production: Platform, client: Client) -> None:
    variables = {one["name"]: one["value"] for one in container_of(client)["environment"]}

    assert variables["GREETING"] == '${HOME} %{if} $${x} "é"\nand more'


def test_tasks_are_spread_and_a_share_runs_on_spot(production: Platform, client: Client) -> None:
    service = service_of(client)

    assert service["desiredCount"] == 2
    assert service["platformVersion"] == "1.4.0"
    assert service["availabilityZoneRebalancing"] == "ENABLED"
    assert len(service["networkConfiguration"]["awsvpcConfiguration"]["subnets"]) == 2
    shares = {one["capacityProvider"]: one for one in service["capacityProviderStrategy"]}
    assert (shares["FARGATE"]["base"], shares["FARGATE"]["weight"]) == (2, 1)
    assert shares["FARGATE_SPOT"]["weight"] == 1
    assert set(cluster_of(client)["capacityProviders"]) == {"FARGATE", "FARGATE_SPOT"}
    assert {"name": "containerInsights", "value": "enabled"} in cluster_of(client)["settings"]


def test_bad_deployment_rolls_back_on_failed_tasks_or_requests(production: Platform, client: Client) -> None:
    deployment = service_of(client)["deploymentConfiguration"]
    named = deployment["alarms"]["alarmNames"]
    alarms = client("cloudwatch").describe_alarms(AlarmNames=named)["MetricAlarms"]

    assert deployment["deploymentCircuitBreaker"] == {"enable": True, "rollback": True}
    assert deployment["alarms"]["enable"] and deployment["alarms"]["rollback"]
    assert {alarm["AlarmName"] for alarm in alarms} == set(named)
    assert set(named) == {f"{NAME}-errors", f"{NAME}-unhealthy-hosts"}


def test_alarms_use_dimensions_that_exist(production: Platform, client: Client) -> None:
    alarms = client("cloudwatch").describe_alarms(AlarmNamePrefix=f"{NAME}-")["MetricAlarms"]
    (balancer,) = client("elbv2").describe_load_balancers()["LoadBalancers"]
    (group,) = client("elbv2").describe_target_groups(LoadBalancerArn=balancer["LoadBalancerArn"])[
        "TargetGroups"
    ]
    known = {
        "LoadBalancer": balancer["LoadBalancerArn"].partition(":loadbalancer/")[2],
        "TargetGroup": group["TargetGroupArn"].rpartition(":")[2],
        "ClusterName": NAME,
        "ServiceName": NAME,
        "DBInstanceIdentifier": NAME,
    }

    assert len(alarms) == 8
    for alarm in alarms:
        metrics = (
            [alarm]
            if alarm.get("MetricName")
            else [query["MetricStat"]["Metric"] for query in alarm["Metrics"] if "MetricStat" in query]
        )
        assert metrics
        for metric in metrics:
            assert metric["Dimensions"]
            for dimension in metric["Dimensions"]:
                assert dimension["Value"] == known[dimension["Name"]], alarm["AlarmName"]


def test_alarms_reach_their_address(production: Platform, client: Client) -> None:
    topic = production.outputs()["alarm_topic_arn"]
    alarms = client("cloudwatch").describe_alarms(AlarmNamePrefix=f"{NAME}-")["MetricAlarms"]
    (subscription,) = client("sns").list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]

    assert {action for alarm in alarms for action in alarm["AlarmActions"]} == {topic}
    attributes = client("sns").get_topic_attributes(TopicArn=topic)["Attributes"]

    assert attributes["KmsMasterKeyId"].startswith("arn:aws:kms:")
    assert (subscription["Protocol"], subscription["Endpoint"]) == ("email", "platform@example.com")


def test_failed_deployment_is_published_to_the_alarm_topic(production: Platform, client: Client) -> None:
    events, topic = client("events"), production.outputs()["alarm_topic_arn"]
    rule = events.describe_rule(Name=f"{NAME}-deployments")
    (target,) = events.list_targets_by_rule(Rule=f"{NAME}-deployments")["Targets"]
    policy = json.loads(client("sns").get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"])

    assert (rule["State"], target["Arn"]) == ("ENABLED", topic)
    assert json.loads(rule["EventPattern"])["resources"] == [service_of(client)["serviceArn"]]
    publishers = [one["Principal"] for one in policy["Statement"] if one["Effect"] == "Allow"]
    assert {"Service": "events.amazonaws.com"} in publishers


def test_the_load_decides_how_many_tasks_there_are(production: Platform, client: Client) -> None:
    scaling = client("application-autoscaling")
    (target,) = scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]
    policies = scaling.describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"]

    assert (target["MinCapacity"], target["MaxCapacity"]) == (2, 6)
    assert target["ResourceId"] == f"service/{NAME}/{NAME}"
    assert {policy["PolicyName"] for policy in policies} == {
        f"{NAME}-cpu",
        f"{NAME}-memory",
        f"{NAME}-requests",
    }


def test_more_tasks_are_no_drift(production: Platform, client: Client) -> None:
    client("ecs").update_service(cluster=NAME, service=NAME, desiredCount=5)
    try:
        assert production.plan() == EMPTY_PLAN, production.changes()
    finally:
        client("ecs").update_service(cluster=NAME, service=NAME, desiredCount=2)


@pytest.fixture(scope="module")
def entered(production: Platform) -> Platform:
    """With a shell in its tasks, while somebody needs one."""
    closed = SETTINGS.read_text(encoding="utf-8")
    assert "\n[service]\n" in closed
    production.write(closed.replace("\n[service]\n", f"\n[service]\n{SHELL}"))
    production.synthesize()
    production.terraform(*APPLY)
    return production


@pytest.fixture(scope="module")
def closed_again(entered: Platform) -> Platform:
    """As it was."""
    entered.write(SETTINGS.read_text(encoding="utf-8"))
    entered.synthesize()
    entered.terraform(*APPLY)
    return entered


def test_a_shell_for_a_while_is_audited(entered: Platform, client: Client) -> None:
    configuration = cluster_of(client)["configuration"]["executeCommandConfiguration"]
    log = configuration["logConfiguration"]["cloudWatchLogGroupName"]
    (group,) = client("logs").describe_log_groups(logGroupNamePrefix=log)["logGroups"]

    assert service_of(client)["enableExecuteCommand"] is True
    assert container_of(client)["readonlyRootFilesystem"] is False
    assert (configuration["logging"], log) == ("OVERRIDE", f"/ecs/{NAME}/exec")
    assert group["retentionInDays"] == 365
    assert group["kmsKeyId"].startswith("arn:aws:kms:")
    assert configuration["logConfiguration"]["cloudWatchEncryptionEnabled"] is True
    assert entered.plan() == EMPTY_PLAN, entered.changes()


def test_afterwards_it_is_as_closed_as_before(closed_again: Platform, client: Client) -> None:
    configuration = cluster_of(client)["configuration"]["executeCommandConfiguration"]
    groups = client("logs").describe_log_groups(logGroupNamePrefix=f"/ecs/{NAME}/")["logGroups"]

    assert service_of(client)["enableExecuteCommand"] is False
    assert container_of(client)["readonlyRootFilesystem"] is True
    assert configuration == {"logging": "NONE"}
    assert groups == []
    assert closed_again.plan() == EMPTY_PLAN, closed_again.changes()


def test_a_roll_back_after_the_apply_is_in_the_next_plan(closed_again: Platform, client: Client) -> None:
    """As ECS does it when an alarm goes off while Terraform no longer waits."""
    ecs, after = client("ecs"), service_of(client)["taskDefinition"]
    *_, before, newest = ecs.list_task_definitions(familyPrefix=NAME, status="ACTIVE")["taskDefinitionArns"]
    assert newest == after

    ecs.update_service(cluster=NAME, service=NAME, taskDefinition=before)
    code = closed_again.plan()
    changes = closed_again.changes()
    ecs.update_service(cluster=NAME, service=NAME, taskDefinition=after)

    assert (code, changes) == (NOT_EMPTY_PLAN, {"aws_ecs_service.service": ["update"]})
    assert closed_again.plan() == EMPTY_PLAN, closed_again.changes()
