"""The emulated AWS takes as much as AWS does, and refuses more with AWS's error."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from modules.common import limits
from modules.common.limits import policy_characters
from tests.iam.enforcement import emulated_aws

Client = Callable[[str], Any]
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}],
    }
)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Clients of an account of the module's own."""
    with emulated_aws(tmp_path_factory.mktemp("limits")) as aws:
        session: Any = aws.session()
        yield lambda service: session.client(service)


@pytest.fixture
def refused() -> Callable[..., str]:
    """Calls, and gives the error that came of it: its code and its message."""

    def call(action: Callable[..., Any], **parameters: Any) -> str:
        with pytest.raises(ClientError) as error:
            action(**parameters)
        told = error.value.response["Error"]
        return f"{told['Code']}: {told['Message']}"

    return call


def policy(length: int) -> str:
    """A policy of that length, with white space that is not counted."""
    statement = {"Sid": "", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/"}
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]}, indent=4)
    return text.replace("s3:::b/", f"s3:::b/{'k' * (length - policy_characters(text))}")


def trust(length: int) -> str:
    return TRUST.replace(
        '"Effect"', f'"Sid": "{"s" * (length - policy_characters(TRUST) - len("`Sid`:``,"))}", "Effect"'
    )


def test_a_managed_policy(client: Client, refused: Callable[..., str]) -> None:
    iam, most = client("iam"), limits.MANAGED_POLICY_CHARACTERS.number

    arn = iam.create_policy(PolicyName="kept", PolicyDocument=policy(most))["Policy"]["Arn"]
    error = f"LimitExceeded: Cannot exceed quota for PolicySize: {most}"
    assert refused(iam.create_policy, PolicyName="long", PolicyDocument=policy(most + 1)) == error
    assert refused(iam.create_policy_version, PolicyArn=arn, PolicyDocument=policy(most + 1)) == error


def test_the_inline_policies_of_a_role_together(client: Client, refused: Callable[..., str]) -> None:
    iam, most = client("iam"), limits.INLINE_POLICY_CHARACTERS_PER_ROLE.number
    iam.create_role(RoleName="inline", AssumeRolePolicyDocument=TRUST)

    iam.put_role_policy(RoleName="inline", PolicyName="one", PolicyDocument=policy(6000))
    iam.put_role_policy(RoleName="inline", PolicyName="two", PolicyDocument=policy(most - 6000))
    iam.put_role_policy(RoleName="inline", PolicyName="two", PolicyDocument=policy(most - 6000))
    said = refused(
        iam.put_role_policy, RoleName="inline", PolicyName="two", PolicyDocument=policy(most - 5999)
    )
    assert said == f"LimitExceeded: Maximum policy size of {most} bytes exceeded for role inline"


def test_the_managed_policies_of_a_role(client: Client, refused: Callable[..., str]) -> None:
    iam, most = client("iam"), limits.MANAGED_POLICIES_PER_ROLE.number
    iam.create_role(RoleName="managed", AssumeRolePolicyDocument=TRUST)
    arns = [
        iam.create_policy(PolicyName=f"managed-{number}", PolicyDocument=policy(200))["Policy"]["Arn"]
        for number in range(most + 1)
    ]

    for arn in (*arns[:most], arns[0]):
        iam.attach_role_policy(RoleName="managed", PolicyArn=arn)
    said = refused(iam.attach_role_policy, RoleName="managed", PolicyArn=arns[most])
    assert said == f"LimitExceeded: Cannot exceed quota for PoliciesPerRole: {most}"


def test_a_trust_policy(client: Client, refused: Callable[..., str]) -> None:
    iam, most = client("iam"), limits.TRUST_POLICY_CHARACTERS.number

    iam.create_role(RoleName="trusted", AssumeRolePolicyDocument=trust(most))
    error = f"LimitExceeded: Cannot exceed quota for ACLSizePerRole: {most}"
    long = trust(most + 1)
    assert refused(iam.create_role, RoleName="more", AssumeRolePolicyDocument=long) == error
    assert refused(iam.update_assume_role_policy, RoleName="trusted", PolicyDocument=long) == error


def group_in(client: Client) -> str:
    ec2 = client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    made = ec2.create_security_group(GroupName=vpc, Description="test", VpcId=vpc)
    return str(made["GroupId"])


