"""What the policies of the roles of CI allow, judged as IAM would."""

from __future__ import annotations

import json
import re

import pytest

from tests.ci_policies import BOUNDED, EVERYTHING, NAME, allowed, arn, iam, of, tags
from tests.given.existing import GIVEN, VPC
from tests.given.github import GITHUB
from tests.given.sign_in import DOMAIN, table
from tests.rendered import ACCOUNT, REGION, Renderer
from tests.synthesis import Json, resource, synthesize_platform
from tests.texts import DEMO

OURS = {"Application": "mlflow", "Environment": "test"}
ZONE = "Z0123456789EXAMPLE12"
SIGNED_IN = DEMO + DOMAIN + table()


@pytest.fixture(scope="module")
def platform() -> Json:
    return synthesize_platform(BOUNDED)


@pytest.fixture(scope="module")
def policies(platform: Json) -> dict[str, list[Json]]:
    return Renderer(platform).documents("aws_iam_policy")


def test_a_plan_changes_nothing_and_reads_no_secret(policies: dict[str, list[Json]]) -> None:
    actions = {action for statement in of("plan", policies) for action in statement["Action"]}
    verbs = {re.match(r"[A-Z][a-z]+", action.split(":")[1])[0] for action in actions}  # type: ignore[index]

    assert verbs <= {"Describe", "Get", "List", "Batch"}
    assert not actions & {
        "secretsmanager:GetSecretValue",
        "kms:Decrypt",
        "ssm:GetParameters",
        "ssm:GetParametersByPath",
        "lambda:GetFunction",
        "ec2:DescribeInstanceAttribute",
        "logs:GetLogEvents",
    }
    assert [action for action in actions if action.startswith("ecr:Batch")] == ["ecr:BatchGetImage"]


READ_ONLY_OURS = [
    ("s3:GetObject", "arn:aws:s3:::example-terraform-state/mlflow/test/terraform.tfstate", True),
    ("s3:GetObject", "arn:aws:s3:::example-terraform-state/mlflow/blue/terraform.tfstate", False),
    ("s3:PutObject", "arn:aws:s3:::example-terraform-state/mlflow/test/terraform.tfstate", False),
    ("s3:PutObject", "arn:aws:s3:::example-terraform-state/mlflow/test/terraform.tfstate.tflock", False),
    ("s3:GetObject", f"arn:aws:s3:::{NAME}-artifacts-{ACCOUNT}-{REGION}/model", False),
    ("s3:GetBucketPolicy", f"arn:aws:s3:::{NAME}-artifacts-{ACCOUNT}-{REGION}", True),
    ("s3:GetBucketPolicy", "arn:aws:s3:::payroll", False),
    ("ssm:GetParameter", arn("ssm", "parameter/mlflow/test/vpc_id"), True),
    ("ssm:GetParameter", arn("ssm", "parameter/payroll/password"), False),
    ("iam:GetRole", iam(f"role/{NAME}-task"), True),
    ("iam:GetRole", iam("role/payroll"), False),
    ("iam:GetPolicy", iam(f"policy/{NAME}/{NAME}-ci-plan-refresh"), True),
    ("iam:GetPolicy", iam(f"policy/{NAME}-ci-plan-refresh"), False),
    # A question about all instances, whatever the filter; the other reads name what they read.
    ("rds:DescribeDBInstances", arn("rds", "db:*"), True),
    ("rds:DescribeDBParameters", arn("rds", f"pg:{NAME}-postgres16"), True),
    ("rds:DescribeDBParameters", arn("rds", "pg:payroll"), False),
    ("cloudwatch:DescribeAlarms", arn("cloudwatch", "alarm:*"), True),
    ("logs:DescribeLogGroups", arn("logs", "log-group:*"), True),
    (
        "elasticloadbalancing:GetLoadBalancerWebACL",
        arn("elasticloadbalancing", f"loadbalancer/app/{NAME}/1"),
        True,
    ),
    ("route53:ListResourceRecordSets", f"arn:aws:route53:::hostedzone/{ZONE}", True),
    ("route53:ListResourceRecordSets", "arn:aws:route53:::hostedzone/Z1", False),
    ("kms:GetKeyPolicy", arn("kms", "key/1"), False),
    ("events:DescribeRule", arn("events", f"rule/{NAME}-deployments"), True),
    ("secretsmanager:GetSecretValue", arn("secretsmanager", "secret:rds!db-1"), False),
]


