"""What a plan reads: for each kind of resource the IAM actions that the AWS provider refreshes it with.

No action here returns a secret's value, an artifact or a user's data: no `secretsmanager:GetSecretValue`, no
`kms:Decrypt`, no `s3:GetObject`; the state's are the stack's to grant. A kind that is missing here fails a test
(tests/unit/stacks/test_ci_roles.py).
"""

from __future__ import annotations

from collections.abc import Mapping

VPC = ("ec2:DescribeVpcs", "ec2:DescribeVpcAttribute", "ec2:DescribeNetworkAcls")
ROUTES = ("ec2:DescribeRouteTables",)
GROUPS = ("ec2:DescribeSecurityGroups", "ec2:DescribeNetworkInterfaces")
RULES = ("ec2:DescribeSecurityGroupRules",)
BUCKET = (
    "s3:GetAccelerateConfiguration",
    "s3:GetBucketAcl",
    "s3:GetBucketCORS",
    "s3:GetBucketLogging",
    "s3:GetBucketObjectLockConfiguration",
    "s3:GetBucketOwnershipControls",
    "s3:GetBucketPolicy",
    "s3:GetBucketPublicAccessBlock",
    "s3:GetBucketRequestPayment",
    "s3:GetBucketTagging",
    "s3:GetBucketVersioning",
    "s3:GetBucketWebsite",
    "s3:GetEncryptionConfiguration",
    "s3:GetLifecycleConfiguration",
    "s3:GetReplicationConfiguration",
    "s3:ListBucket",
)
LISTENERS = (
    "elasticloadbalancing:DescribeListeners",
    "elasticloadbalancing:DescribeListenerAttributes",
    "elasticloadbalancing:DescribeTags",
)
ROLE = ("iam:GetRole", "iam:ListRolePolicies", "iam:ListAttachedRolePolicies")
WEB_ACL = ("wafv2:GetWebACL", "wafv2:ListTagsForResource")
SCALING = ("application-autoscaling:DescribeScalableTargets", "application-autoscaling:ListTagsForResource")
ALARM = ("cloudwatch:DescribeAlarms", "cloudwatch:ListTagsForResource")
KEY = ("kms:DescribeKey", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "kms:ListResourceTags")