def authorize(client: Client, group: str, direction: str, **source: Any) -> None:
    permission = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, **source}
    action = getattr(client("ec2"), f"authorize_security_group_{direction}")
    action(GroupId=group, IpPermissions=[permission])


TOO_MANY_RULES = (
    "RulesPerSecurityGroupLimitExceeded: The maximum number of rules per security group has been reached."
)


@pytest.mark.parametrize("direction", ["ingress", "egress"])
def test_the_rules_of_a_security_group(client: Client, refused: Callable[..., str], direction: str) -> None:
    """IPv4 and IPv6 are counted apart, and a group that is named counts as one of both."""
    group, other, most = group_in(client), group_in(client), limits.RULES_PER_SECURITY_GROUP.number
    # A new group lets everything out by IPv4: one rule of that direction.
    there = 1 if direction == "egress" else 0
    ipv4 = [{"CidrIp": f"10.{number}.0.0/16"} for number in range(most)]
    ipv6 = [{"CidrIpv6": f"fd00:{number:x}::/32"} for number in range(most)]

    authorize(client, group, direction, IpRanges=ipv4[: most - there])
    authorize(client, group, direction, Ipv6Ranges=ipv6)
    again: dict[str, Any] = {"client": client, "group": group, "direction": direction}
    assert refused(authorize, **again, IpRanges=[{"CidrIp": "192.168.0.0/16"}]) == TOO_MANY_RULES
    assert refused(authorize, **again, Ipv6Ranges=[{"CidrIpv6": "fd00:ff::/32"}]) == TOO_MANY_RULES
    pairs = [{"GroupId": other}]
    assert refused(authorize, **again, UserIdGroupPairs=pairs) == TOO_MANY_RULES


def test_a_prefix_list_counts_as_its_most_entries(client: Client, refused: Callable[..., str]) -> None:
    group, most = group_in(client), limits.RULES_PER_SECURITY_GROUP.number
    ec2 = client("ec2")
    made = [
        ec2.create_managed_prefix_list(PrefixListName="list", MaxEntries=entries, AddressFamily="IPv4")
        for entries in (most - 1, 2)
    ]
    large, small = ([{"PrefixListId": one["PrefixList"]["PrefixListId"]}] for one in made)

    authorize(client, group, "ingress", PrefixListIds=large)
    said = refused(authorize, client=client, group=group, direction="ingress", PrefixListIds=small)
    assert said == TOO_MANY_RULES
    authorize(client, group, "ingress", IpRanges=[{"CidrIp": "10.0.0.0/8"}])


def test_elastic_addresses(client: Client, refused: Callable[..., str]) -> None:
    ec2, most = client("ec2"), limits.ELASTIC_IPS.number

    made = [ec2.allocate_address(Domain="vpc")["AllocationId"] for _ in range(most)]
    said = refused(ec2.allocate_address, Domain="vpc")
    assert said == "AddressLimitExceeded: The maximum number of addresses has been reached."
    ec2.release_address(AllocationId=made[0])
    assert ec2.allocate_address(Domain="vpc")


@pytest.fixture(scope="module")
def listener(client: Client) -> str:
    ec2, elb = client("ec2"), client("elbv2")
    vpc = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.1.{number}.0/24", AvailabilityZone=f"us-east-1{zone}")
        for number, zone in enumerate("ab")
    ]
    balancer = elb.create_load_balancer(
        Name="rules", Subnets=[subnet["Subnet"]["SubnetId"] for subnet in subnets]
    )["LoadBalancers"][0]["LoadBalancerArn"]
    made = elb.create_listener(LoadBalancerArn=balancer, Protocol="HTTP", Port=80, DefaultActions=[NOT_FOUND])
    return str(made["Listeners"][0]["ListenerArn"])


NOT_FOUND = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}