@pytest.mark.parametrize(("action", "resource_arn", "may"), READ_ONLY_OURS)
def test_a_plan_reads_the_environments_own(
    policies: dict[str, list[Json]], action: str, resource_arn: str, may: bool
) -> None:
    assert allowed(of("plan", policies), action, resource_arn) is may


# What an apply does first of all → the resource it does it to, ours and another's.
WRITES = {
    "cloudformation:UpdateStack": (
        arn("cloudformation", f"stack/{NAME}-sign-in/1"),
        arn("cloudformation", "stack/payroll-sign-in/1"),
    ),
    "ecs:CreateService": (arn("ecs", f"service/{NAME}/{NAME}"), arn("ecs", "service/payroll/payroll")),
    "ecs:UpdateService": (arn("ecs", f"service/{NAME}/{NAME}"), arn("ecs", "service/payroll/payroll")),
    "ecr:PutImage": (arn("ecr", f"repository/{NAME}"), arn("ecr", "repository/payroll")),
    "elasticloadbalancing:CreateLoadBalancer": (
        arn("elasticloadbalancing", f"loadbalancer/app/{NAME}/1"),
        arn("elasticloadbalancing", "loadbalancer/app/payroll/1"),
    ),
    "logs:PutRetentionPolicy": (arn("logs", f"log-group:/ecs/{NAME}"), arn("logs", "log-group:/ecs/payroll")),
    "logs:CreateLogGroup": (
        arn("logs", f"log-group:/aws/ecs/containerinsights/{NAME}/performance:*"),
        arn("logs", "log-group:/aws/ecs/containerinsights/payroll/performance:*"),
    ),
    "cloudwatch:PutMetricAlarm": (
        arn("cloudwatch", f"alarm:TargetTracking-service/{NAME}/{NAME}-AlarmHigh-1"),
        arn("cloudwatch", "alarm:TargetTracking-service/payroll/payroll-AlarmHigh-1"),
    ),
    "ecs:ListServiceDeployments": (
        arn("ecs", f"service/{NAME}/{NAME}"),
        arn("ecs", "service/payroll/payroll"),
    ),
    "elasticloadbalancing:CreateWebACLAssociation": (
        arn("elasticloadbalancing", f"loadbalancer/app/{NAME}/1"),
        arn("elasticloadbalancing", "loadbalancer/app/payroll/1"),
    ),
    "events:PutTargets": (arn("events", f"rule/{NAME}-deployments"), arn("events", "rule/payroll")),
    "rds:ModifyDBInstance": (arn("rds", f"db:{NAME}"), arn("rds", "db:payroll")),
    "s3:PutBucketPolicy": (f"arn:aws:s3:::{NAME}-artifacts-{ACCOUNT}-{REGION}", "arn:aws:s3:::payroll"),
    "s3:PutObject": (
        "arn:aws:s3:::example-terraform-state/mlflow/test/terraform.tfstate",
        "arn:aws:s3:::example-terraform-state/mlflow/blue/terraform.tfstate",
    ),
    "s3:DeleteObject": (
        "arn:aws:s3:::example-terraform-state/mlflow/test/terraform.tfstate.tflock",
        "arn:aws:s3:::example-terraform-state/mlflow/test/terraform.tfstate",
    ),
    "ssm:PutParameter": (
        arn("ssm", "parameter/mlflow/test/vpc_id"),
        arn("ssm", "parameter/mlflow/blue/vpc_id"),
    ),
    "wafv2:UpdateWebACL": (
        arn("wafv2", f"regional/webacl/{NAME}/1"),
        arn("wafv2", "regional/webacl/payroll/1"),
    ),
}


@pytest.mark.parametrize("action", WRITES)
def test_an_apply_changes_the_environments_own(policies: dict[str, list[Json]], action: str) -> None:
    ours, theirs = WRITES[action]

    assert allowed(of("apply", policies), action, ours)
    assert not allowed(of("apply", policies), action, theirs)


