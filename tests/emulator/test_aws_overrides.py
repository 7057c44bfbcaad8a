"""Each gap of moto that the emulated AWS closes, seen through boto3."""

from __future__ import annotations

import base64
import datetime
import json
from pathlib import Path
from typing import Any

import pytest
import requests
from botocore.exceptions import ClientError

from local.aws.account import EmulatedAws, without_aws
from local.aws.inventory import inventory
from tests.emulator.conftest import Client
from tests.iam.enforcement import emulated_aws


def test_an_unknown_action_fails_at_once_and_is_heard(own_aws: EmulatedAws, own: Client) -> None:
    with pytest.raises(ClientError, match="NotEmulated") as refused:
        own("ecs").describe_service_revisions(serviceRevisionArns=["arn:aws:ecs:us-east-1:123456789012:x"])

    assert refused.value.response["ResponseMetadata"]["RetryAttempts"] == 0
    assert any("DescribeServiceRevisions" in gap for gap in own_aws.gaps())


def test_an_ecr_token_is_like_awss(own_aws: EmulatedAws, own: Client) -> None:
    token = own("ecr").get_authorization_token()["authorizationData"][0]

    assert base64.b64decode(token["authorizationToken"]).decode() == f"AWS:{own_aws.registry_password}"
    assert own_aws.registry_password.startswith("ey")
    assert token["expiresAt"] > datetime.datetime.now(datetime.UTC)


def test_key_has_the_given_rotation_period(own: Client) -> None:
    kms = own("kms")
    told, untold = (kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(2))
    assert "RotationPeriodInDays" not in kms.get_key_rotation_status(KeyId=told)

    kms.enable_key_rotation(KeyId=told, RotationPeriodInDays=180)
    kms.enable_key_rotation(KeyId=untold)

    periods = [kms.get_key_rotation_status(KeyId=key)["RotationPeriodInDays"] for key in (told, untold)]
    assert periods == [180, 365]


def test_a_subnet_group_is_still_there_after_a_change(own: Client) -> None:
    ec2, rds = own("ec2"), own("rds")
    subnets = [subnet["SubnetId"] for subnet in ec2.describe_subnets()["Subnets"]][:2]
    rds.create_db_subnet_group(DBSubnetGroupName="group", DBSubnetGroupDescription="old", SubnetIds=subnets)

    rds.modify_db_subnet_group(DBSubnetGroupName="group", DBSubnetGroupDescription="new", SubnetIds=subnets)

    (group,) = rds.describe_db_subnet_groups(DBSubnetGroupName="group")["DBSubnetGroups"]
    assert group["DBSubnetGroupDescription"] == "new"


def test_managed_password_is_random_and_deleted_with_its_instance(own: Client) -> None:
    rds, secrets = own("rds"), own("secretsmanager")
    options = {
        "Engine": "postgres",
        "EngineVersion": "16",
        "DBInstanceClass": "db.t4g.micro",
        "AllocatedStorage": 20,
    }
    instances = [
        rds.create_db_instance(
            DBInstanceIdentifier=name, MasterUsername="mlflow_user", ManageMasterUserPassword=True, **options
        )["DBInstance"]
        for name in ("first", "second")
    ]
    arns = [instance["MasterUserSecret"]["SecretArn"] for instance in instances]
    values = [json.loads(secrets.get_secret_value(SecretId=arn)["SecretString"]) for arn in arns]

    assert [value["username"] for value in values] == ["mlflow_user", "mlflow_user"]
    assert values[0]["password"] != values[1]["password"]
    assert len({instance["DbiResourceId"] for instance in instances}) == 2
    assert {instance["EngineVersion"] for instance in instances} == {"16.14"}

    for name in ("first", "second"):
        rds.delete_db_instance(DBInstanceIdentifier=name, SkipFinalSnapshot=True)
    assert secrets.list_secrets()["SecretList"] == []


def test_service_keeps_its_settings_and_its_tasks(own: Client) -> None:
    ecs = own("ecs")
    ecs.create_cluster(clusterName="cluster")
    arns = [
        ecs.register_task_definition(
            family="task", containerDefinitions=[{"name": "c", "image": image, "memory": 128}]
        )["taskDefinition"]["taskDefinitionArn"]
        for image in ("old", "new")
    ]
    ecs.create_service(
        cluster="cluster",
        serviceName="service",
        taskDefinition=arns[0],
        desiredCount=3,
        enableECSManagedTags=True,
        healthCheckGracePeriodSeconds=300,
        availabilityZoneRebalancing="ENABLED",
        capacityProviderStrategy=[{"capacityProvider": "FARGATE_SPOT", "weight": 1}],
        deploymentConfiguration={"deploymentCircuitBreaker": {"enable": True, "rollback": True}},
    )
    created = ecs.describe_services(cluster="cluster", services=["service"])["services"][0]
    ecs.update_service(cluster="cluster", service="service", desiredCount=5, taskDefinition=arns[1])
    updated = ecs.describe_services(cluster="cluster", services=["service"])["services"][0]

    assert created["enableECSManagedTags"] is True
    assert created["healthCheckGracePeriodSeconds"] == 300
    assert created["availabilityZoneRebalancing"] == "ENABLED"
    assert created["capacityProviderStrategy"] == [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]
    assert created["deploymentConfiguration"]["deploymentCircuitBreaker"] == {
        "enable": True,
        "rollback": True,
    }
    assert (created["runningCount"], updated["runningCount"]) == (3, 5)
    deployment = updated["deployments"][0]
    assert (deployment["taskDefinition"], deployment["rolloutState"]) == (arns[1], "COMPLETED")
    assert deployment["id"] != created["deployments"][0]["id"]


