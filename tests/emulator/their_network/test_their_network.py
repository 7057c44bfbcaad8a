"""The platform in another team's network: what is refused in the plan, by id, and from their state. In this order."""

from __future__ import annotations

import json

import pytest

from local.aws.account import EmulatedAws
from tests.emulator.environments import EMPTY_PLAN, Platform
from tests.emulator.root_module import RootModule
from tests.emulator.their_network.conftest import FROM_STATE, PLAN, PRIVATE, Client, MakePlatform

pytestmark = pytest.mark.xdist_group("emulator_their_network")


def refusal(platform: Platform) -> str:
    """What Terraform says when a plan fails, on one line."""
    said = platform.terraform(*PLAN, ends_with=(1,)).stderr
    return " ".join(said.replace("│", " ").split())


def by_id(theirs: RootModule, **changes: object) -> str:
    shown = json.loads(theirs.terraform("output", "-json").stdout)
    outputs = {name: output["value"] for name, output in shown.items()}
    network = {
        "vpc_id": outputs["network_vpc_id"],
        "public_subnet_ids": outputs["front_subnet_ids"],
        "private_subnet_ids": outputs["back_subnet_ids"],
        **changes,
    }
    lines = "".join(f"{name} = {json.dumps(value)}\n" for name, value in network.items())
    return f"[network]\n{lines}"


def test_missing_output_is_reported_with_existing_ones(
    theirs: RootModule, make_platform: MakePlatform
) -> None:
    said = refusal(make_platform("missing", FROM_STATE.replace('"network_vpc_id"', '"vpc_id"')))

    assert 'vpc_id is to come from the output "vpc_id" of s3://example-terraform-state/network' in said
    assert (
        "It has: back_subnet_ids, boundary_arn, front_subnet_ids, key_arn, network_vpc_id, pager_topic_arn, "
        in said
    )


def test_output_of_another_type_is_reported(theirs: RootModule, make_platform: MakePlatform) -> None:
    said = refusal(make_platform("wrong", FROM_STATE.replace('"front_subnet_ids"', '"network_vpc_id"')))

    assert 'the output "network_vpc_id" of s3://example-terraform-state/network' in said
    assert "which is no list. Fix: name an output that is a list." in said


def test_plan_reports_subnets_that_do_not_match(
    theirs: RootModule, make_platform: MakePlatform, client: Client
) -> None:
    ec2 = client("ec2")
    default = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"][0]["VpcId"]
    subnets = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [default]}])["Subnets"]
    a, b, d, e = (
        next(one["SubnetId"] for one in subnets if one["AvailabilityZone"] == f"us-east-1{letter}")
        for letter in "abde"
    )

    foreign = refusal(make_platform("foreign", by_id(theirs, public_subnet_ids=[a, b])))
    apart = by_id(theirs, vpc_id=default, public_subnet_ids=[a, b], private_subnet_ids=[d, e])
    zones = refusal(make_platform("zones", apart))

    assert f"{a}, one of the public subnets, is in {default}, and vpc_id is vpc-" in foreign
    assert "The public subnets are in us-east-1a, us-east-1b, the private ones in us-east-1d" in zones


def test_plan_reports_a_vpc_without_dns_hostnames(
    theirs: RootModule, make_platform: MakePlatform, client: Client
) -> None:
    vpc = json.loads(theirs.terraform("output", "-json").stdout)["network_vpc_id"]["value"]
    client("ec2").modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": False})
    try:
        said = refusal(make_platform("nameless", by_id(theirs)))
    finally:
        client("ec2").modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})

    assert f"{vpc} has enable_dns_support = true and enable_dns_hostnames = false" in said


def test_plan_reports_subnets_without_a_route(theirs: RootModule, make_platform: MakePlatform) -> None:
    shown = json.loads(theirs.terraform("output", "-json").stdout)
    front, back = (sorted(shown[f"{tier}_subnet_ids"]["value"]) for tier in ("front", "back"))

    swapped = by_id(theirs, public_subnet_ids=back, private_subnet_ids=front)
    unreachable = refusal(make_platform("unreachable", swapped))
    closed = refusal(make_platform("closed", f"{FROM_STATE}{PRIVATE}"))
    # An internet gateway is no way out for who has no public address.
    addressless = refusal(
        make_platform(
            "addressless", f'{swapped}service_subnets = "private"\n[load_balancer]\ninternal = true\n'
        )
    )

    assert f"{back[0]}, one of the public subnets, has no route of 0.0.0.0/0" in unreachable
    assert f"{back[0]}, one of the private subnets, has no route out of the VPC" in closed
    assert 'set network.endpoints: "existing"' in closed
    assert f"{front[0]}, one of the private subnets, has no route out of the VPC" in addressless


