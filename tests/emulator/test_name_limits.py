"""The emulated AWS takes names as long, and as many tags, as AWS does, and refuses more with AWS's error."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from modules.common import limits
from modules.common.limits import Limit
from tests.iam.enforcement import emulated_aws

Client = Callable[[str], Any]
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}],
    }
)
POLICY = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Clients of an account of the module's own."""
    with emulated_aws(tmp_path_factory.mktemp("names")) as aws:
        session: Any = aws.session()
        yield lambda service: session.client(service)


# Service, action, the parameter that names, its limit, the error's code, and what else is wanted.
NAMED: list[tuple[str, str, str, Limit, str, dict[str, Any]]] = [
    (
        "iam",
        "create_role",
        "RoleName",
        limits.ROLE_NAME_CHARACTERS,
        "ValidationError",
        {"AssumeRolePolicyDocument": TRUST},
    ),
    (
        "iam",
        "create_policy",
        "PolicyName",
        limits.POLICY_NAME_CHARACTERS,
        "ValidationError",
        {"PolicyDocument": POLICY},
    ),
    (
        "ecr",
        "create_repository",
        "repositoryName",
        limits.REPOSITORY_NAME_CHARACTERS,
        "InvalidParameterException",
        {},
    ),
    ("ecs", "create_cluster", "clusterName", limits.ECS_NAME_CHARACTERS, "InvalidParameterException", {}),
    (
        "events",
        "put_rule",
        "Name",
        limits.EVENT_RULE_NAME_CHARACTERS,
        "ValidationException",
        {"ScheduleExpression": "rate(1 day)"},
    ),
    (
        "logs",
        "create_log_group",
        "logGroupName",
        limits.LOG_GROUP_NAME_CHARACTERS,
        "InvalidParameterException",
        {},
    ),
    ("sns", "create_topic", "Name", limits.TOPIC_NAME_CHARACTERS, "InvalidParameter", {}),
    ("s3", "create_bucket", "Bucket", limits.BUCKET_NAME_CHARACTERS, "InvalidBucketName", {}),
    (
        "ec2",
        "create_security_group",
        "GroupName",
        limits.SECURITY_GROUP_NAME_CHARACTERS,
        "InvalidParameterValue",
        {"Description": "d"},
    ),
    (
        "rds",
        "create_db_parameter_group",
        "DBParameterGroupName",
        limits.PARAMETER_GROUP_NAME_CHARACTERS,
        "InvalidParameterValue",
        {"DBParameterGroupFamily": "postgres16", "Description": "d"},
    ),
    (
        "elbv2",
        "create_target_group",
        "Name",
        limits.TARGET_GROUP_NAME_CHARACTERS,
        "ValidationError",
        {"TargetType": "lambda"},
    ),
]


@pytest.mark.parametrize(
    ("service", "action", "parameter", "limit", "code", "others"), NAMED, ids=[f"{one[0]}" for one in NAMED]
)
def test_a_name(
    client: Client,
    service: str,
    action: str,
    parameter: str,
    limit: Limit,
    code: str,
    others: dict[str, Any],
) -> None:
    call = getattr(client(service), action)

    assert call(**{parameter: "n" * limit.number}, **others)
    with pytest.raises(ClientError) as error:
        call(**{parameter: "n" * (limit.number + 1)}, **others)
    assert error.value.response["Error"]["Code"] == code


def test_tags(client: Client) -> None:
    most = limits.TAGS_PER_RESOURCE.number

    def tags(number: int) -> list[dict[str, str]]:
        return [{"Key": f"key-{count}", "Value": "v"} for count in range(number)]

    sns, ssm = client("sns"), client("ssm")
    assert sns.create_topic(Name="tagged", Tags=tags(most))
    with pytest.raises(ClientError, match="TagLimitExceeded"):
        sns.create_topic(Name="more", Tags=tags(most + 1))
    with pytest.raises(ClientError, match="TooManyTagsError"):
        ssm.put_parameter(Name="/tagged", Value="x", Type="String", Tags=tags(most + 1))
