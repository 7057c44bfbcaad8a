"""Each gap of moto that the emulated AWS closes, seen through boto3."""

from __future__ import annotations

import base64
import datetime
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from botocore.exceptions import ClientError

from local.aws.account import EmulatedAws, without_aws
from local.aws.inventory import inventory
from tests.iam.enforcement import emulated_aws

Client = Callable[[str], Any]


@pytest.fixture(scope="module")
def own_aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatedAws]:
    """Another account than the one that the platform lives in."""
    with emulated_aws(tmp_path_factory.mktemp("own-aws")) as running:
        yield running


@pytest.fixture
def own(own_aws: EmulatedAws) -> Client:
    session: Any = own_aws.session()
    return lambda service: session.client(service)


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


def test_a_bucket_of_another_account_is_not_the_one_expected(own: Client) -> None:
    s3 = own("s3")
    s3.create_bucket(Bucket="whose")

    assert s3.head_bucket(Bucket="whose", ExpectedBucketOwner="123456789012")
    with pytest.raises(ClientError, match="403"):
        s3.head_bucket(Bucket="whose", ExpectedBucketOwner="111122223333")


def test_a_subnet_group_is_still_there_after_a_change(own: Client) -> None:
    ec2, rds = own("ec2"), own("rds")
    subnets = [subnet["SubnetId"] for subnet in ec2.describe_subnets()["Subnets"]][:2]
    rds.create_db_subnet_group(DBSubnetGroupName="group", DBSubnetGroupDescription="old", SubnetIds=subnets)

    rds.modify_db_subnet_group(DBSubnetGroupName="group", DBSubnetGroupDescription="new", SubnetIds=subnets)

    (group,) = rds.describe_db_subnet_groups(DBSubnetGroupName="group")["DBSubnetGroups"]
    assert group["DBSubnetGroupDescription"] == "new"