def test_plan_reports_missing_endpoints(theirs: RootModule, make_platform: MakePlatform) -> None:
    shell = PRIVATE.replace("false", "true")

    said = refusal(make_platform("shell", f'{FROM_STATE}{shell}endpoints = "existing"\n'))

    assert "no matching EC2 VPC Endpoint found" in said
    assert "data.aws_vpc_endpoint.their_endpoints_ssmmessages" in said
    assert "their_endpoints_logs" not in said


def test_plan_reports_a_gateway_without_a_route(
    theirs: RootModule, make_platform: MakePlatform, client: Client
) -> None:
    ec2, vpc = client("ec2"), json.loads(theirs.terraform("output", "-json").stdout)["network_vpc_id"]
    found = ec2.describe_vpc_endpoints(Filters=[{"Name": "vpc-id", "Values": [vpc["value"]]}])["VpcEndpoints"]
    (gateway,) = [one for one in found if one["VpcEndpointType"] == "Gateway"]
    tables = gateway["RouteTableIds"]
    ec2.modify_vpc_endpoint(VpcEndpointId=gateway["VpcEndpointId"], RemoveRouteTableIds=tables)
    try:
        said = refusal(make_platform("routeless", f'{FROM_STATE}{PRIVATE}endpoints = "existing"\n'))
    finally:
        ec2.modify_vpc_endpoint(VpcEndpointId=gateway["VpcEndpointId"], AddRouteTableIds=tables)

    assert f"{gateway['VpcEndpointId']}, the gateway endpoint of S3, is a route of only" in said


def test_endpoints_can_be_made_in_their_vpc(theirs: RootModule, make_platform: MakePlatform) -> None:
    ours = make_platform("ours", f'{FROM_STATE}{PRIVATE}endpoints = "all"\n')

    ours.plan()

    made = {address for address in ours.changes() if address.startswith("aws_vpc_endpoint.")}
    assert made == {
        "aws_vpc_endpoint.s3_endpoint",
        *(f"aws_vpc_endpoint.endpoints_{name}" for name in ("ecr_api", "ecr_dkr", "logs", "secretsmanager")),
    }


def test_by_id_the_plan_has_no_network(theirs: RootModule, make_platform: MakePlatform) -> None:
    ours = make_platform("ids", by_id(theirs))

    ours.plan()

    kinds = {address.split(".")[0] for address in ours.changes()}
    assert {"aws_lb", "aws_db_instance"} <= kinds
    assert kinds & {"aws_vpc", "aws_subnet", "aws_route", "aws_route_table", "aws_internet_gateway"} == set()


def test_platform_uses_the_network_of_a_remote_state(
    platform: Platform, theirs: RootModule, client: Client
) -> None:
    shown = json.loads(theirs.terraform("output", "-json").stdout)
    given = {name: output["value"] for name, output in shown.items()}
    ours = platform.outputs()

    balancer = client("elbv2").describe_load_balancers(Names=[platform.stack])["LoadBalancers"][0]
    database = client("rds").describe_db_instances(DBInstanceIdentifier=platform.stack)["DBInstances"][0]
    roles = [
        client("iam").get_role(RoleName=f"{platform.stack}-{name}")["Role"] for name in ("task", "execution")
    ]

    assert ours["vpc_id"] == balancer["VpcId"] == given["network_vpc_id"]
    assert set(ours["public_subnet_ids"]) == set(given["front_subnet_ids"])
    assert {zone["SubnetId"] for zone in balancer["AvailabilityZones"]} == set(given["front_subnet_ids"])
    in_group = {subnet["SubnetIdentifier"] for subnet in database["DBSubnetGroup"]["Subnets"]}
    assert in_group == set(ours["private_subnet_ids"]) == set(given["back_subnet_ids"])
    bounds = {role["PermissionsBoundary"]["PermissionsBoundaryArn"] for role in roles}
    assert bounds == {given["boundary_arn"]}


