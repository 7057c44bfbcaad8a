"""What exists in an account, beyond what AWS itself puts into every new one: to show that nothing was left behind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import boto3


def inventory(session: boto3.Session) -> list[str]:
    """One line for each resource of the session's region and of the account, sorted: `kind name`.

    Left out: the default VPC with what belongs to it, what AWS names its own, and what AWS keeps after deletion
    without it being in anybody's way (inactive ECS clusters and task definitions).
    """
    return sorted(f"{kind} {name}" for kind, find in FINDERS.items() for name in find(session))


def _pages(session: boto3.Session, service: str, operation: str, key: str, **options: Any) -> Iterator[Any]:
    client: Any = session.client(service)  # type: ignore[call-overload]
    if client.can_paginate(operation):
        for page in client.get_paginator(operation).paginate(**options):
            yield from page.get(key, [])
    else:
        yield from getattr(client, operation)(**options).get(key, [])


def _listing(
    service: str,
    operation: str,
    key: str,
    name: str | None,
    keep: Callable[[Any], bool] = bool,
    **options: Any,
) -> Callable[[boto3.Session], Iterable[str]]:
    """Finds by one `list_…` or `describe_…` call: the items under `key`, each named by its member `name`."""

    def find(session: boto3.Session) -> Iterator[str]:
        for item in _pages(session, service, operation, key, **options):
            if keep(item):
                yield item if name is None else item[name]

    return find


def _outside_default_vpc(operation: str, key: str, name: str) -> Callable[[boto3.Session], Iterable[str]]:
    def find(session: boto3.Session) -> Iterator[str]:
        default = {
            vpc["VpcId"] for vpc in _pages(session, "ec2", "describe_vpcs", "Vpcs") if vpc["IsDefault"]
        }
        for item in _pages(session, "ec2", operation, key):
            vpcs = {
                item.get("VpcId"),
                *(attachment.get("VpcId") for attachment in item.get("Attachments", [])),
            }
            if not vpcs & default:
                yield item[name]

    return find


def _services(session: boto3.Session) -> Iterator[str]:
    ecs = session.client("ecs")
    for cluster in _pages(session, "ecs", "list_clusters", "clusterArns"):
        for arn in _pages(session, "ecs", "list_services", "serviceArns", cluster=cluster):
            described = ecs.describe_services(cluster=cluster, services=[arn])["services"]
            yield from (service["serviceArn"] for service in described if service["status"] != "INACTIVE")


def _clusters(session: boto3.Session) -> Iterator[str]:
    arns = list(_pages(session, "ecs", "list_clusters", "clusterArns"))
    described = session.client("ecs").describe_clusters(clusters=arns)["clusters"] if arns else []
    yield from (cluster["clusterName"] for cluster in described if cluster["status"] != "INACTIVE")


def _keys(session: boto3.Session) -> Iterator[str]:
    kms = session.client("kms")
    for key in _pages(session, "kms", "list_keys", "Keys"):
        metadata = kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
        aliases = kms.list_aliases(KeyId=key["KeyId"])["Aliases"]
        # moto says CUSTOMER of the keys that AWS makes for its services too; their aliases tell.
        by_aws = any(alias["AliasName"].startswith("alias/aws/") for alias in aliases)
        if metadata["KeyManager"] == "CUSTOMER" and not by_aws and metadata["KeyState"] != "PendingDeletion":
            yield key["KeyId"]


FINDERS: dict[str, Callable[[boto3.Session], Iterable[str]]] = {
    "VPC": _listing("ec2", "describe_vpcs", "Vpcs", "VpcId", lambda vpc: not vpc["IsDefault"]),
    "subnet": _outside_default_vpc("describe_subnets", "Subnets", "SubnetId"),
    "route table": _outside_default_vpc("describe_route_tables", "RouteTables", "RouteTableId"),
    "internet gateway": _outside_default_vpc(
        "describe_internet_gateways", "InternetGateways", "InternetGatewayId"
    ),
    "security group": _outside_default_vpc("describe_security_groups", "SecurityGroups", "GroupId"),
    "network interface": _outside_default_vpc(
        "describe_network_interfaces", "NetworkInterfaces", "NetworkInterfaceId"
    ),
    "NAT gateway": _listing(
        "ec2",
        "describe_nat_gateways",
        "NatGateways",
        "NatGatewayId",
        lambda gateway: gateway["State"] != "deleted",
    ),
    "elastic IP": _listing("ec2", "describe_addresses", "Addresses", "PublicIp"),
    "VPC endpoint": _listing(
        "ec2",
        "describe_vpc_endpoints",
        "VpcEndpoints",
        "VpcEndpointId",
        lambda endpoint: endpoint["State"] != "deleted",
    ),
    "egress-only gateway": _listing(
        "ec2",
        "describe_egress_only_internet_gateways",
        "EgressOnlyInternetGateways",
        "EgressOnlyInternetGatewayId",
    ),
    "flow log": _listing("ec2", "describe_flow_logs", "FlowLogs", "FlowLogId"),
    "load balancer": _listing("elbv2", "describe_load_balancers", "LoadBalancers", "LoadBalancerName"),
    "target group": _listing("elbv2", "describe_target_groups", "TargetGroups", "TargetGroupName"),
    "hosted zone": _listing("route53", "list_hosted_zones", "HostedZones", "Name"),
    "certificate": _listing("acm", "list_certificates", "CertificateSummaryList", "DomainName"),
    "web ACL": _listing("wafv2", "list_web_acls", "WebACLs", "Name", Scope="REGIONAL"),
    "database": _listing("rds", "describe_db_instances", "DBInstances", "DBInstanceIdentifier"),
    "database subnet group": _listing(
        "rds", "describe_db_subnet_groups", "DBSubnetGroups", "DBSubnetGroupName"
    ),
    "database parameter group": _listing(
        "rds",
        "describe_db_parameter_groups",
        "DBParameterGroups",
        "DBParameterGroupName",
        lambda group: not group["DBParameterGroupName"].startswith("default."),
    ),
    "database snapshot": _listing("rds", "describe_db_snapshots", "DBSnapshots", "DBSnapshotIdentifier"),
    "bucket": _listing("s3", "list_buckets", "Buckets", "Name"),
    "ECR repository": _listing("ecr", "describe_repositories", "repositories", "repositoryName"),
    "ECS cluster": _clusters,
    "ECS service": _services,
    "ECS task definition": _listing(
        "ecs", "list_task_definitions", "taskDefinitionArns", None, status="ACTIVE"
    ),
    "scalable target": _listing(
        "application-autoscaling",
        "describe_scalable_targets",
        "ScalableTargets",
        "ResourceId",
        ServiceNamespace="ecs",
    ),
    "scaling policy": _listing(
        "application-autoscaling",
        "describe_scaling_policies",
        "ScalingPolicies",
        "PolicyName",
        ServiceNamespace="ecs",
    ),
    "log group": _listing("logs", "describe_log_groups", "logGroups", "logGroupName"),
    "IAM role": _listing(
        "iam",
        "list_roles",
        "Roles",
        "RoleName",
        lambda role: not role["Path"].startswith("/aws-service-role/"),
    ),
    "IAM policy": _listing("iam", "list_policies", "Policies", "PolicyName", Scope="Local"),
    # A deleted secret's name is taken until its recovery window has passed.
    "secret": _listing("secretsmanager", "list_secrets", "SecretList", "Name", IncludePlannedDeletion=True),
    "SSM parameter": _listing("ssm", "describe_parameters", "Parameters", "Name"),
    "KMS key": _keys,
    "CloudFormation stack": _listing(
        "cloudformation", "describe_stacks", "Stacks", "StackName", lambda stack: "DeletionTime" not in stack
    ),
    "alarm": _listing("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
    "event rule": _listing("events", "list_rules", "Rules", "Name"),
    "topic": _listing("sns", "list_topics", "Topics", "TopicArn"),
    "subscription": _listing("sns", "list_subscriptions", "Subscriptions", "Endpoint"),
}
