"""What IAM is asked for a request, in cases whose answer AWS's pages or its refusals tell."""

from __future__ import annotations

from typing import Any

import pytest

from local.aws.requests import AwsRequest
from tests.authorization.demands import Account
from tests.authorization.reference import Reference
from tests.authorization.translation import Translation, UntranslatableError

REGION, ACCOUNT = "eu-west-1", "111122223333"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/task"
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/boundary"
SUBNET, TABLE, VPC = "subnet-0123456789abcdef0", "rtb-0123456789abcdef0", "vpc-0123456789abcdef0"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234abcd"
BALANCER = "loadbalancer/app/mlflow/50dc6c495c0c9188"
WEB_ACL = f"arn:aws:wafv2:{REGION}:{ACCOUNT}:regional/webacl/mlflow/473e64fd"
NEW_VPC = {
    "TagSpecification.1.ResourceType": "subnet",
    "TagSpecification.1.Tag.1.Key": "Team",
    "TagSpecification.1.Tag.1.Value": "ml",
    "VpcId": VPC,
}


def arn(service: str, resource: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}"


@pytest.fixture(scope="module")
def translation(reference: Reference) -> Translation:
    account = Account(
        partition="aws",
        region=REGION,
        id=ACCOUNT,
        tags={VPC: {"Team": "ml"}, KEY: {"Team": "ml"}},
        boundaries={"task": BOUNDARY},
        parents={"rtbassoc-1": [TABLE, SUBNET], "alias/mlflow": [KEY]},
    )
    return Translation(reference=reference, account=account)


