"""IAM as the emulated account enforces it: what each service calls an action is what a policy calls it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.aws.account import EmulatedAws
from tests.emulator.environments import ACCOUNT, REGION
from tests.iam.enforcement import client_with, enforced

ROLE = "narrow"
OWN = f"arn:aws:rds:{REGION}:{ACCOUNT}"
# One action of each way in which services are asked: by a form, by a target, by a path, and by another name.
ALLOWED = (
    "cloudwatch:DescribeAlarms",
    "ec2:DescribeVpcs",
    "kms:ListKeys",
    "route53:GetHostedZone",
    "route53:ListHostedZones",
    "s3:ListAllMyBuckets",
    "ssm:DescribeParameters",
)


@pytest.fixture(scope="module")
def client_of_role(aws: EmulatedAws) -> Iterator[Callable[[str], Any]]:
    with role_with(aws, ROLE, {"Effect": "Allow", "Action": ALLOWED, "Resource": "*"}) as client:
        yield client


@contextmanager
def role_with(aws: EmulatedAws, name: str, statement: dict[str, Any]) -> Iterator[Callable[[str], Any]]:
    """Clients of a role that has that one statement."""
    iam = aws.session().client("iam")
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}
    documents = [json.dumps({"Version": "2012-10-17", "Statement": [one]}) for one in (statement, trust)]
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=documents[1])
    iam.put_role_policy(RoleName=name, PolicyName="work", PolicyDocument=documents[0])
    arn = f"arn:aws:iam::{ACCOUNT}:role/{name}"
    session = aws.session().client("sts").assume_role(RoleArn=arn, RoleSessionName="one")
    yield lambda service: client_with(aws, service, session["Credentials"])
    iam.delete_role_policy(RoleName=name, PolicyName="work")
    iam.delete_role(RoleName=name)


def test_action_named_by_a_policy_is_allowed(aws: EmulatedAws, client_of_role: Callable[[str], Any]) -> None:
    route53 = aws.session().client("route53")
    zone = route53.create_hosted_zone(Name="example.org", CallerReference="1")["HostedZone"]["Id"]

    with enforced(aws):
        client_of_role("cloudwatch").describe_alarms()
        client_of_role("ec2").describe_vpcs()
        client_of_role("kms").list_keys()
        client_of_role("route53").list_hosted_zones()
        client_of_role("route53").get_hosted_zone(Id=zone)
        client_of_role("s3").list_buckets()
        client_of_role("ssm").describe_parameters()
    route53.delete_hosted_zone(Id=zone)


def test_action_not_named_by_a_policy_is_denied(
    aws: EmulatedAws, client_of_role: Callable[[str], Any]
) -> None:
    attempts: dict[str, Callable[[], Any]] = {
        "cloudwatch": lambda: client_of_role("cloudwatch").list_metrics(),
        "ec2": lambda: client_of_role("ec2").describe_subnets(),
        "ecs": lambda: client_of_role("ecs").list_clusters(),
        "iam": lambda: client_of_role("iam").list_roles(),
        "kms": lambda: client_of_role("kms").list_aliases(),
        "logs": lambda: client_of_role("logs").describe_log_groups(),
        "rds": lambda: client_of_role("rds").describe_db_instances(),
        "route53": lambda: client_of_role("route53").list_hosted_zones_by_name(),
        "s3": lambda: client_of_role("s3").get_object(Bucket="other", Key="model"),
        "secretsmanager": lambda: client_of_role("secretsmanager").list_secrets(),
        "ssm": lambda: client_of_role("ssm").get_parameter(Name="/mlflow"),
    }

    with enforced(aws):
        for service, attempt in attempts.items():
            with pytest.raises(ClientError) as refusal:
                attempt()
            assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403, service
            # A signature that is taken for wrong is a 403 too
            assert "AccessDenied" in str(refusal.value.response), service


@pytest.mark.parametrize(
    ("resources", "allowed"),
    [
        ([f"{OWN}:db:mine"], {"by name"}),
        ([f"{OWN}:db:*"], {"by name", "by filter", "all", "another's"}),
        ([f"{OWN}:pg:mine", f"{OWN}:subgrp:mine"], {"parameter group", "subnet group"}),
        ([f"{OWN}:pg:*", f"{OWN}:subgrp:*"], {"parameter group", "subnet group", "all groups"}),
    ],
)
def test_rds_read_by_filter_is_authorized_on_all_resources(
    aws: EmulatedAws, resources: list[str], allowed: set[str]
) -> None:
    by_filter = [{"Name": "dbi-resource-id", "Values": ["db-ABCDEFGHIJKLMNOPQRSTUVWXYZ"]}]

    reads = {"Effect": "Allow", "Action": "rds:Describe*", "Resource": resources}
    with role_with(aws, "reads-of-rds", reads) as client:
        rds = client("rds")
        attempts: dict[str, Callable[[], Any]] = {
            "by name": lambda: rds.describe_db_instances(DBInstanceIdentifier="mine"),
            "another's": lambda: rds.describe_db_instances(DBInstanceIdentifier="theirs"),
            "by filter": lambda: rds.describe_db_instances(Filters=by_filter),
            "all": lambda: rds.describe_db_instances(),
            "parameter group": lambda: rds.describe_db_parameter_groups(DBParameterGroupName="mine"),
            "subnet group": lambda: rds.describe_db_subnet_groups(DBSubnetGroupName="mine"),
            "all groups": lambda: rds.describe_db_subnet_groups(),
        }
        with enforced(aws):
            found = {what for what, attempt in attempts.items() if not is_refused(attempt)}

    assert found == allowed


def is_refused(attempt: Callable[[], Any]) -> bool:
    """By IAM; that there is no such resource is an answer."""
    try:
        attempt()
    except ClientError as error:
        return "AccessDenied" in str(error.response)
    return False
