"""AWS's limits as data: one row for each number, with the page it comes from.

The settings and the rules on synthesized stacks refuse what would break one of them, and the emulated AWS refuses it as
AWS does. A number that AWS raises on request is an account's default: the table `quotas` of the settings replaces it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_AWS = "https://docs.aws.amazon.com"
IAM_QUOTAS = f"{_AWS}/IAM/latest/UserGuide/reference_iam-quotas.html"
VPC_QUOTAS = f"{_AWS}/vpc/latest/userguide/amazon-vpc-limits.html"
ALB_QUOTAS = f"{_AWS}/elasticloadbalancing/latest/application/load-balancer-limits.html"
ECS_QUOTAS = f"{_AWS}/general/latest/gr/ecs-service.html"
ELB_API = f"{_AWS}/elasticloadbalancing/latest/APIReference"


@dataclass(frozen=True)
class Limit:
    """One limit.

    Attributes:
        what: the thing counted, as in "characters of a managed policy, without white space".
        number: the largest number accepted.
        source: the page that says so.
        adjustable: AWS raises it on request; the number is then an account's default.
    """

    what: str
    number: int
    source: str
    adjustable: bool = False


# IAM
MANAGED_POLICY_CHARACTERS = Limit("characters of a managed policy, without white space", 6144, IAM_QUOTAS)
MANAGED_POLICIES_PER_ROLE = Limit("managed policies attached to a role", 10, IAM_QUOTAS, adjustable=True)
INLINE_POLICY_CHARACTERS_PER_ROLE = Limit(
    "characters of a role's inline policies together, without white space", 10240, IAM_QUOTAS
)
TRUST_POLICY_CHARACTERS = Limit(
    "characters of a role's trust policy, without white space", 2048, IAM_QUOTAS, adjustable=True
)
ROLE_NAME_CHARACTERS = Limit("characters of a role's name", 64, IAM_QUOTAS)
POLICY_NAME_CHARACTERS = Limit("characters of a policy's name", 128, IAM_QUOTAS)
ROLE_DESCRIPTION_CHARACTERS = Limit(
    "characters of a role's description", 1000, f"{_AWS}/IAM/latest/APIReference/API_CreateRole.html"
)

# Network
# IPv4 and IPv6 are counted apart, as are inbound and outbound rules; a group that a rule names counts as one, a prefix
# list as its most entries (https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html).
RULES_PER_SECURITY_GROUP = Limit(
    "rules of a security group, inbound or outbound, of IPv4 or IPv6", 60, VPC_QUOTAS, adjustable=True
)
ELASTIC_IPS = Limit("elastic IP addresses in a region", 5, VPC_QUOTAS, adjustable=True)
SUBNETS_PER_SERVICE = Limit(
    "subnets of an ECS service", 16, f"{_AWS}/AmazonECS/latest/APIReference/API_AwsVpcConfiguration.html"
)
SECURITY_GROUP_NAME_CHARACTERS = Limit(
    "characters of a security group's name",
    255,
    f"{_AWS}/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html",
)

# Edge
CONDITION_VALUES_PER_RULE = Limit(
    "condition values of a listener rule, all conditions together", 5, ALB_QUOTAS
)
CONDITION_WILDCARDS_PER_RULE = Limit("wildcards in the conditions of a listener rule", 6, ALB_QUOTAS)
RULES_PER_LOAD_BALANCER = Limit(
    "rules of a load balancer, without default rules", 100, ALB_QUOTAS, adjustable=True
)
CERTIFICATES_PER_LOAD_BALANCER = Limit(
    "certificates of a load balancer, without default certificates", 25, ALB_QUOTAS, adjustable=True
)
PATH_PATTERN_CHARACTERS = Limit(
    "characters of a path pattern in a listener rule", 128, f"{ELB_API}/API_PathPatternConditionConfig.html"
)
LOAD_BALANCER_NAME_CHARACTERS = Limit(
    "characters of a load balancer's name", 32, f"{ELB_API}/API_CreateLoadBalancer.html"
)
TARGET_GROUP_NAME_CHARACTERS = Limit(
    "characters of a target group's name", 32, f"{ELB_API}/API_CreateTargetGroup.html"
)
NAMES_PER_CERTIFICATE = Limit(
    "domain names of a certificate", 10, f"{_AWS}/acm/latest/userguide/acm-limits.html", adjustable=True
)
CERTIFICATE_DOMAIN_CHARACTERS = Limit(
    "characters of a certificate's first name",
    64,
    f"{_AWS}/acm/latest/APIReference/API_RequestCertificate.html",
)
WEB_ACL_NAME_CHARACTERS = Limit(
    "characters of a web ACL's name", 128, f"{_AWS}/waf/latest/APIReference/API_CreateWebACL.html"
)
WAF_REGEX_CHARACTERS = Limit(
    "characters of a regular expression in a web ACL",
    512,
    f"{_AWS}/waf/latest/APIReference/API_RegexMatchStatement.html",
)
STACK_NAME_CHARACTERS = Limit(
    "characters of a CloudFormation stack's name",
    128,
    f"{_AWS}/AWSCloudFormation/latest/APIReference/API_CreateStack.html",
)
TEMPLATE_BYTES = Limit(
    "bytes of a CloudFormation template in the request",
    51200,
    f"{_AWS}/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html",
)

# Service
TASK_DEFINITION_BYTES = Limit("bytes of a task definition", 64 * 1024, ECS_QUOTAS)
TASKS_PER_SERVICE = Limit("tasks of a service", 5000, ECS_QUOTAS, adjustable=True)
ECS_NAME_CHARACTERS = Limit(
    "characters of the name of a cluster, a service or a task family",
    255,
    f"{_AWS}/AmazonECS/latest/APIReference/API_CreateService.html",
)
SCALING_POLICY_NAME_CHARACTERS = Limit(
    "characters of a scaling policy's name",
    256,
    f"{_AWS}/autoscaling/application/APIReference/API_PutScalingPolicy.html",
)
REPOSITORY_NAME_CHARACTERS = Limit(
    "characters of a repository's name",
    256,
    f"{_AWS}/AmazonECR/latest/APIReference/API_CreateRepository.html",
)

# Data
BUCKET_NAME_CHARACTERS = Limit(
    "characters of a bucket's name", 63, f"{_AWS}/AmazonS3/latest/userguide/bucketnamingrules.html"
)
BUCKET_POLICY_BYTES = Limit(
    "bytes of a bucket's policy", 20 * 1024, f"{_AWS}/AmazonS3/latest/userguide/add-bucket-policy.html"
)
DATABASE_NAME_CHARACTERS = Limit(
    "characters of a DB instance's identifier",
    63,
    f"{_AWS}/AmazonRDS/latest/APIReference/API_CreateDBInstance.html",
)
SUBNET_GROUP_NAME_CHARACTERS = Limit(
    "characters of a DB subnet group's name",
    255,
    f"{_AWS}/AmazonRDS/latest/APIReference/API_CreateDBSubnetGroup.html",
)
PARAMETER_GROUP_NAME_CHARACTERS = Limit(
    "characters of a DB parameter group's name",
    255,
    f"{_AWS}/AmazonRDS/latest/APIReference/API_CreateDBParameterGroup.html",
)
KEY_POLICY_BYTES = Limit(
    "bytes of a KMS key's policy", 32 * 1024, f"{_AWS}/kms/latest/developerguide/resource-limits.html"
)
KEY_ALIAS_CHARACTERS = Limit(
    "characters of a KMS key's alias", 256, f"{_AWS}/kms/latest/APIReference/API_CreateAlias.html"
)
# The full name, including its prefix in the parameter's ARN.
PARAMETER_NAME_CHARACTERS = Limit(
    "characters of an SSM parameter's name, with the beginning of its ARN",
    1011,
    f"{_AWS}/systems-manager/latest/APIReference/API_PutParameter.html",
)
PARAMETER_CHARACTERS = Limit(
    "characters of the value of an SSM parameter of the standard tier",
    4096,
    f"{_AWS}/systems-manager/latest/userguide/parameter-store-advanced-parameters.html",
)

# Observability
LOG_GROUP_NAME_CHARACTERS = Limit(
    "characters of a log group's name",
    512,
    f"{_AWS}/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html",
)
ALARM_NAME_CHARACTERS = Limit(
    "characters of an alarm's name",
    255,
    f"{_AWS}/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html",
)
TOPIC_NAME_CHARACTERS = Limit(
    "characters of an SNS topic's name", 256, f"{_AWS}/sns/latest/api/API_CreateTopic.html"
)
EVENT_RULE_NAME_CHARACTERS = Limit(
    "characters of an EventBridge rule's name",
    64,
    f"{_AWS}/eventbridge/latest/APIReference/API_PutRule.html",
)

# Everything
TAGS_PER_RESOURCE = Limit(
    "tags of a resource",
    50,
    f"{_AWS}/tag-editor/latest/userguide/best-practices-and-strats.html",
)

# Terraform resource type → the argument that names it, and how long that may be.
NAMES: Mapping[str, tuple[str, Limit]] = {
    "aws_appautoscaling_policy": ("name", SCALING_POLICY_NAME_CHARACTERS),
    "aws_cloudformation_stack": ("name", STACK_NAME_CHARACTERS),
    "aws_cloudwatch_event_rule": ("name", EVENT_RULE_NAME_CHARACTERS),
    "aws_cloudwatch_log_group": ("name", LOG_GROUP_NAME_CHARACTERS),
    "aws_cloudwatch_metric_alarm": ("alarm_name", ALARM_NAME_CHARACTERS),
    "aws_db_instance": ("identifier", DATABASE_NAME_CHARACTERS),
    "aws_db_parameter_group": ("name", PARAMETER_GROUP_NAME_CHARACTERS),
    "aws_db_subnet_group": ("name", SUBNET_GROUP_NAME_CHARACTERS),
    "aws_ecr_repository": ("name", REPOSITORY_NAME_CHARACTERS),
    "aws_ecs_cluster": ("name", ECS_NAME_CHARACTERS),
    "aws_ecs_service": ("name", ECS_NAME_CHARACTERS),
    "aws_ecs_task_definition": ("family", ECS_NAME_CHARACTERS),
    "aws_iam_policy": ("name", POLICY_NAME_CHARACTERS),
    "aws_iam_role": ("name", ROLE_NAME_CHARACTERS),
    "aws_iam_role_policy": ("name", POLICY_NAME_CHARACTERS),
    "aws_kms_alias": ("name", KEY_ALIAS_CHARACTERS),
    "aws_lb": ("name", LOAD_BALANCER_NAME_CHARACTERS),
    "aws_lb_target_group": ("name", TARGET_GROUP_NAME_CHARACTERS),
    "aws_s3_bucket": ("bucket", BUCKET_NAME_CHARACTERS),
    "aws_security_group": ("name", SECURITY_GROUP_NAME_CHARACTERS),
    "aws_sns_topic": ("name", TOPIC_NAME_CHARACTERS),
    "aws_wafv2_web_acl": ("name", WEB_ACL_NAME_CHARACTERS),
}


def policy_characters(document: str) -> int:
    """How long a policy is to IAM, which does not count white space."""
    return len(re.sub(r"\s", "", document))


def every_limit() -> tuple[Limit, ...]:
    """All rows, in the order in which they stand here."""
    return tuple(value for value in globals().values() if isinstance(value, Limit))
