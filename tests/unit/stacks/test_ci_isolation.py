"""Environments in one account, whose names begin with each other's: the roles of CI of one reach nothing of another."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import pytest

from tests.ci_policies import EVERYTHING, of
from tests.given.existing import GIVEN
from tests.given.github import GITHUB
from tests.given.sign_in import table
from tests.iam.judge import Verdict, judge
from tests.rendered import ACCOUNT, Renderer
from tests.synthesis import Json, synthesize_platform
from tests.texts import DEMO

REGION = "us-east-1"
# Name, environment. The last is named as if it were the first one's CI.
ENVIRONMENTS = (
    ("mlflow", "prod"),
    ("mlflow", "prod-eu"),
    ("mlflow", "production"),
    ("mlflow-prod", "logs"),
    ("mlflow", "prod-ci-plan"),
)
NAT = '[network]\nnat = "per_az"\nendpoints = "all"\nip_address_type = "dualstack"\n'
ADOPTING = f"""{DEMO.replace("eu-west-1", REGION)}{GITHUB}{GIVEN}
[adopt]
artifact_bucket = "their-models"
database_instance = "ours"
database_subnet_group = "their group"
repository = "their-server"
log_group = "/their/server"
"""
# What makes something new → the kinds of what is there that it also takes; what it makes is nothing that is there.
TAKES: dict[str, tuple[str, ...]] = {
    "ec2:AllocateAddress": (),
    "ec2:AuthorizeSecurityGroupEgress": ("security-group",),
    "ec2:AuthorizeSecurityGroupIngress": ("security-group",),
    "ec2:CreateEgressOnlyInternetGateway": ("vpc",),
    "ec2:CreateFlowLogs": ("natgateway", "subnet", "vpc"),
    "ec2:CreateInternetGateway": (),
    "ec2:CreateNatGateway": ("elastic-ip", "subnet", "vpc"),
    "ec2:CreateRouteTable": ("vpc",),
    "ec2:CreateSecurityGroup": ("vpc",),
    "ec2:CreateSubnet": ("vpc",),
    "ec2:CreateVpcEndpoint": ("route-table", "security-group", "subnet", "vpc"),
}
# No resource, or none before AWS has made it.
ANY_RESOURCE = {
    "ecs:DeregisterTaskDefinition",
    "elasticloadbalancing:SetWebAcl",
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:PutResourcePolicy",
    "route53:AssociateVPCWithHostedZone",
}
# Reads that ask about all of a kind.
OF_ALL = {"cloudwatch:DescribeAlarms", "rds:DescribeDBInstances"}
READS = ("BatchGet", "Describe", "Get", "List")


@dataclass(frozen=True)
class Environment:
    """One of them.

    Attributes:
        name: `<name>-<environment>`.
        platform: its stack.
        tags: of everything in it.
    """

    name: str
    platform: Json
    tags: dict[str, str]

    def role(self, role: str) -> list[Json]:
        documents = Renderer(self.platform).documents("aws_iam_policy")
        # What AWS gives ids to has another in each environment.
        statements: list[Json] = json.loads(self.own(json.dumps(of(role, documents))))
        return statements

    def own(self, text: str) -> str:
        zone = re.compile(r"hostedzone/[a-z][\w.-]+")
        return zone.sub(f"hostedzone/Z-{self.name}", text.replace("mlflow-network", f"vpc-{self.name}"))

    def arns(self) -> Iterator[tuple[str, str]]:
        """Address, ARN of all there is; one of each kind that AWS gives ids to."""
        render, told = Renderer(self.platform), set()
        for kind, resources in self.platform["resource"].items():
            for address, body in resources.items():
                for arn in ARNS[kind]:
                    if "{id}" in arn and arn in told:
                        continue
                    told.add(arn)
                    values = {key: render(str(body.get(key, ""))) for key in NAMED_BY}
                    id = f"{address}-{self.name}"
                    yield f"{kind}.{address}", arn.format(**values, id=id, full_name=self.name)


def regional(service: str, *resources: str) -> tuple[str, ...]:
    return tuple(f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}" for resource in resources)


NAMED_BY = ("name", "name_prefix", "bucket", "identifier", "family", "alarm_name", "cluster", "key")
LOG_GROUP = "log-group:{name}"
BALANCER = "loadbalancer/app/{full_name}/1"
PARTS: tuple[str, ...] = ()
# Kind → the ARNs of a resource of it; none for what is a part of another resource.
ARNS: dict[str, tuple[str, ...]] = {
    "aws_acm_certificate": regional("acm", "certificate/{id}"),
    "aws_acm_certificate_validation": PARTS,
    "aws_appautoscaling_policy": regional(
        "cloudwatch", "alarm:TargetTracking-service/{full_name}/{full_name}-AlarmHigh-1"
    ),
    "aws_appautoscaling_target": regional("application-autoscaling", "scalable-target/{id}"),
    "aws_cloudformation_stack": regional("cloudformation", "stack/{name}/1"),
    "aws_cloudwatch_event_rule": regional("events", "rule/{name}"),
    "aws_cloudwatch_event_target": PARTS,
    "aws_cloudwatch_log_group": regional("logs", LOG_GROUP, f"{LOG_GROUP}:*", f"{LOG_GROUP}:log-stream:"),
    "aws_cloudwatch_metric_alarm": regional("cloudwatch", "alarm:{alarm_name}"),
    "aws_db_instance": regional("rds", "db:{identifier}"),
    "aws_db_parameter_group": regional("rds", "pg:{name}"),
    "aws_db_subnet_group": regional("rds", "subgrp:{name}"),
    "aws_default_security_group": regional("ec2", "security-group/{id}"),
    "aws_ecr_lifecycle_policy": PARTS,
    "aws_ecr_repository": regional("ecr", "repository/{name}"),
    "aws_ecs_cluster": regional("ecs", "cluster/{name}"),
    "aws_ecs_cluster_capacity_providers": PARTS,
    "aws_ecs_service": regional(
        "ecs", "service/{full_name}/{name}", "service-deployment/{full_name}/{name}/1"
    ),
    "aws_ecs_task_definition": regional("ecs", "task-definition/{family}:1"),
    "aws_egress_only_internet_gateway": regional("ec2", "egress-only-internet-gateway/{id}"),
    "aws_eip": regional("ec2", "elastic-ip/{id}"),
    "aws_flow_log": regional("ec2", "vpc-flow-log/{id}"),
    "aws_iam_openid_connect_provider": (
        f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com",
    ),
    "aws_iam_policy": (f"arn:aws:iam::{ACCOUNT}:policy/{{full_name}}/{{name}}",),
    "aws_iam_role": (f"arn:aws:iam::{ACCOUNT}:role/{{name}}",),
    "aws_iam_role_policy": PARTS,
    "aws_iam_role_policy_attachment": PARTS,
    "aws_internet_gateway": regional("ec2", "internet-gateway/{id}"),
    "aws_kms_alias": regional("kms", "{name}"),
    "aws_kms_key": regional("kms", "key/{id}"),
    "aws_lb": regional("elasticloadbalancing", BALANCER),
    "aws_lb_listener": regional("elasticloadbalancing", "listener/app/{full_name}/1/2"),
    "aws_lb_listener_rule": regional("elasticloadbalancing", "listener-rule/app/{full_name}/1/2/3"),
    "aws_lb_target_group": regional("elasticloadbalancing", "targetgroup/{name}/1"),
    "aws_nat_gateway": regional("ec2", "natgateway/{id}"),
    "aws_route": PARTS,
    "aws_route53_record": PARTS,
    "aws_route53_zone": ("arn:aws:route53:::hostedzone/Z-{full_name}",),
    "aws_route_table": regional("ec2", "route-table/{id}"),
    "aws_route_table_association": PARTS,
    "aws_s3_bucket": ("arn:aws:s3:::{bucket}", "arn:aws:s3:::{bucket}/1/model"),
    "aws_s3_bucket_lifecycle_configuration": PARTS,
    "aws_s3_bucket_logging": PARTS,
    "aws_s3_bucket_object_lock_configuration": PARTS,
    "aws_s3_bucket_ownership_controls": PARTS,
    "aws_s3_bucket_policy": PARTS,
    "aws_s3_bucket_public_access_block": PARTS,
    "aws_s3_bucket_replication_configuration": PARTS,
    "aws_s3_bucket_server_side_encryption_configuration": PARTS,
    "aws_s3_bucket_versioning": PARTS,
    "aws_security_group": regional("ec2", "security-group/{id}"),
    "aws_secretsmanager_secret": regional(
        "secretsmanager", "secret:{name_prefix}20261127120000000000000001-AbCdEf"
    ),
    "aws_sns_topic": regional("sns", "{name}"),
    "aws_sns_topic_policy": PARTS,
    "aws_sns_topic_subscription": PARTS,
    "aws_ssm_parameter": regional("ssm", "parameter{name}"),
    "aws_subnet": regional("ec2", "subnet/{id}"),
    "aws_vpc": regional("ec2", "vpc/vpc-{full_name}"),
    "aws_vpc_endpoint": regional("ec2", "vpc-endpoint/{id}"),
    "aws_vpc_security_group_egress_rule": regional("ec2", "security-group-rule/{id}"),
    "aws_vpc_security_group_ingress_rule": regional("ec2", "security-group-rule/{id}"),
    "docker_registry_image": PARTS,
    "terraform_data": PARTS,
    "aws_wafv2_web_acl": regional("wafv2", "regional/webacl/{name}/1"),
    "aws_wafv2_web_acl_association": PARTS,
    "aws_wafv2_web_acl_logging_configuration": PARTS,
}
# One provider in an account, whose environment is the first.
SHARED = "aws_iam_openid_connect_provider"


@pytest.fixture(scope="module")
def environments() -> list[Environment]:
    found = []
    for name, environment in ENVIRONMENTS:
        text = EVERYTHING.replace("mlflow.example.com", f"{environment}.{name}.example.com")
        sign_in = table().replace("eu-west-1", REGION)
        platform = synthesize_platform(f'name = "{name}"\n{text}{NAT}{sign_in}', environment=environment)
        (provider,) = platform["provider"]["aws"]
        tags = provider["default_tags"][0]["tags"]
        found.append(Environment(f"{name}-{environment}", platform, tags))
    return found


def context(own: Environment, other: Environment, *, tagged: bool) -> dict[str, Any]:
    """The most favourable request to the other's resource: everything that the caller can choose, as the policies want
    it; the tags of the resource are the other's, or it has none."""
    return {
        **{f"aws:RequestTag/{key}": value for key, value in own.tags.items()},
        **({f"aws:ResourceTag/{key}": value for key, value in other.tags.items()} if tagged else {}),
        "aws:CalledVia": ["cloudformation.amazonaws.com"],
        "iam:PassedToService": "ecs-tasks.amazonaws.com",
        "iam:PermissionsBoundary": f"arn:aws:iam::{ACCOUNT}:policy/team/boundary",
        "iam:PolicyARN": "arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole",
        "kms:GrantIsForAWSResource": "true",
        "kms:ViaService": f"s3.{REGION}.amazonaws.com",
        "kms:ResourceAliases": ["alias/terraform"],
    }