BY_TAGS = {
    "ec2:DeleteSubnet": arn("ec2", "subnet/subnet-1"),
    "ec2:CreateRoute": arn("ec2", "route-table/rtb-1"),
    "ec2:AuthorizeSecurityGroupIngress": arn("ec2", "security-group/sg-1"),
    "ec2:CreateSubnet": arn("ec2", "vpc/vpc-1"),
    "kms:PutKeyPolicy": arn("kms", "key/1"),
    "acm:RemoveTagsFromCertificate": arn("acm", "certificate/1"),
    "application-autoscaling:RegisterScalableTarget": arn("application-autoscaling", "scalable-target/1"),
}


@pytest.mark.parametrize("action", BY_TAGS)
def test_resources_without_names_are_matched_by_tags(policies: dict[str, list[Json]], action: str) -> None:
    document, target = of("apply", policies), BY_TAGS[action]

    assert allowed(document, action, target, **tags("ResourceTag", OURS))
    assert not allowed(document, action, target, **tags("ResourceTag", {**OURS, "Environment": "blue"}))
    assert not allowed(document, action, target)


@pytest.mark.parametrize(
    ("action", "target"),
    [
        ("ec2:CreateSubnet", arn("ec2", "subnet/*")),
        ("ec2:CreateNatGateway", arn("ec2", "natgateway/*")),
        ("ecs:RegisterTaskDefinition", arn("ecs", f"task-definition/{NAME}:*")),
        ("ec2:CreateFlowLogs", arn("ec2", "vpc-flow-log/*")),
    ],
)
def test_creation_requires_the_tags(policies: dict[str, list[Json]], action: str, target: str) -> None:
    document = of("apply", policies)

    assert allowed(document, action, target, **tags("RequestTag", OURS))
    assert not allowed(document, action, target, **tags("RequestTag", {"Application": "mlflow"}))
    assert not allowed(document, action, target)


@pytest.mark.parametrize(
    ("action", "target"),
    [
        ("ec2:CreateSubnet", arn("ec2", "vpc/vpc-1")),
        ("ec2:CreateNatGateway", arn("ec2", "subnet/subnet-1")),
        ("ec2:CreateNatGateway", arn("ec2", "elastic-ip/eipalloc-1")),
        ("ec2:CreateVpcEndpoint", arn("ec2", "security-group/sg-1")),
        ("ec2:CreateFlowLogs", arn("ec2", "subnet/subnet-1")),
        ("ec2:AuthorizeSecurityGroupIngress", arn("ec2", "security-group/sg-1")),
        ("acm:AddTagsToCertificate", arn("acm", "certificate/1")),
        ("application-autoscaling:TagResource", arn("application-autoscaling", "scalable-target/1")),
        ("kms:CreateAlias", arn("kms", "key/1")),
        ("kms:TagResource", arn("kms", "key/1")),
    ],
)
@pytest.mark.parametrize("theirs", [{}, {**OURS, "Application": "payroll"}])
def test_request_tags_give_no_access_to_foreign_resources(
    policies: dict[str, list[Json]], action: str, target: str, theirs: dict[str, str]
) -> None:
    context = {**tags("RequestTag", OURS), **tags("ResourceTag", theirs)}

    assert not allowed(of("apply", policies), action, target, **context)


def test_existing_resources_cannot_be_tagged(policies: dict[str, list[Json]]) -> None:
    document, theirs = of("apply", policies), arn("ec2", "subnet/subnet-1")
    made = {**tags("RequestTag", OURS), "ec2:CreateAction": "CreateSubnet"}

    assert allowed(document, "ec2:CreateTags", theirs, **made)
    assert not allowed(document, "ec2:CreateTags", theirs, **tags("RequestTag", OURS))
    assert not allowed(document, "ec2:CreateTags", arn("ec2", "instance/i-1"), **made)