def test_tasks_run_in_private_subnets_and_use_given_endpoints(
    platform: Platform, theirs: RootModule, client: Client
) -> None:
    ours, ec2 = platform.outputs(), client("ec2")
    (service,) = client("ecs").describe_services(cluster=platform.stack, services=[platform.stack])[
        "services"
    ]
    (group,) = ec2.describe_security_groups(
        Filters=[{"Name": "group-name", "Values": ["company-endpoints"]}]
    )["SecurityGroups"]
    rules = ec2.describe_security_group_rules(
        Filters=[{"Name": "group-id", "Values": [ours["service_security_group_id"]]}]
    )["SecurityGroupRules"]

    network = service["networkConfiguration"]["awsvpcConfiguration"]
    assert network["assignPublicIp"] == "DISABLED"
    assert set(network["subnets"]) == set(ours["private_subnet_ids"])
    egress = [rule for rule in rules if rule["IsEgress"]]
    assert not [rule for rule in egress if "CidrIpv4" in rule]
    groups = {rule["ReferencedGroupInfo"]["GroupId"] for rule in egress if "ReferencedGroupInfo" in rule}
    assert groups == {group["GroupId"], ours["database_security_group_id"]}


def test_alarms_tell_their_topic(platform: Platform, client: Client) -> None:
    (topic,) = (topic["TopicArn"] for topic in client("sns").list_topics()["Topics"])
    alarms = client("cloudwatch").describe_alarms(AlarmNamePrefix=platform.stack)["MetricAlarms"]

    assert topic.endswith(":pager")
    assert len(alarms) == 8
    assert {action for alarm in alarms for action in alarm["AlarmActions"]} == {topic}


def test_data_is_encrypted_with_their_key(platform: Platform, theirs: RootModule, client: Client) -> None:
    key = json.loads(theirs.terraform("output", "-json").stdout)["key_arn"]["value"]
    bucket = platform.outputs()["artifact_bucket_name"]
    (rule,) = client("s3").get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    (database,) = client("rds").describe_db_instances()["DBInstances"]

    assert rule["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"] == key
    assert (database["KmsKeyId"], database["MasterUserSecret"]["KmsKeyId"]) == (key, key)
    assert "aws_kms_key.key" not in platform.terraform("state", "list").stdout


def test_platform_uses_a_given_zone_and_certificate(
    platform: Platform, theirs: RootModule, client: Client
) -> None:
    shown = json.loads(theirs.terraform("output", "-json").stdout)
    given = {name: output["value"] for name, output in shown.items()}
    balancer = client("elbv2").describe_load_balancers(Names=[platform.stack])["LoadBalancers"][0]
    listeners = client("elbv2").describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    records = client("route53").list_resource_record_sets(HostedZoneId=given["zone_id"])["ResourceRecordSets"]

    (https,) = (listener for listener in listeners if listener["Port"] == 443)
    arns = {certificate["CertificateArn"] for certificate in https["Certificates"]}
    assert arns == {platform.outputs()["certificate_arn"]} == {given["wildcard_certificate_arn"]}
    (alias,) = (record for record in records if record["Type"] == "A")
    assert alias["Name"] == "mlflow.example.com."
    assert alias["AliasTarget"]["HostedZoneId"] == balancer["CanonicalHostedZoneId"]
    assert platform.outputs()["MLFLOW_TRACKING_URI"] == "https://mlflow.example.com"


def test_both_second_plans_are_empty(platform: Platform, theirs: RootModule) -> None:
    assert (platform.plan(), theirs.plan()) == (EMPTY_PLAN, EMPTY_PLAN)


def test_only_given_resources_remain_after_destroy(left_behind: tuple[int, list[str]]) -> None:
    assert left_behind == (EMPTY_PLAN, [])


def test_the_emulation_could_do_all_that_was_asked(
    left_behind: tuple[int, list[str]], account: EmulatedAws
) -> None:
    assert account.gaps() == []