def actions_of(document: list[Json]) -> set[str]:
    return {
        action for statement in document if statement["Effect"] == "Allow" for action in statement["Action"]
    }


def everywhere(document: list[Json]) -> set[str]:
    document = [statement for statement in document if statement["Effect"] == "Allow"]
    return {
        action for statement in document if statement["Resource"] == ["*"] for action in statement["Action"]
    }


def is_read(action: str) -> bool:
    return action.partition(":")[2].startswith(READS)


@pytest.mark.parametrize("tagged", [True, False], ids=["tagged", "without tags"])
@pytest.mark.parametrize("role", ["plan", "apply"])
def test_nothing_of_another_environment_is_changed_or_read(
    environments: list[Environment], role: str, tagged: bool
) -> None:
    """Each action that a role has at all is tried on each resource of each other environment."""
    reached = []
    for own in environments:
        document = own.role(role)
        tried = statements_on(document, actions_of(document) - ANY_RESOURCE - OF_ALL - everywhere(document))
        for other in environments:
            if other is not own:
                request = context(own, other, tagged=tagged)
                reached += [
                    (own.name, action, arn)
                    for address, arn in other.arns()
                    if not address.startswith(SHARED)
                    for action, about in tried.items()
                    if takes(action, arn) and is_allowed(about, action, arn, request)
                ]

    assert not reached