def test_a_tls_only_bucket_can_be_read_and_written(own: Client) -> None:
    s3 = own("s3")
    s3.create_bucket(Bucket="tls-only")
    refusal = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::tls-only/*"}
    condition = {"Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    s3.put_bucket_policy(Bucket="tls-only", Policy=json.dumps({"Statement": [{**refusal, **condition}]}))

    s3.put_object(Bucket="tls-only", Key="key", Body=b"text")

    assert s3.get_object(Bucket="tls-only", Key="key")["Body"].read() == b"text"


def test_a_refusal_holds_where_its_condition_does(own: Client) -> None:
    s3 = own("s3")
    s3.create_bucket(Bucket="one-key")
    header = "s3:x-amz-server-side-encryption"
    refusal = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:PutObject",
        "Resource": "arn:aws:s3:::one-key/*",
    }
    conditions: list[dict[str, Any]] = [
        {"StringNotEquals": {header: "aws:kms"}, "Null": {header: "false"}},
        {"StringEquals": {header: "aws:kms"}, "Null": {f"{header}-aws-kms-key-id": "true"}},
        {"StringEquals": {"s3:x-amz-acl": ["public-read", "public-read-write"]}},
    ]
    statements = [{**refusal, "Condition": condition} for condition in conditions]
    s3.put_bucket_policy(Bucket="one-key", Policy=json.dumps({"Statement": statements}))

    def takes(**options: str) -> bool:
        try:
            s3.put_object(Bucket="one-key", Key="key", Body=b"text", **options)
        except ClientError as error:
            assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 403
            return False
        return True

    assert takes() and takes(ServerSideEncryption="aws:kms", SSEKMSKeyId="alias/any") and takes(ACL="private")
    assert not takes(ServerSideEncryption="AES256")
    assert not takes(ServerSideEncryption="aws:kms")
    assert not takes(ACL="public-read")


def test_replication_is_given_back_as_it_was_put(own: Client) -> None:
    s3 = own("s3")
    s3.create_bucket(Bucket="replicated")
    s3.put_bucket_versioning(Bucket="replicated", VersioningConfiguration={"Status": "Enabled"})
    rule = {
        "ID": "everything",
        "Priority": 1,
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "DeleteMarkerReplication": {"Status": "Enabled"},
        "SourceSelectionCriteria": {"SseKmsEncryptedObjects": {"Status": "Enabled"}},
        "Destination": {"Bucket": "arn:aws:s3:::copies"},
    }
    configuration = {"Role": "arn:aws:iam::123456789012:role/replication", "Rules": [rule]}
    s3.put_bucket_replication(Bucket="replicated", ReplicationConfiguration=configuration)

    assert s3.get_bucket_replication(Bucket="replicated")["ReplicationConfiguration"] == configuration
    with pytest.raises(ClientError, match="ReplicationConfigurationNotFoundError"):
        s3.create_bucket(Bucket="alone")
        s3.get_bucket_replication(Bucket="alone")


def test_a_bucket_in_use_can_be_locked_and_the_lock_taken_off(own: Client) -> None:
    s3 = own("s3")
    s3.create_bucket(Bucket="locked")
    s3.put_bucket_versioning(Bucket="locked", VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket="locked", Key="before", Body=b"text")
    rule = {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}

    s3.put_object_lock_configuration(
        Bucket="locked", ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": rule}
    )
    version = s3.put_object(Bucket="locked", Key="after", Body=b"text")["VersionId"]
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.delete_object(Bucket="locked", Key="after", VersionId=version)
    with pytest.raises(ClientError, match="versioning state cannot be changed"):
        s3.put_bucket_versioning(Bucket="locked", VersioningConfiguration={"Status": "Suspended"})
    s3.put_object_lock_configuration(
        Bucket="locked", ObjectLockConfiguration={"ObjectLockEnabled": "Enabled"}
    )

    assert s3.get_object(Bucket="locked", Key="before")["Body"].read() == b"text"
    assert "ObjectLockMode" not in s3.put_object(Bucket="locked", Key="later", Body=b"text")


def test_one_version_is_deleted_where_versioning_is_suspended(own: Client) -> None:
    s3 = own("s3")
    s3.create_bucket(Bucket="suspended")
    s3.put_bucket_versioning(Bucket="suspended", VersioningConfiguration={"Status": "Enabled"})
    first, second = (s3.put_object(Bucket="suspended", Key="key", Body=b"x")["VersionId"] for _ in range(2))
    marker = s3.delete_object(Bucket="suspended", Key="key")["VersionId"]
    s3.put_bucket_versioning(Bucket="suspended", VersioningConfiguration={"Status": "Suspended"})

    for version in (marker, first):
        s3.delete_object(Bucket="suspended", Key="key", VersionId=version)

    versions = s3.list_object_versions(Bucket="suspended")
    assert [version["VersionId"] for version in versions["Versions"]] == [second]
    assert "DeleteMarkers" not in versions


def test_a_bucket_that_lets_s3_write_gets_access_logs(own: Client) -> None:
    s3 = own("s3")
    for name in ("logged", "logs", "no-logs"):
        s3.create_bucket(Bucket=name)
    write = {"Effect": "Allow", "Action": ["s3:PutObject"], "Resource": ["arn:aws:s3:::logs/logged/*"]}
    refuse = {"Effect": "Deny", "Principal": "*", "Action": ["s3:DeleteBucket"], "Resource": ["*"]}
    statements = [refuse, {**write, "Principal": {"Service": "logging.s3.amazonaws.com"}}]
    s3.put_bucket_policy(Bucket="logs", Policy=json.dumps({"Statement": statements}))

    def log_to(bucket: str) -> None:
        target = {"TargetBucket": bucket, "TargetPrefix": "logged/"}
        s3.put_bucket_logging(Bucket="logged", BucketLoggingStatus={"LoggingEnabled": target})

    log_to("logs")

    assert s3.get_bucket_logging(Bucket="logged")["LoggingEnabled"]["TargetBucket"] == "logs"
    with pytest.raises(ClientError, match="InvalidTargetBucketForLogging"):
        log_to("no-logs")


def test_any_other_refusal_of_a_bucket_policy_still_refuses(own: Client) -> None:
    s3 = own("s3")
    s3.create_bucket(Bucket="closed")
    s3.put_object(Bucket="closed", Key="key", Body=b"text")
    refusal = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::closed/*",
    }
    s3.put_bucket_policy(Bucket="closed", Policy=json.dumps({"Statement": [refusal]}))

    with pytest.raises(ClientError, match=r"AccessDenied|Forbidden|403"):
        s3.get_object(Bucket="closed", Key="key")


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


def test_a_rule_about_another_group_keeps_its_description(own: Client) -> None:
    ec2 = own("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    group = ec2.create_security_group(GroupName="g", Description="d", VpcId=vpc)["GroupId"]
    pair = {"GroupId": group, "Description": "within the group"}
    permission = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "UserIdGroupPairs": [pair]}
    rule = ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[permission])[
        "SecurityGroupRules"
    ][0]

    found = ec2.describe_security_group_rules(SecurityGroupRuleIds=[rule["SecurityGroupRuleId"]])

    assert found["SecurityGroupRules"][0]["Description"] == "within the group"


def test_a_rule_about_a_prefix_list_keeps_its_description(own: Client) -> None:
    ec2 = own("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    group = ec2.create_security_group(GroupName="p", Description="d", VpcId=vpc)["GroupId"]
    to_list = {"PrefixListId": "pl-12345678", "Description": "to a service"}
    permission = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "PrefixListIds": [to_list]}
    rule = ec2.authorize_security_group_egress(GroupId=group, IpPermissions=[permission])[
        "SecurityGroupRules"
    ][0]

    found = ec2.describe_security_group_rules(SecurityGroupRuleIds=[rule["SecurityGroupRuleId"]])

    assert found["SecurityGroupRules"][0]["Description"] == "to a service"


def test_nat_gateway_interface_is_deleted_with_it(own: Client) -> None:
    ec2 = own("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    gateway = ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address)["NatGateway"]["NatGatewayId"]
    of_the_vpc = [{"Name": "vpc-id", "Values": [vpc]}]
    assert len(ec2.describe_network_interfaces(Filters=of_the_vpc)["NetworkInterfaces"]) == 1

    ec2.delete_nat_gateway(NatGatewayId=gateway)

    assert ec2.describe_network_interfaces(Filters=of_the_vpc)["NetworkInterfaces"] == []
    assert ec2.describe_nat_gateways(NatGatewayIds=[gateway])["NatGateways"][0]["State"] == "deleted"


def test_a_subnet_is_found_by_its_ipv6_network(own: Client) -> None:
    ec2 = own("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16", AmazonProvidedIpv6CidrBlock=True)["Vpc"]
    network = vpc["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"].replace("/56", "/64")
    subnet = ec2.create_subnet(VpcId=vpc["VpcId"], CidrBlock="10.0.1.0/24", Ipv6CidrBlock=network)["Subnet"]
    (association,) = subnet["Ipv6CidrBlockAssociationSet"]
    assert association["Ipv6CidrBlockState"] == {"State": "associated"}
    name = "ipv6-cidr-block-association.association-id"

    found = ec2.describe_subnets(Filters=[{"Name": name, "Values": [association["AssociationId"]]}])

    assert [one["SubnetId"] for one in found["Subnets"]] == [subnet["SubnetId"]]


def test_gateway_endpoint_routes_follow_its_route_tables(own: Client) -> None:
    ec2 = own("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    first, second = (ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"] for _ in range(2))
    endpoint = ec2.create_vpc_endpoint(
        VpcId=vpc, VpcEndpointType="Gateway", ServiceName="com.amazonaws.us-east-1.s3", RouteTableIds=[first]
    )["VpcEndpoint"]["VpcEndpointId"]

    def leads_there(table: str) -> bool:
        (found,) = ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"]
        return any(route.get("GatewayId") == endpoint for route in found["Routes"])

    before = leads_there(first), leads_there(second)
    ec2.modify_vpc_endpoint(VpcEndpointId=endpoint, AddRouteTableIds=[second], RemoveRouteTableIds=[first])

    assert (before, (leads_there(first), leads_there(second))) == ((True, False), (False, True))
    ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint])
    assert not leads_there(second)


def test_an_endpoint_service_is_found_by_one_of_several_names(own: Client) -> None:
    names = ["com.amazonaws.us-east-1.logs", "cn.com.amazonaws.us-east-1.logs"]

    found = own("ec2").describe_vpc_endpoint_services(Filters=[{"Name": "service-name", "Values": names}])

    assert found["ServiceNames"] == names[:1]


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