def conditions(*paths: str, headers: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    wanted: list[dict[str, Any]] = [
        {"Field": "path-pattern", "PathPatternConfig": {"Values": list(paths)}},
    ]
    if headers:
        header = {"HttpHeaderName": "X-Team", "Values": list(headers)}
        wanted.append({"Field": "http-header", "HttpHeaderConfig": header})
    return wanted


def test_the_conditions_of_a_listener_rule(
    client: Client, listener: str, refused: Callable[..., str]
) -> None:
    elb = client("elbv2")
    rule: dict[str, Any] = {"ListenerArn": listener, "Actions": [NOT_FOUND]}
    five = conditions("/a", "/b/*", "/c/*", headers=("d", "e"))
    six = conditions("/a", "/b/*", "/c/*", headers=("d", "e", "f"))

    made = elb.create_rule(**rule, Priority=1, Conditions=five)["Rules"][0]["RuleArn"]
    error = "ValidationError: A rule can only have '5' condition values"
    assert refused(elb.create_rule, **rule, Priority=2, Conditions=six) == error
    assert refused(elb.modify_rule, RuleArn=made, Conditions=six) == error
    assert elb.create_rule(**rule, Priority=3, Conditions=conditions("/*" * 6))
    wildcards = conditions("/*" * 7)
    assert "wildcards" in refused(elb.create_rule, **rule, Priority=4, Conditions=wildcards)
    assert elb.create_rule(**rule, Priority=5, Conditions=conditions(f"/{'p' * 127}"))
    long = conditions(f"/{'p' * 128}")
    assert "'128' characters" in refused(elb.create_rule, **rule, Priority=6, Conditions=long)


def test_the_rules_of_a_load_balancer(client: Client, listener: str, refused: Callable[..., str]) -> None:
    elb = client("elbv2")
    there = len(elb.describe_rules(ListenerArn=listener)["Rules"]) - 1
    rule: dict[str, Any] = {"ListenerArn": listener, "Actions": [NOT_FOUND], "Conditions": conditions("/x")}

    for number in range(limits.RULES_PER_LOAD_BALANCER.number - there):
        elb.create_rule(**rule, Priority=100 + number)
    assert refused(elb.create_rule, **rule, Priority=1000).startswith("TooManyRules: ")


def test_a_parameter_of_the_standard_tier(client: Client, refused: Callable[..., str]) -> None:
    ssm, most = client("ssm"), limits.PARAMETER_CHARACTERS.number

    ssm.put_parameter(Name="/kept", Value="x" * most, Type="String")
    said = refused(ssm.put_parameter, Name="/long", Value="x" * (most + 1), Type="String")
    assert said.startswith(
        f"ValidationException: Standard tier parameters support a maximum parameter value of {most}"
    )
    assert ssm.put_parameter(Name="/advanced", Value="x" * (most + 1), Type="String", Tier="Advanced")
    room = limits.PARAMETER_NAME_CHARACTERS.number - len("arn:aws:ssm:us-east-1:123456789012:parameter/")
    assert ssm.put_parameter(Name=f"/{'n' * room}", Value="x", Type="String")
    said = refused(ssm.put_parameter, Name=f"/{'n' * (room + 1)}", Value="x", Type="String")
    assert said.startswith("ValidationException: ")


def test_a_task_definition(client: Client, refused: Callable[..., str]) -> None:
    ecs, most = client("ecs"), limits.TASK_DEFINITION_BYTES.number

    def container(length: int) -> dict[str, Any]:
        entry = {"name": "TEXT", "value": ""}
        made: dict[str, Any] = {"name": "a", "image": "b", "memory": 512, "environment": [entry]}
        entry["value"] = "x" * (length - len(json.dumps([made], separators=(",", ":"))))
        return made

    ecs.register_task_definition(family="kept", containerDefinitions=[container(most)])
    long = container(most + 1)
    said = refused(ecs.register_task_definition, family="long", containerDefinitions=[long])
    assert said == f"ClientException: Actual length: '{most + 1}'. Max allowed length is '{most}' bytes."


def test_a_keys_policy(client: Client, refused: Callable[..., str]) -> None:
    kms = client("kms")
    statement = {"Sid": "x" * 33_000, "Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:*"}
    document = json.dumps({"Statement": [{**statement, "Resource": "*"}]})

    assert refused(kms.create_key, Policy=document).startswith("LimitExceededException: ")


def test_a_template(client: Client, refused: Callable[..., str]) -> None:
    topic = {"Type": "AWS::SNS::Topic"}
    template = json.dumps({"Description": "x" * 51_200, "Resources": {"Topic": topic}})

    said = refused(client("cloudformation").create_stack, StackName="long", TemplateBody=template)
    assert said.startswith("ValidationError: ")