def takes(action: str, arn: str) -> bool:
    """Whether the action could be about that at all."""
    service = action.partition(":")[0]
    if action in TAKES:
        return arn.startswith("arn:aws:ec2:") and arn.split(":", 5)[5].split("/")[0] in TAKES[action]
    return service == arn.split(":")[2] or (service == "wafv2" and ":loadbalancer/" in arn)


def statements_on(document: list[Json], actions: set[str]) -> dict[str, list[Json]]:
    """Action → the statements on it: the judge takes its time for each, and most are about other services."""
    return {
        action: [one for one in document if any(fnmatchcase(action, pattern) for pattern in one["Action"])]
        for action in sorted(actions)
    }


def is_allowed(about: list[Json], action: str, arn: str, request: dict[str, Any]) -> bool:
    return judge(about, action, arn, request, knows_all=True) is Verdict.ALLOWED


@pytest.mark.parametrize("role", ["plan", "apply"])
def test_actions_on_all_resources_are_listed(environments: list[Environment], role: str) -> None:
    document = environments[0].role(role)

    assert {action for action in everywhere(document) if not is_read(action)} <= ANY_RESOURCE
    assert actions_of(document) >= OF_ALL


def test_every_name_is_the_environments_own(environments: list[Environment]) -> None:
    assert not unreached(environments[0])