def test_a_scalable_target_has_tags(own: Client) -> None:
    ecs, scaling = own("ecs"), own("application-autoscaling")
    ecs.create_cluster(clusterName="scaled")
    ecs.register_task_definition(
        family="scaled", containerDefinitions=[{"name": "c", "image": "i", "memory": 128}]
    )
    ecs.create_service(cluster="scaled", serviceName="scaled", taskDefinition="scaled", desiredCount=1)
    dimension = {"ScalableDimension": "ecs:service:DesiredCount", "ServiceNamespace": "ecs"}
    target = {**dimension, "ResourceId": "service/scaled/scaled"}
    options = {"MinCapacity": 1, "MaxCapacity": 2, "Tags": {"Team": "a", "Stage": "b"}}
    arn = scaling.register_scalable_target(**target, **options)["ScalableTargetARN"]

    scaling.tag_resource(ResourceARN=arn, Tags={"Team": "c"})
    scaling.untag_resource(ResourceARN=arn, TagKeys=["Stage"])

    assert scaling.list_tags_for_resource(ResourceARN=arn)["Tags"] == {"Team": "c"}


def test_inventory_is_empty_for_a_new_account_and_lists_additions(tmp_path: Path) -> None:
    with emulated_aws(tmp_path) as fresh:
        session: Any = fresh.session()
        before = inventory(session)
        session.client("s3").create_bucket(Bucket="ours")
        session.client("logs").create_log_group(logGroupName="/ecs/ours")
        after = inventory(session)

    assert before == []
    assert after == ["bucket ours", "log group /ecs/ours"]


def test_no_variable_of_a_real_account_is_inherited() -> None:
    cleaned = without_aws(
        {"AWS_PROFILE": "production", "AWS_ACCESS_KEY_ID": "real", "PATH": "/bin", "NO_PROXY": "x"}
    )

    assert cleaned == {"PATH": "/bin", "NO_PROXY": "x,127.0.0.1,localhost", "no_proxy": "127.0.0.1,localhost"}


def test_a_second_attempt_is_given_the_answer_of_the_first(own: Client, own_aws: EmulatedAws) -> None:
    def attempt(invocation: str) -> tuple[int, str]:
        answer = requests.post(
            own_aws.endpoint_url,
            data={"Action": "CreateUser", "UserName": "twice", "Version": "2010-05-08"},
            headers={
                "amz-sdk-invocation-id": invocation,
                "Authorization": "AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/iam/aws4_request",
            },
            timeout=30,
        )
        return answer.status_code, answer.text

    first, lost, another = attempt("one"), attempt("one"), attempt("two")

    assert first == lost
    assert first[0] == 200
    assert another[0] == 409
    own("iam").delete_user(UserName="twice")


def test_a_stack_holds_a_secrets_value_only_where_it_is_used(own: Client) -> None:
    # Given a listener, and a secret with two versions
    ec2, elbv2, secrets_manager = own("ec2"), own("elbv2"), own("secretsmanager")
    subnets = [subnet["SubnetId"] for subnet in ec2.describe_subnets()["Subnets"]][:2]
    balancer = elbv2.create_load_balancer(Name="stacked", Subnets=subnets)["LoadBalancers"][0]
    listener = elbv2.create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"],
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}],
    )["Listeners"][0]["ListenerArn"]
    secret = secrets_manager.create_secret(Name="stacked", SecretString="first")
    secrets_manager.put_secret_value(SecretId=secret["ARN"], SecretString="second")

    # When a stack has a rule that names it, with and without a version
    found = []
    for reference in ("SecretString", f"SecretString:::{secret['VersionId']}"):
        rule = {
            "Type": "AWS::ElasticLoadBalancingV2::ListenerRule",
            "Properties": {
                "ListenerArn": listener,
                "Priority": 7,
                "Conditions": [{"Field": "path-pattern", "PathPatternConfig": {"Values": ["/*"]}}],
                "Actions": [
                    {
                        "Type": "authenticate-oidc",
                        "AuthenticateOidcConfig": {
                            "Issuer": "https://login.example.com",
                            "AuthorizationEndpoint": "https://login.example.com/authorize",
                            "TokenEndpoint": "https://login.example.com/token",
                            "UserInfoEndpoint": "https://login.example.com/userinfo",
                            "ClientId": "mlflow",
                            "ClientSecret": f"{{{{resolve:secretsmanager:{secret['ARN']}:{reference}}}}}",
                        },
                    }
                ],
            },
        }
        own("cloudformation").create_stack(
            StackName="stacked", TemplateBody=json.dumps({"Resources": {"Rule": rule}})
        )
        described = elbv2.describe_rules(ListenerArn=listener)["Rules"]
        found += [one["Actions"][0]["AuthenticateOidcConfig"] for one in described if one["Priority"] == "7"]
        template = own("cloudformation").get_template(StackName="stacked")["TemplateBody"]
        assert "{{resolve:" in json.dumps(template)
        own("cloudformation").delete_stack(StackName="stacked")

    # Then the rule has its value, and is gone with the stack
    assert [config["ClientSecret"] for config in found] == ["second", "first"]
    assert [rule["Priority"] for rule in elbv2.describe_rules(ListenerArn=listener)["Rules"]] == ["default"]