def request(service: str, operation: str | None, **parameters: str) -> AwsRequest:
    return AwsRequest("AKIA1", service, REGION, operation, parameters, "POST /")


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "demands"),
    [
        # Reads: by name, by filter, by nothing, and where there is no resource.
        (
            "rds",
            "DescribeDBInstances",
            {"DBInstanceIdentifier": "a"},
            {"rds:DescribeDBInstances " + arn("rds", "db:a")},
        ),
        (
            "rds",
            "DescribeDBInstances",
            {"Filters.Filter.1.Name": "dbi-resource-id"},
            {"rds:DescribeDBInstances " + arn("rds", "db:*")},
        ),
        (
            "monitoring",
            "DescribeAlarms",
            {"AlarmNames.member.1": "a"},
            {"cloudwatch:DescribeAlarms " + arn("cloudwatch", "alarm:*")},
        ),
        ("ec2", "DescribeVpcs", {"VpcId.1": VPC}, {"ec2:DescribeVpcs *"}),
        ("ssm", "DescribeParameters", {"Filters.0.Key": "Name"}, {"ssm:DescribeParameters *"}),
        (
            "ecs",
            "DescribeServices",
            {"cluster": arn("ecs", "cluster/mlflow"), "services.0": "one", "services.1": "two"},
            {f"ecs:DescribeServices {arn('ecs', f'service/mlflow/{name}')}" for name in ("one", "two")},
        ),
        # Other names: of S3's actions, and of CloudWatch's log groups.
        ("s3", "HeadBucket", {"Bucket": "a"}, {"s3:ListBucket arn:aws:s3:::a"}),
        ("s3", "HeadObject", {"Bucket": "a", "Key": "b/c"}, {"s3:GetObject arn:aws:s3:::a/b/c"}),
        (
            "s3",
            "PutBucketLifecycleConfiguration",
            {"Bucket": "a"},
            {"s3:PutLifecycleConfiguration arn:aws:s3:::a"},
        ),
        (
            "logs",
            "PutRetentionPolicy",
            {"logGroupName": "/ecs/a"},
            {"logs:PutRetentionPolicy " + arn("logs", "log-group:/ecs/a:log-stream:")},
        ),
        (
            "logs",
            "ListTagsForResource",
            {"resourceArn": arn("logs", "log-group:/ecs/a")},
            {"logs:ListTagsForResource " + arn("logs", "log-group:/ecs/a")},
        ),
        # Several resources, and what is there only for AWS to know.
        (
            "ec2",
            "AssociateRouteTable",
            {"RouteTableId": TABLE, "SubnetId": SUBNET},
            {
                f"ec2:AssociateRouteTable {arn('ec2', one)}"
                for one in (f"route-table/{TABLE}", f"subnet/{SUBNET}")
            },
        ),
        (
            "ec2",
            "DisassociateRouteTable",
            {"AssociationId": "rtbassoc-1"},
            {
                f"ec2:DisassociateRouteTable {arn('ec2', one)}"
                for one in (f"route-table/{TABLE}", f"subnet/{SUBNET}")
            },
        ),
        (
            "kms",
            "DeleteAlias",
            {"AliasName": "alias/mlflow"},
            {
                f"kms:DeleteAlias {arn('kms', 'alias/mlflow')}",
                f"kms:DeleteAlias {KEY} aws:ResourceTag/Team=ml",
            },
        ),
        (
            "wafv2",
            "AssociateWebACL",
            {"ResourceArn": arn("elasticloadbalancing", BALANCER), "WebACLArn": WEB_ACL},
            {
                f"wafv2:AssociateWebACL {WEB_ACL}",
                f"wafv2:AssociateWebACL {arn('elasticloadbalancing', BALANCER)}",
                f"elasticloadbalancing:CreateWebACLAssociation {arn('elasticloadbalancing', BALANCER)}",
                "elasticloadbalancing:SetWebAcl *",
            },
        ),
        # What else it takes: tags, roles, secrets, alarms.
        (
            "ec2",
            "CreateSubnet",
            NEW_VPC,
            {
                f"ec2:CreateSubnet {arn('ec2', 'subnet/*')} aws:RequestTag/Team=ml",
                f"ec2:CreateSubnet {arn('ec2', f'vpc/{VPC}')} aws:ResourceTag/Team=ml",
                f"ec2:CreateTags {arn('ec2', 'subnet/*')} aws:RequestTag/Team=ml ec2:CreateAction=CreateSubnet",
            },
        ),
        (
            "elasticloadbalancing",
            "CreateListener",
            {
                "LoadBalancerArn": arn("elasticloadbalancing", BALANCER),
                "Tags.member.1.Key": "Team",
                "Tags.member.1.Value": "ml",
            },
            {
                f"elasticloadbalancing:CreateListener {arn('elasticloadbalancing', BALANCER)} aws:RequestTag/Team=ml",
                "elasticloadbalancing:AddTags "
                + arn("elasticloadbalancing", "listener/app/mlflow/50dc6c495c0c9188/*")
                + " aws:RequestTag/Team=ml",
            },
        ),
        (
            "ecs",
            "RegisterTaskDefinition",
            {"family": "mlflow", "taskRoleArn": ROLE},
            {
                f"ecs:RegisterTaskDefinition {arn('ecs', 'task-definition/mlflow:*')}",
                f"iam:PassRole {ROLE} iam:PassedToService=ecs-tasks.amazonaws.com",
            },
        ),
        (
            "iam",
            "PutRolePolicy",
            {"RoleName": "task", "PolicyName": "work"},
            {f"iam:PutRolePolicy {ROLE} iam:PermissionsBoundary={BOUNDARY}"},
        ),
        (
            "iam",
            "CreatePolicy",
            {"Path": "/team/", "PolicyName": "work"},
            {f"iam:CreatePolicy arn:aws:iam::{ACCOUNT}:policy/team/work"},
        ),
        (
            "logs",
            "UntagResource",
            {"resourceArn": arn("logs", "log-group:/ecs/a")},
            {"logs:UntagResource " + arn("logs", "log-group:/ecs/a")},
        ),
        (
            "application-autoscaling",
            "DeleteScalingPolicy",
            {"ResourceId": "service/mlflow/mlflow", "ServiceNamespace": "ecs"},
            {
                f"application-autoscaling:DeleteScalingPolicy {arn('application-autoscaling', 'scalable-target/*')}",
                f"cloudwatch:DescribeAlarms {arn('cloudwatch', 'alarm:*')}",
                "cloudwatch:DeleteAlarms "
                + arn("cloudwatch", "alarm:TargetTracking-service/mlflow/mlflow-")
                + "AlarmHigh-1234abcd-12ab-34cd-56ef-1234567890ab",
                f"ecs:DescribeServices {arn('ecs', 'service/mlflow/mlflow')}",
                f"ecs:UpdateService {arn('ecs', 'service/mlflow/mlflow')}",
            },
        ),
        ("sts", "GetCallerIdentity", {}, set()),
    ],
)
def test_requests_are_judged_as_aws_judges_them(
    translation: Translation, service: str, operation: str, parameters: dict[str, str], demands: set[str]
) -> None:
    found = {
        str(demand).replace(" on ", " ", 1)
        for demand in translation.demands(request(service, operation, **parameters))
    }

    assert found == demands


