"""What AWS answers otherwise than it was asked: each case of it in the emulated AWS, seen through boto3."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.aws.account import EmulatedAws
from local.aws.inventory import inventory
from tests.iam.enforcement import emulated_aws

Client = Callable[[str], Any]


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatedAws]:
    with emulated_aws(tmp_path_factory.mktemp("answers")) as running:
        yield running


@pytest.fixture
def client(account: EmulatedAws) -> Client:
    session: Any = account.session()
    return lambda service: session.client(service)


def registered(client: Client, **container: Any) -> dict[str, Any]:
    """The container of a Fargate task, as it is described."""
    ecs = client("ecs")
    definition = ecs.register_task_definition(
        family="task",
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="256",
        memory="512",
        containerDefinitions=[{"name": "c", "image": "i", **container}],
    )["taskDefinition"]
    described = ecs.describe_task_definition(taskDefinition=definition["taskDefinitionArn"])["taskDefinition"]
    assert described["containerDefinitions"] == definition["containerDefinitions"]
    answered: dict[str, Any] = described["containerDefinitions"][0]
    return answered


@pytest.mark.parametrize(
    ("given", "answered"),
    [
        ({"drop": ["ALL"]}, {"add": [], "drop": ["ALL"]}),
        ({"add": ["SYS_PTRACE"]}, {"add": ["SYS_PTRACE"], "drop": []}),
        ({"add": [], "drop": ["ALL"]}, {"add": [], "drop": ["ALL"]}),
        ({}, None),
        ({"add": [], "drop": []}, None),
    ],
)
def test_a_container_has_both_lists_of_capabilities_or_none(
    client: Client, given: dict[str, Any], answered: dict[str, Any] | None
) -> None:
    parameters = registered(client, linuxParameters={"initProcessEnabled": True, "capabilities": given})[
        "linuxParameters"
    ]

    assert parameters.pop("initProcessEnabled") is True
    assert parameters == ({} if answered is None else {"capabilities": answered})


def test_container_definition_has_default_values(client: Client) -> None:
    container = registered(
        client,
        portMappings=[{"containerPort": 5000}],
        healthCheck={"command": ["CMD", "true"], "interval": 60},
        environment=[{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
    )

    assert (container["cpu"], container["essential"]) == (0, True)
    assert [container[name] for name in ("mountPoints", "volumesFrom", "systemControls")] == [[], [], []]
    assert container["portMappings"] == [{"containerPort": 5000, "hostPort": 5000, "protocol": "tcp"}]
    assert container["healthCheck"] == {
        "command": ["CMD", "true"],
        "interval": 60,
        "timeout": 5,
        "retries": 3,
    }
    # In no order that anybody gave them.
    assert [variable["name"] for variable in container["environment"]] == ["B", "A"]


def parameter_group(client: Client, family: str) -> Callable[..., dict[str, dict[str, Any]]]:
    """Modifies parameters of a new group of that family and returns them all, by name."""
    rds = client("rds")
    rds.create_db_parameter_group(
        DBParameterGroupName=family, DBParameterGroupFamily=family, Description=family
    )

    def modify(name: str, value: str, method: str) -> dict[str, dict[str, Any]]:
        change = {"ParameterName": name, "ParameterValue": value, "ApplyMethod": method}
        rds.modify_db_parameter_group(DBParameterGroupName=family, Parameters=[change])
        found = rds.describe_db_parameters(DBParameterGroupName=family)["Parameters"]
        return {one["ParameterName"]: one for one in found}

    return modify


@pytest.mark.parametrize(
    ("family", "source", "method"),
    [
        ("postgres13", "user", "immediate"),
        ("postgres14", "user", "immediate"),
        ("postgres15", "system", "pending-reboot"),
        ("postgres16", "system", "pending-reboot"),
        ("postgres17", "system", "pending-reboot"),
        ("postgres18", "system", "pending-reboot"),
    ],
)
def test_parameter_at_its_default_keeps_the_default_apply_method(
    client: Client, family: str, source: str, method: str
) -> None:
    parameter = parameter_group(client, family)("rds.force_ssl", "1", "immediate")["rds.force_ssl"]

    assert (parameter["ParameterValue"], parameter["Source"], parameter["ApplyMethod"]) == (
        "1",
        source,
        method,
    )


def test_another_apply_method_alone_changes_nothing(client: Client) -> None:
    modify = parameter_group(client, "postgres12")
    name = "log_min_duration_statement"

    methods = [
        modify(name, value, method)[name]["ApplyMethod"]
        for value, method in (("1000", "immediate"), ("1000", "pending-reboot"), ("500", "pending-reboot"))
    ]

    assert methods == ["immediate", "immediate", "pending-reboot"]


def test_a_static_parameter_is_not_changed_immediately(client: Client) -> None:
    modify = parameter_group(client, "postgres11")

    with pytest.raises(ClientError, match="InvalidParameterCombination"):
        modify("max_connections", "100", "immediate")
    assert modify("max_connections", "100", "pending-reboot")["max_connections"]["ParameterValue"] == "100"


@pytest.mark.parametrize(
    ("size", "iops", "throughput"), [(20, 3000, 125), (399, 3000, 125), (400, 12000, 500)]
)
def test_storage_has_the_performance_of_its_size(
    client: Client, size: int, iops: int, throughput: int
) -> None:
    made = client("rds").create_db_instance(
        DBInstanceIdentifier=f"of-{size}",
        Engine="postgres",
        DBInstanceClass="db.t4g.micro",
        StorageType="gp3",
        AllocatedStorage=size,
        MasterUsername="mlflow_user",
        MasterUserPassword="not-a-secret",
    )["DBInstance"]

    assert (made["Iops"], made["StorageThroughput"]) == (iops, throughput)


def encryption_of(s3: Any, bucket: str) -> dict[str, Any]:
    answer = s3.get_bucket_encryption(Bucket=bucket)
    (rule,) = answer["ServerSideEncryptionConfiguration"]["Rules"]
    return dict(rule)


def test_every_bucket_is_encrypted_and_blocks_customers_keys(client: Client) -> None:
    s3 = client("s3")
    s3.create_bucket(Bucket="new")
    untouched = encryption_of(s3, "new")
    rule: dict[str, Any] = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}

    answers = []
    for more in ({}, {"BlockedEncryptionTypes": {"EncryptionType": ["NONE"]}}, {}):
        s3.put_bucket_encryption(
            Bucket="new", ServerSideEncryptionConfiguration={"Rules": [{**rule, **more}]}
        )
        answers.append(encryption_of(s3, "new")["BlockedEncryptionTypes"]["EncryptionType"])

    assert untouched["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    assert untouched["BlockedEncryptionTypes"] == {"EncryptionType": ["SSE-C"]}
    assert answers == [["SSE-C"], ["NONE"], ["NONE"]]


def test_a_buckets_policy_is_answered_in_other_words(client: Client) -> None:
    s3 = client("s3")
    s3.create_bucket(Bucket="worded")
    roles = [f"arn:aws:iam::123456789012:role/{name}" for name in ("a", "b")]
    resources = ["arn:aws:s3:::worded", "arn:aws:s3:::worded/*"]
    statement = {"Effect": "Allow", "Principal": {"AWS": roles}, "Action": ["s3:Get*"], "Resource": resources}
    s3.put_bucket_policy(
        Bucket="worded", Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    )

    policy = json.loads(s3.get_bucket_policy(Bucket="worded")["Policy"])

    (answered,) = policy["Statement"]
    assert answered["Action"] == "s3:Get*"
    assert answered["Principal"] == {"AWS": roles[::-1]}
    assert answered["Resource"] == resources[::-1]


def test_a_hosted_zone_has_an_id_of_its_own_kind(client: Client) -> None:
    zone = client("route53").create_hosted_zone(Name="example.com", CallerReference="1")["HostedZone"]

    assert zone["Id"].startswith("/hostedzone/Z")


def load_balancer(client: Client, name: str, scheme: str) -> tuple[str, str]:
    """The ARNs of a load balancer and of a target group."""
    ec2, elb = client("ec2"), client("elbv2")
    subnets = ec2.describe_subnets()["Subnets"][:2]
    made = elb.create_load_balancer(
        Name=name, Subnets=[one["SubnetId"] for one in subnets], Scheme=scheme, Type="application"
    )["LoadBalancers"][0]
    group = elb.create_target_group(
        Name=name, Protocol="HTTP", Port=5000, VpcId=subnets[0]["VpcId"], TargetType="ip"
    )["TargetGroups"][0]
    return made["LoadBalancerArn"], group["TargetGroupArn"]


def test_load_balancer_and_target_group_have_all_attributes(client: Client) -> None:
    elb = client("elbv2")
    balancer, group = load_balancer(client, "attributes", "internal")
    change = [{"Key": "idle_timeout.timeout_seconds", "Value": "300"}]
    elb.modify_load_balancer_attributes(LoadBalancerArn=balancer, Attributes=change)

    of_balancer, of_group = (
        {one["Key"]: one["Value"] for one in answer["Attributes"]}
        for answer in (
            elb.describe_load_balancer_attributes(LoadBalancerArn=balancer),
            elb.describe_target_group_attributes(TargetGroupArn=group),
        )
    )

    assert of_balancer["idle_timeout.timeout_seconds"] == "300"
    assert of_balancer["access_logs.s3.enabled"] == "false"
    assert of_balancer["ipv6.deny_all_igw_traffic"] == "true"
    assert of_group["stickiness.lb_cookie.duration_seconds"] == "86400"


def test_a_listener_forwards_in_both_words(client: Client) -> None:
    balancer, group = load_balancer(client, "forwards", "internet-facing")
    client("elbv2").create_listener(
        LoadBalancerArn=balancer,
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": group}],
    )

    (listener,) = client("elbv2").describe_listeners(LoadBalancerArn=balancer)["Listeners"]

    (action,) = listener["DefaultActions"]
    assert action["TargetGroupArn"] == group
    assert action["ForwardConfig"] == {
        "TargetGroups": [{"TargetGroupArn": group, "Weight": 1}],
        "TargetGroupStickinessConfig": {"Enabled": False},
    }


@pytest.mark.parametrize("setting", ["enabled", "enhanced"])
def test_container_insights_makes_its_log_group(account: EmulatedAws, client: Client, setting: str) -> None:
    ecs, logs = client("ecs"), client("logs")
    insights = [{"name": "containerInsights", "value": setting}]
    ecs.create_cluster(clusterName=f"watched-{setting}", settings=insights)
    ecs.create_cluster(clusterName=f"later-{setting}")
    before = inventory(account.session())
    ecs.update_cluster(cluster=f"later-{setting}", settings=insights)
    for cluster in ("watched", "later"):
        ecs.delete_cluster(cluster=f"{cluster}-{setting}")

    left = [line for line in inventory(account.session()) if line.startswith("log group")]
    name = "/aws/ecs/containerinsights/{}/performance"
    assert f"log group {name.format(f'later-{setting}')}" not in before
    assert {f"log group {name.format(f'{each}-{setting}')}" for each in ("watched", "later")} <= set(left)
    with pytest.raises(ClientError, match="ResourceAlreadyExistsException"):
        logs.create_log_group(logGroupName=name.format(f"watched-{setting}"))


def test_a_log_group_that_there_is_stays_as_it_is(client: Client) -> None:
    ecs, logs = client("ecs"), client("logs")
    name = "/aws/ecs/containerinsights/owned/performance"
    logs.create_log_group(logGroupName=name)
    logs.put_retention_policy(logGroupName=name, retentionInDays=14)

    ecs.create_cluster(clusterName="owned", settings=[{"name": "containerInsights", "value": "enabled"}])

    (group,) = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    assert group["retentionInDays"] == 14