@pytest.mark.parametrize(
    ("action", "target"),
    [
        ("rds:DeleteDBInstance", arn("rds", f"db:{NAME}")),
        ("s3:DeleteBucket", f"arn:aws:s3:::{NAME}-artifacts-{ACCOUNT}-{REGION}"),
        ("s3:DeleteObject", f"arn:aws:s3:::{NAME}-artifacts-{ACCOUNT}-{REGION}/model"),
        ("s3:GetObject", f"arn:aws:s3:::{NAME}-artifacts-{ACCOUNT}-{REGION}/model"),
        ("ecr:DeleteRepository", arn("ecr", f"repository/{NAME}")),
        ("ecr:BatchDeleteImage", arn("ecr", f"repository/{NAME}")),
        ("kms:ScheduleKeyDeletion", arn("kms", "key/1")),
        ("kms:CreateKey", "*"),
        ("secretsmanager:GetSecretValue", arn("secretsmanager", "secret:rds!db-1")),
        ("route53:DeleteHostedZone", "arn:aws:route53:::hostedzone/Z1"),
        ("sts:AssumeRole", iam(f"role/{NAME}-readers")),
        # With these it would make, or take over, what others have.
        ("rds:CreateDBInstance", arn("rds", f"db:{NAME}")),
        ("secretsmanager:PutResourcePolicy", arn("secretsmanager", "secret:rds!db-1")),
        ("secretsmanager:UpdateSecret", arn("secretsmanager", "secret:rds!db-1")),
        ("acm:RequestCertificate", "*"),
        ("sns:Unsubscribe", "*"),
    ],
)
def test_an_apply_deletes_and_reads_no_data(
    policies: dict[str, list[Json]], action: str, target: str
) -> None:
    assert not allowed(of("apply", policies), action, target, **tags("ResourceTag", OURS))


CHANGED = "route53:ChangeResourceRecordSets"


@pytest.mark.parametrize(
    ("zone", "names", "types", "may"),
    [
        (ZONE, ["mlflow.example.com"], ["A"], True),
        (ZONE, ["mlflow.example.com"], ["A", "AAAA"], True),
        ("Z1", ["mlflow.example.com"], ["A"], False),
        (ZONE, ["payroll.example.com"], ["A"], False),
        (ZONE, ["mlflow.example.com", "payroll.example.com"], ["A"], False),
        (ZONE, ["_acme-challenge.mlflow.example.com"], ["A"], False),
        (ZONE, ["mlflow.example.com"], ["NS"], False),
        (ZONE, None, None, False),
    ],
)
def test_only_the_own_record_can_be_changed(
    policies: dict[str, list[Json]], zone: str, names: list[str] | None, types: list[str] | None, may: bool
) -> None:
    context = {f"{CHANGED}NormalizedRecordNames": names, f"{CHANGED}RecordTypes": types}

    assert allowed(of("apply", policies), CHANGED, f"arn:aws:route53:::hostedzone/{zone}", **context) is may


def test_only_the_own_hosted_zone_can_be_changed() -> None:
    policy = resource(synthesize_platform(EVERYTHING), "aws_iam_policy.access_ci_apply_edge")["policy"]

    (statement,) = [one for one in json.loads(policy)["Statement"] if CHANGED in one["Action"]]
    assert statement["Resource"] == [
        "arn:${data.aws_partition.account.partition}:route53:::hostedzone/${aws_route53_zone.hosted_zone.zone_id}"
    ]


@pytest.mark.parametrize("role", ["plan", "apply"])
def test_request_without_condition_values_does_not_match(role: str) -> None:
    """`ForAllValues` is true of no values at all
    (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html).
    """
    policies = Renderer(synthesize_platform(EVERYTHING)).documents("aws_iam_policy")

    conditions = [statement.get("Condition", {}) for statement in of(role, policies)]
    unguarded = {
        key
        for condition in conditions
        for operator, keys in condition.items()
        if operator.startswith("ForAllValues:")
        for key in keys
        if condition.get("Null", {}).get(key) != "false"
    }

    assert unguarded == set()


def test_endpoints_are_named_in_zones_of_the_environments_vpc(policies: dict[str, list[Json]]) -> None:
    document = of("apply", policies)
    (statement,) = (one for one in document if one["Sid"] == "NameEndpoints")
    (ours,) = statement["Condition"]["ForAllValues:StringEquals"]["route53:VPCs"]
    action, zone = "route53:AssociateVPCWithHostedZone", f"arn:aws:route53:::hostedzone/{ZONE}"

    def named(vpcs: list[str] | None) -> bool:
        return allowed(document, action, zone, **{"route53:VPCs": vpcs})

    assert named([ours])
    assert not named([ours, "VPCId=vpc-1,VPCRegion=us-east-1"])
    assert not named(None)