def test_managed_password_needs_rights_on_secret_and_key(translation: Translation) -> None:
    asked = request(
        "rds",
        "CreateDBInstance",
        DBInstanceIdentifier="a",
        ManageMasterUserPassword="true",
        MasterUserSecretKmsKeyId=KEY,
    )

    actions = {demand.action for demand in translation.demands(asked)}

    assert {"secretsmanager:CreateSecret", "secretsmanager:TagResource", "kms:CreateGrant"} <= actions


def test_the_names_of_an_endpoint_are_judged_by_its_vpc(translation: Translation) -> None:
    asked = request("ec2", "CreateVpcEndpoint", VpcId="vpc-1", ServiceName="a", PrivateDnsEnabled="true")

    (named,) = (one for one in translation.demands(asked) if one.action.startswith("route53:"))

    assert named.action == "route53:AssociateVPCWithHostedZone"
    assert named.context == {"route53:VPCs": [f"VPCId=vpc-1,VPCRegion={REGION}"]}


@pytest.mark.parametrize("operation", ["PutTargets", "RemoveTargets", "ListTargetsByRule"])
def test_targets_are_judged_by_their_rule(translation: Translation, operation: str) -> None:
    asked = request("events", operation, EventBusName="default", Rule="a-deployments")

    assert arn("events", "rule/a-deployments") in {one.resource for one in translation.demands(asked)}


def test_records_are_judged_by_their_names(translation: Translation) -> None:
    parameters = {
        "Id": "Z1",
        "ChangeBatch.0.Changes.0.Change.0.Action.0": "UPSERT",
        "ChangeBatch.0.Changes.0.Change.0.ResourceRecordSet.1.Name.0": "MLflow.example.com.",
        "ChangeBatch.0.Changes.0.Change.0.ResourceRecordSet.1.Type.1": "A",
    }

    (demand,) = translation.demands(request("route53", "ChangeResourceRecordSets", **parameters))

    assert demand.resource == "arn:aws:route53:::hostedzone/Z1"
    assert demand.context == {
        "route53:ChangeResourceRecordSetsActions": ["UPSERT"],
        "route53:ChangeResourceRecordSetsNormalizedRecordNames": ["mlflow.example.com"],
        "route53:ChangeResourceRecordSetsRecordTypes": ["A"],
    }


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (request("route53", None), "no operation is known"),
        (request("s3", "GetBucketNonsense", Bucket="a"), "no action s3:GetBucketNonsense"),
        (request("ec2", "DisassociateRouteTable", AssociationId="rtbassoc-2"), "none of"),
    ],
)
def test_unknown_requests_are_an_error(translation: Translation, asked: AwsRequest, said: str) -> None:
    with pytest.raises(UntranslatableError, match=said):
        translation.demands(asked)


def test_web_identity_is_authorized_by_the_trust_policy(translation: Translation) -> None:
    by_token: Any = AwsRequest(None, "sts", "", "AssumeRoleWithWebIdentity", {"RoleArn": ROLE}, "POST /")

    assert translation.demands(by_token) == []
