"""What was asked of an emulated account, and what there is in it that IAM judges by."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from local.aws.account import ACCOUNT_ID, EmulatedAws
from local.aws.requests import AwsRequest
from tests.authorization.demands import Account
from tests.authorization.judgement import Document, Role


@contextmanager
def recorded(account: EmulatedAws) -> Iterator[list[AwsRequest]]:
    """A list that has, afterwards, the requests made within."""
    requests: list[AwsRequest] = []
    before = len(account.requests())
    try:
        yield requests
    finally:
        requests += account.requests()[before:]


def look_at(account: EmulatedAws) -> Account:
    """Tags, boundaries and associations, as they are now."""
    client: Any = account.session().client
    boundaries = {}
    for role in client("iam").list_roles()["Roles"]:
        described = client("iam").get_role(RoleName=role["RoleName"])["Role"]
        if bound := described.get("PermissionsBoundary"):
            boundaries[role["RoleName"]] = bound["PermissionsBoundaryArn"]
    return Account(
        partition="aws",
        region=account.region,
        id=ACCOUNT_ID,
        tags=_tags(client),
        boundaries=boundaries,
        parents=_parents(client),
    )


def role_in(account: EmulatedAws, name: str) -> Role:
    """A role with its policies, attached and inline."""
    iam: Any = account.session().client("iam")
    documents = []
    for attached in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
        policy = iam.get_policy(PolicyArn=attached["PolicyArn"])["Policy"]
        version = iam.get_policy_version(PolicyArn=policy["Arn"], VersionId=policy["DefaultVersionId"])
        documents.append(version["PolicyVersion"]["Document"])
    for inline in iam.list_role_policies(RoleName=name)["PolicyNames"]:
        documents.append(iam.get_role_policy(RoleName=name, PolicyName=inline)["PolicyDocument"])
    return Role(name, [statement for document in documents for statement in _statements(document)])


def _statements(document: Any) -> list[Document]:
    parsed = json.loads(document) if isinstance(document, str) else document
    statements: list[Document] = parsed["Statement"]
    return statements


def _parents(client: Any) -> dict[str, list[str]]:
    associations = {
        association["RouteTableAssociationId"]: [association["RouteTableId"], association["SubnetId"]]
        for table in client("ec2").describe_route_tables()["RouteTables"]
        for association in table["Associations"]
        if "SubnetId" in association
    }
    aliases = {
        alias["AliasName"]: [key["KeyArn"]]
        for key in client("kms").list_keys()["Keys"]
        for alias in client("kms").list_aliases(KeyId=key["KeyId"])["Aliases"]
    }
    return {**associations, **aliases, **{name: [arn] for name, arn in _scalable_targets(client)}}


def _scalable_targets(client: Any) -> list[tuple[str, str]]:
    """Names and ARNs."""
    targets = client("application-autoscaling").describe_scalable_targets(ServiceNamespace="ecs")
    return [(target["ResourceId"], target["ScalableTargetARN"]) for target in targets["ScalableTargets"]]


def _tags(client: Any) -> dict[str, dict[str, str]]:
    """ARN, or EC2's id, → tags."""
    tags: dict[str, dict[str, str]] = {}
    for page in client("ec2").get_paginator("describe_tags").paginate():
        for tag in page["Tags"]:
            tags.setdefault(tag["ResourceId"], {})[tag["Key"]] = tag["Value"]
    for page in client("resourcegroupstaggingapi").get_paginator("get_resources").paginate():
        for one in page["ResourceTagMappingList"]:
            tags[one["ResourceARN"]] = {tag["Key"]: tag["Value"] for tag in one["Tags"]}
    # What moto does not list there.
    for _, arn in _scalable_targets(client):
        tags[arn] = client("application-autoscaling").list_tags_for_resource(ResourceARN=arn)["Tags"]
    for key in client("kms").list_keys()["Keys"]:
        told = client("kms").list_resource_tags(KeyId=key["KeyId"])["Tags"]
        tags[key["KeyArn"]] = {tag["TagKey"]: tag["TagValue"] for tag in told}
    return tags