def test_the_clients_secret_is_read_by_cloudformation_alone() -> None:
    platform = synthesize_platform(SIGNED_IN + GITHUB)
    template = resource(platform, "aws_cloudformation_stack.sign_in_rules")["template_body"]
    (secret,) = set(re.findall(r"secretsmanager:(arn:.+?):SecretString", template))
    policies, read = Renderer(platform).documents("aws_iam_policy"), "secretsmanager:GetSecretValue"
    by = {"aws:CalledVia": ["cloudformation.amazonaws.com"]}

    assert allowed(of("apply", policies), read, secret, **by)
    assert not allowed(of("apply", policies), read, secret)
    assert not allowed(of("apply", policies), read, secret, **{"aws:CalledVia": ["athena.amazonaws.com"]})
    assert not allowed(of("plan", policies), read, secret, **by)


def test_in_another_teams_vpc_groups_and_endpoints_are_made() -> None:
    ours = synthesize_platform(DEMO + GITHUB + GIVEN)
    document = of("apply", Renderer(ours).documents("aws_iam_policy"))
    (vpc,) = {
        one for statement in document for one in statement["Resource"] if ":vpc/" in one and "*" not in one
    }
    subnet, there = arn("ec2", "subnet/subnet-1"), {"ec2:Vpc": vpc}

    assert VPC in json.dumps(ours["data"]["aws_vpc"])
    assert allowed(document, "ec2:CreateSecurityGroup", vpc)
    assert allowed(document, "ec2:CreateVpcEndpoint", subnet, **there)
    assert not allowed(document, "ec2:CreateVpcEndpoint", subnet, **{"ec2:Vpc": arn("ec2", "vpc/vpc-2")})
    assert not allowed(document, "ec2:CreateSubnet", vpc)
    assert not allowed(document, "ec2:DeleteSubnet", subnet, **there)


STATES = (
    "example-terraform-state/mlflow/test/terraform.tfstate",
    "example-terraform-state/mlflow/test/terraform.tfstate.tflock",
)


def test_a_role_for_the_state_is_assumed() -> None:
    role = "arn:aws:iam::444455556666:role/state"
    lines = f'{DEMO}{GITHUB}[state]\nbucket = "example-terraform-state"\nrole_arn = "{role}"\n'
    policies = Renderer(synthesize_platform(lines)).documents("aws_iam_policy")

    for who in ("plan", "apply"):
        assert allowed(of(who, policies), "sts:AssumeRole", role)
        assert not allowed(of(who, policies), "s3:GetObject", "arn:aws:s3:::example-terraform-state/x")
    assert not any(allowed(of("apply", policies), "s3:PutObject", f"arn:aws:s3:::{key}") for key in STATES)


def test_the_state_of_another_team_is_read(platform: Json) -> None:
    lines = (
        f'{DEMO}{GITHUB}[remote_state]\nbucket = "states"\nkey = "iam/terraform.tfstate"\n'
        '[remote_state.outputs]\npermissions_boundary_arn = "boundary"\n'
    )
    policies = Renderer(synthesize_platform(lines)).documents("aws_iam_policy")

    theirs = "arn:aws:s3:::states/iam/terraform.tfstate"
    assert allowed(of("plan", policies), "s3:GetObject", theirs)
    assert not allowed(of("apply", policies), "s3:PutObject", theirs)


def test_the_states_key_is_used_by_way_of_s3() -> None:
    key = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234abcd-12ab-4cd3-96ef-1234567890ab"
    lines = f'{DEMO}{GITHUB}[state]\nbucket = "example-terraform-state"\nkms_key_id = "{key}"\n'
    policies = Renderer(synthesize_platform(lines)).documents("aws_iam_policy")
    through = {"kms:ViaService": f"s3.{REGION}.amazonaws.com"}

    assert allowed(of("plan", policies), "kms:Decrypt", key, **through)
    assert not allowed(of("plan", policies), "kms:Decrypt", key)
    assert not allowed(of("plan", policies), "kms:GenerateDataKey", key, **through)
    assert allowed(of("apply", policies), "kms:GenerateDataKey", key, **through)