def test_roles_reach_adopted_resources() -> None:
    platform = synthesize_platform(ADOPTING)

    assert {"ours", "their-server"} <= {
        platform["resource"]["aws_db_instance"]["database"]["identifier"],
        platform["resource"]["aws_ecr_repository"]["repository"]["name"],
    }
    assert not unreached(
        Environment("mlflow-test", platform, {"Application": "mlflow", "Environment": "test"})
    )


def unreached(own: Environment) -> list[tuple[str, str]]:
    """What of an environment its own roles neither read nor change; an artifact is nobody's to read there."""
    document = [*own.role("plan"), *own.role("apply")]
    request = context(own, own, tagged=True)
    tried = statements_on(document, actions_of(document))
    return [
        (address, arn)
        for address, arn in own.arns()
        if not arn.endswith("/1/model")
        and not any(
            takes(action, arn) and is_allowed(about, action, arn, request) for action, about in tried.items()
        )
    ]


def test_state_of_another_environment_is_not_accessible(
    environments: list[Environment],
) -> None:
    states = {
        environment.name: environment.platform["terraform"]["backend"]["s3"]["key"]
        for environment in environments
    }
    for own in environments:
        for name, key in states.items():
            for object_key in (key, f"{key}.tflock"):
                arn = f"arn:aws:s3:::example-terraform-state/{object_key}"
                verdicts = {
                    judge(own.role("apply"), action, arn, knows_all=True)
                    for action in ("s3:GetObject", "s3:PutObject", "s3:DeleteObject")
                }
                assert (Verdict.ALLOWED in verdicts) is (name == own.name), (own.name, arn)


def test_identifying_tags_use_the_configured_keys() -> None:
    keys = '[tag_keys]\napplication = "app"\nenvironment = "stage"\n'
    policies = json.dumps(synthesize_platform(f"{DEMO}{GITHUB}{keys}")["resource"]["aws_iam_policy"])

    assert "aws:ResourceTag/app" in policies and "aws:ResourceTag/stage" in policies
    assert "Tag/Application" not in policies and "Tag/Environment" not in policies


def test_ci_may_change_roles_below_the_accounts_path() -> None:
    synthesized = synthesize_platform(DEMO + GITHUB.replace("[access]\n", '[access]\niam_path = "/team/"\n'))
    policies = synthesized["resource"]["aws_iam_policy"]

    assert {policy["path"] for policy in policies.values()} == {"/team/mlflow-test/"}
    assert {role["path"] for role in synthesized["resource"]["aws_iam_role"].values()} == {"/team/"}
    everything = json.dumps(policies)
    assert ":role/team/mlflow-test-task" in everything
    assert ":role/mlflow-test" not in everything


@pytest.mark.parametrize("characters", [400, 512])
def test_path_too_long_for_policies_is_refused(characters: int) -> None:
    path = f"/{'p' * (characters - 2)}/"

    with pytest.raises(RuntimeError, match=r"Fix: shorten what the settings put into it: .*access\.iam_path"):
        synthesize_platform(DEMO + GITHUB.replace("[access]\n", f'[access]\niam_path = "{path}"\n'))