READS: Mapping[str, tuple[str, ...]] = {
    "aws_acm_certificate": ("acm:DescribeCertificate", "acm:ListTagsForCertificate"),
    "aws_acm_certificate_validation": ("acm:DescribeCertificate",),
    "aws_appautoscaling_policy": ("application-autoscaling:DescribeScalingPolicies",),
    "aws_appautoscaling_target": SCALING,
    "aws_cloudformation_stack": (
        "cloudformation:DescribeStackEvents",
        "cloudformation:DescribeStacks",
        "cloudformation:GetTemplate",
    ),
    "aws_cloudwatch_event_rule": ("events:DescribeRule", "events:ListTagsForResource"),
    "aws_cloudwatch_event_target": ("events:ListTargetsByRule",),
    "aws_cloudwatch_log_group": ("logs:DescribeLogGroups", "logs:ListTagsForResource"),
    "aws_cloudwatch_metric_alarm": ALARM,
    "aws_db_instance": ("rds:DescribeDBInstances", "rds:ListTagsForResource"),
    "aws_db_parameter_group": (
        "rds:DescribeDBParameterGroups",
        "rds:DescribeDBParameters",
        "rds:ListTagsForResource",
    ),
    "aws_db_subnet_group": ("rds:DescribeDBSubnetGroups", "rds:ListTagsForResource"),
    "aws_default_security_group": (*GROUPS, "ec2:DescribeVpcs"),
    "aws_ecr_lifecycle_policy": ("ecr:GetLifecyclePolicy",),
    "aws_ecr_repository": ("ecr:DescribeRepositories", "ecr:ListTagsForResource"),
    "aws_ecs_cluster": ("ecs:DescribeClusters", "ecs:ListTagsForResource"),
    "aws_ecs_cluster_capacity_providers": ("ecs:DescribeClusters",),
    "aws_ecs_service": ("ecs:DescribeServices", "ecs:ListTagsForResource"),
    "aws_ecs_task_definition": ("ecs:DescribeTaskDefinition", "ecs:ListTagsForResource"),
    "aws_egress_only_internet_gateway": ("ec2:DescribeEgressOnlyInternetGateways",),
    "aws_eip": ("ec2:DescribeAddresses", "ec2:DescribeAddressesAttribute"),
    "aws_flow_log": ("ec2:DescribeFlowLogs",),
    "aws_iam_openid_connect_provider": ("iam:GetOpenIDConnectProvider",),
    "aws_iam_policy": ("iam:GetPolicy", "iam:GetPolicyVersion"),
    "aws_iam_role": ROLE,
    "aws_iam_role_policy": ("iam:GetRolePolicy",),
    "aws_iam_role_policy_attachment": ("iam:ListAttachedRolePolicies",),
    "aws_internet_gateway": ("ec2:DescribeInternetGateways",),
    "aws_kms_alias": ("kms:ListAliases",),
    "aws_kms_key": KEY,
    "aws_lb": (
        "elasticloadbalancing:DescribeLoadBalancers",
        "elasticloadbalancing:DescribeLoadBalancerAttributes",
        "elasticloadbalancing:DescribeCapacityReservation",
        "elasticloadbalancing:DescribeTags",
    ),
    "aws_lb_listener": LISTENERS,
    "aws_lb_listener_rule": ("elasticloadbalancing:DescribeRules", "elasticloadbalancing:DescribeTags"),
    "aws_lb_target_group": (
        "elasticloadbalancing:DescribeTargetGroups",
        "elasticloadbalancing:DescribeTargetGroupAttributes",
        "elasticloadbalancing:DescribeTags",
    ),
    "aws_nat_gateway": ("ec2:DescribeNatGateways",),
    "aws_route": ROUTES,
    "aws_route53_record": ("route53:GetHostedZone", "route53:ListResourceRecordSets", "route53:GetChange"),
    "aws_route53_zone": ("route53:GetHostedZone", "route53:ListTagsForResource", "route53:GetDNSSEC"),
    "aws_route_table": ROUTES,
    "aws_route_table_association": ROUTES,
    "aws_s3_bucket": BUCKET,
    "aws_s3_bucket_lifecycle_configuration": BUCKET,
    "aws_s3_bucket_logging": BUCKET,
    "aws_s3_bucket_object_lock_configuration": BUCKET,
    "aws_s3_bucket_ownership_controls": BUCKET,
    "aws_s3_bucket_policy": BUCKET,
    "aws_s3_bucket_public_access_block": BUCKET,
    "aws_s3_bucket_replication_configuration": BUCKET,
    "aws_s3_bucket_server_side_encryption_configuration": BUCKET,
    "aws_s3_bucket_versioning": BUCKET,
    "aws_security_group": GROUPS,
    "aws_sns_topic": ("sns:GetTopicAttributes", "sns:ListTagsForResource"),
    "aws_sns_topic_policy": ("sns:GetTopicAttributes",),
    "aws_sns_topic_subscription": ("sns:GetSubscriptionAttributes", "sns:ListSubscriptionsByTopic"),
    "aws_ssm_parameter": ("ssm:DescribeParameters", "ssm:GetParameter", "ssm:ListTagsForResource"),
    "aws_subnet": ("ec2:DescribeSubnets",),
    "aws_vpc": VPC,
    "aws_vpc_endpoint": ("ec2:DescribeVpcEndpoints", "ec2:DescribePrefixLists"),
    "aws_vpc_security_group_egress_rule": RULES,
    "aws_vpc_security_group_ingress_rule": RULES,
    "aws_wafv2_web_acl": WEB_ACL,
    "aws_wafv2_web_acl_association": (
        "elasticloadbalancing:GetLoadBalancerWebACL",
        "wafv2:GetWebACL",
        "wafv2:GetWebACLForResource",
    ),
    "aws_wafv2_web_acl_logging_configuration": ("wafv2:GetLoggingConfiguration",),
    "data.aws_availability_zones": ("ec2:DescribeAvailabilityZones",),
    "data.aws_caller_identity": ("sts:GetCallerIdentity",),
    "data.aws_db_instance": ("rds:DescribeDBInstances", "rds:ListTagsForResource"),
    "data.aws_ecr_authorization_token": ("ecr:GetAuthorizationToken",),
    "data.aws_partition": (),
    "data.aws_route_table": ROUTES,
    "data.aws_route_tables": ROUTES,
    # Below other names: a right of its own (stacks/identity.py).
    "data.aws_ssm_parameters_by_path": (),
    "data.aws_subnet": ("ec2:DescribeSubnets",),
    "data.aws_vpc": VPC,
    "data.aws_vpc_endpoint": ("ec2:DescribeVpcEndpoints", "ec2:DescribePrefixLists"),
    "data.aws_vpc_endpoint_service": ("ec2:DescribeVpcEndpointServices",),
    "data.terraform_remote_state": (),
    # The Docker provider asks the registry whether the tag is there.
    "docker_registry_image": ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"),
    "terraform_data": (),
}
