"""What an apply changes, beyond what it reads: the environment's own resources, known by name or by tags.

IAM offers no resource to narrow a few of them by: `stacks.validations.rules_iam` says which and why.

Left out on purpose, for a person to do: deleting the VPC, the cluster and what holds data (database, buckets, keys,
repository); making keys and hosted zones, as whoever may tag any key may make it his; and whatever would make or change
the roles of CI themselves.
"""

from __future__ import annotations

from modules.ci_scope import Scope
from modules.policies import Statement

NETWORK_KINDS = (
    "egress-only-internet-gateway",
    "elastic-ip",
    "internet-gateway",
    "natgateway",
    "route-table",
    "security-group",
    "security-group-rule",
    "subnet",
    "vpc",
    "vpc-endpoint",
    "vpc-flow-log",
)
CREATE_NETWORK = (
    "ec2:AllocateAddress",
    "ec2:AuthorizeSecurityGroupEgress",
    "ec2:AuthorizeSecurityGroupIngress",
    "ec2:CreateEgressOnlyInternetGateway",
    "ec2:CreateFlowLogs",
    "ec2:CreateInternetGateway",
    "ec2:CreateNatGateway",
    "ec2:CreateRouteTable",
    "ec2:CreateSecurityGroup",
    "ec2:CreateSubnet",
    "ec2:CreateVpcEndpoint",
)
CHANGE_NETWORK = (
    "ec2:AssociateRouteTable",
    "ec2:AssociateVpcCidrBlock",
    "ec2:AttachInternetGateway",
    "ec2:CreateRoute",
    "ec2:DeleteEgressOnlyInternetGateway",
    "ec2:DeleteFlowLogs",
    "ec2:DeleteInternetGateway",
    "ec2:DeleteNatGateway",
    "ec2:DeleteRoute",
    "ec2:DeleteRouteTable",
    "ec2:DeleteSecurityGroup",
    "ec2:DeleteSubnet",
    "ec2:DeleteTags",
    "ec2:DeleteVpcEndpoints",
    "ec2:DetachInternetGateway",
    "ec2:DisassociateRouteTable",
    "ec2:DisassociateVpcCidrBlock",
    "ec2:ModifySecurityGroupRules",
    "ec2:ModifySubnetAttribute",
    "ec2:ModifyVpcAttribute",
    "ec2:ModifyVpcEndpoint",
    "ec2:ReleaseAddress",
    "ec2:ReplaceRoute",
    "ec2:ReplaceRouteTableAssociation",
    "ec2:RevokeSecurityGroupEgress",
    "ec2:RevokeSecurityGroupIngress",
)

BALANCE_LOAD = (
    "AddListenerCertificates",
    "AddTags",
    "CreateListener",
    "CreateLoadBalancer",
    "CreateRule",
    "CreateTargetGroup",
    "DeleteListener",
    "DeleteLoadBalancer",
    "DeleteRule",
    "DeleteTargetGroup",
    "ModifyListener",
    "ModifyListenerAttributes",
    "ModifyLoadBalancerAttributes",
    "ModifyRule",
    "ModifyTargetGroup",
    "ModifyTargetGroupAttributes",
    "RemoveListenerCertificates",
    "RemoveTags",
    "SetIpAddressType",
    "SetRulePriorities",
    "SetSecurityGroups",
    "SetSubnets",
)


def network(scope: Scope) -> list[Statement]:
    """Everything in EC2 is made with the environment's tags, and changed only where it has them
    (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/supported-iam-actions-tagging.html)."""
    every = scope.arns("ec2", *(f"{kind}/*" for kind in NETWORK_KINDS))
    statements = [
        Statement(
            sid="MakeTagged",
            actions=["ec2:CreateVpc", *CREATE_NETWORK],
            resources=every,
            conditions={**scope.tagging, **scope.tagged_if_at_all},
        ),
        # What is made stands in something that is there: a subnet in a VPC.
        Statement(
            sid="ChangeTagged",
            actions=[*CREATE_NETWORK, *CHANGE_NETWORK],
            resources=every,
            conditions=scope.tagged,
        ),
        Statement(
            sid="TagWhatIsMade",
            actions=["ec2:CreateTags"],
            resources=every,
            conditions={
                "StringEquals": {
                    "ec2:CreateAction": [
                        "CreateVpc",
                        *(action.removeprefix("ec2:") for action in CREATE_NETWORK),
                    ],
                    **scope.tagging["StringEquals"],
                }
            },
        ),
        Statement(sid="TagAgain", actions=["ec2:CreateTags"], resources=every, conditions=scope.tagged),
    ]
    if scope.vpc_id is not None:
        statements.append(
            Statement(
                sid="MakeGroupsInTheirVpc",
                actions=["ec2:CreateSecurityGroup"],
                resources=scope.arns("ec2", f"vpc/{scope.vpc_id}"),
            )
        )
    return statements


def edge(scope: Scope) -> list[Statement]:
    """Load balancer, certificate, names, and web ACL."""
    name = scope.name
    balancers = [
        f"{kind}/{pattern}"
        for kind in ("loadbalancer/app", "targetgroup", "listener/*", "listener-rule/*")
        for pattern in (f"{name}/*", f"{name}-*/*")
    ]
    return [
        Statement(
            sid="BalanceLoad",
            actions=[f"elasticloadbalancing:{action}" for action in BALANCE_LOAD],
            resources=scope.arns("elasticloadbalancing", *balancers),
        ),
        # What the load balancer's own calls look at (https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/
        # load-balancer-authentication-access-control.html).
        Statement(sid="LookAtTheAccount", actions=["ec2:DescribeAccountAttributes"], resources=["*"]),
        Statement(
            sid="LookAtTheVpc",
            actions=["ec2:GetSecurityGroupsForVpc"],
            resources=scope.arns("ec2", "vpc/*"),
        ),
        Statement(
            sid="RequestCertificate",
            actions=["acm:RequestCertificate"],
            resources=["*"],
            conditions=scope.tagging,
        ),
        Statement(
            sid="TagCertificate",
            actions=["acm:AddTagsToCertificate"],
            resources=scope.arns("acm", "certificate/*"),
            conditions={**scope.tagging, **scope.tagged_if_at_all},
        ),
        Statement(
            sid="ChangeCertificate",
            actions=[
                "acm:AddTagsToCertificate",
                "acm:DeleteCertificate",
                "acm:RemoveTagsFromCertificate",
                "acm:UpdateCertificateOptions",
            ],
            resources=scope.arns("acm", "certificate/*"),
            conditions=scope.tagged,
        ),
        Statement(
            sid="NameServer",
            actions=["route53:ChangeResourceRecordSets"],
            resources=[f"arn:{scope.partition}:route53:::hostedzone/*"],
        ),
        Statement(
            sid="FilterRequests",
            actions=[
                "wafv2:AssociateWebACL",
                "wafv2:CreateIPSet",
                "wafv2:CreateRegexPatternSet",
                "wafv2:CreateWebACL",
                "wafv2:DeleteIPSet",
                "wafv2:DeleteLoggingConfiguration",
                "wafv2:DeleteRegexPatternSet",
                "wafv2:DeleteWebACL",
                "wafv2:DisassociateWebACL",
                "wafv2:PutLoggingConfiguration",
                "wafv2:TagResource",
                "wafv2:UntagResource",
                "wafv2:UpdateIPSet",
                "wafv2:UpdateRegexPatternSet",
                "wafv2:UpdateWebACL",
            ],
            resources=[
                *scope.arns(
                    "wafv2",
                    *(f"regional/{kind}/{name}*/*" for kind in ("webacl", "ipset", "regexpatternset")),
                    "regional/managedruleset/*/*",
                ),
                *scope.arns("elasticloadbalancing", f"loadbalancer/app/{name}/*"),
            ],
        ),
        # With the role's own rights: CloudFormation is given no other role.
        Statement(
            sid="SignIn",
            actions=[
                "cloudformation:CreateStack",
                "cloudformation:DeleteStack",
                "cloudformation:TagResource",
                "cloudformation:UpdateStack",
            ],
            resources=scope.arns("cloudformation", f"stack/{name}-sign-in/*"),
        ),
        Statement(sid="FilterThere", actions=["elasticloadbalancing:SetWebAcl"], resources=["*"]),
    ]


def data(scope: Scope) -> list[Statement]:
    """Database, its secret, buckets, keys; none of them is deleted."""
    name = scope.name
    return [
        Statement(
            sid="ChangeDatabase",
            actions=[
                "rds:AddTagsToResource",
                "rds:CreateDBInstance",
                "rds:CreateDBParameterGroup",
                "rds:CreateDBSubnetGroup",
                "rds:DeleteDBParameterGroup",
                "rds:ModifyDBInstance",
                "rds:ModifyDBParameterGroup",
                "rds:ModifyDBSubnetGroup",
                "rds:RebootDBInstance",
                "rds:RemoveTagsFromResource",
                "rds:ResetDBParameterGroup",
            ],
            resources=scope.arns(
                "rds", f"db:{name}", f"pg:{name}*", "pg:default.*", "og:default:*", f"subgrp:{name}*"
            ),
        ),
        # RDS makes the secret of its password with the rights of who makes the instance
        # (https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-secrets-manager.html#rds-secrets-manager-permissions).
        Statement(
            sid="MakeSecrets",
            actions=[
                "secretsmanager:CreateSecret",
                "secretsmanager:PutResourcePolicy",
                "secretsmanager:TagResource",
                "secretsmanager:UntagResource",
                "secretsmanager:UpdateSecret",
            ],
            resources=scope.arns("secretsmanager", f"secret:{name}*", "secret:rds!db-*"),
        ),
        Statement(
            sid="ChangeBuckets",
            actions=[
                "s3:CreateBucket",
                "s3:DeleteBucketPolicy",
                "s3:PutBucketLogging",
                "s3:PutBucketObjectLockConfiguration",
                "s3:PutBucketOwnershipControls",
                "s3:PutBucketPolicy",
                "s3:PutBucketPublicAccessBlock",
                "s3:PutBucketTagging",
                "s3:PutBucketVersioning",
                "s3:PutEncryptionConfiguration",
                "s3:PutLifecycleConfiguration",
                "s3:PutReplicationConfiguration",
            ],
            resources=[scope.buckets],
        ),
        Statement(
            sid="ChangeKeys",
            actions=[
                "kms:EnableKeyRotation",
                "kms:PutKeyPolicy",
                "kms:TagResource",
                "kms:UntagResource",
                "kms:UpdateKeyDescription",
            ],
            resources=scope.arns("kms", "key/*"),
            conditions=scope.tagged,
        ),
        Statement(
            sid="NameKeys",
            actions=["kms:CreateAlias", "kms:DeleteAlias", "kms:UpdateAlias"],
            resources=scope.arns("kms", f"alias/{name}*", "key/*"),
            conditions=scope.tagged_if_at_all,
        ),
        # What is made with a key of ours: the service takes a grant on it.
        Statement(
            sid="LetServicesUseKeys",
            actions=["kms:CreateGrant"],
            resources=scope.arns("kms", "key/*"),
            conditions={**scope.tagged, "Bool": {"kms:GrantIsForAWSResource": "true"}},
        ),
        Statement(
            sid="EncryptSecrets",
            actions=["kms:Decrypt", "kms:GenerateDataKey"],
            resources=scope.arns("kms", "key/*"),
            conditions={**scope.tagged, "StringLike": {"kms:ViaService": "secretsmanager.*"}},
        ),
    ]


def service(scope: Scope) -> list[Statement]:
    """Image, cluster, service, its scaling, logs, alarms and published parameters."""
    name = scope.name
    return [
        Statement(
            sid="ChangeRepository",
            actions=[
                "ecr:CreateRepository",
                "ecr:DeleteLifecyclePolicy",
                "ecr:PutImageScanningConfiguration",
                "ecr:PutImageTagMutability",
                "ecr:PutLifecyclePolicy",
                "ecr:TagResource",
                "ecr:UntagResource",
            ],
            resources=scope.arns("ecr", f"repository/{name}"),
        ),
        Statement(
            sid="PushImage",
            actions=[
                "ecr:BatchCheckLayerAvailability",
                "ecr:CompleteLayerUpload",
                "ecr:InitiateLayerUpload",
                "ecr:PutImage",
                "ecr:UploadLayerPart",
            ],
            resources=scope.arns("ecr", f"repository/{name}"),
        ),
        Statement(sid="ScanImages", actions=["ecr:PutRegistryScanningConfiguration"], resources=["*"]),
        Statement(
            sid="DefineTasks",
            actions=["ecs:RegisterTaskDefinition"],
            resources=scope.arns("ecs", f"task-definition/{name}:*"),
            conditions=scope.tagging,
        ),
        Statement(sid="RetireTasks", actions=["ecs:DeregisterTaskDefinition"], resources=["*"]),
        Statement(
            sid="RunService",
            actions=[
                "ecs:CreateCluster",
                "ecs:CreateService",
                "ecs:DeleteService",
                "ecs:PutClusterCapacityProviders",
                "ecs:TagResource",
                "ecs:UntagResource",
                "ecs:UpdateCluster",
                "ecs:UpdateClusterSettings",
                "ecs:UpdateService",
            ],
            resources=scope.arns("ecs", f"cluster/{name}", f"service/{name}/*", f"task-definition/{name}:*"),
        ),
        Statement(
            sid="ScaleService",
            actions=[
                "application-autoscaling:DeleteScalingPolicy",
                "application-autoscaling:DeregisterScalableTarget",
                "application-autoscaling:PutScalingPolicy",
                "application-autoscaling:RegisterScalableTarget",
                "application-autoscaling:TagResource",
                "application-autoscaling:UntagResource",
            ],
            resources=scope.arns("application-autoscaling", "scalable-target/*"),
        ),
        Statement(
            sid="KeepLogs",
            actions=[
                "logs:AssociateKmsKey",
                "logs:CreateLogGroup",
                "logs:DeleteLogGroup",
                "logs:DeleteRetentionPolicy",
                "logs:DisassociateKmsKey",
                "logs:PutRetentionPolicy",
                "logs:TagLogGroup",
                "logs:TagResource",
                "logs:UntagResource",
            ],
            resources=scope.arns("logs", f"log-group:*{name}*"),
        ),
        # The web ACL's log: https://docs.aws.amazon.com/waf/latest/developerguide/logging-cw-logs.html
        Statement(
            sid="DeliverLogs",
            actions=[
                "logs:CreateLogDelivery",
                "logs:DeleteLogDelivery",
                "logs:DeleteResourcePolicy",
                "logs:PutResourcePolicy",
            ],
            resources=["*"],
        ),
        Statement(
            sid="Alarm",
            actions=[
                "cloudwatch:DeleteAlarms",
                "cloudwatch:PutMetricAlarm",
                "cloudwatch:TagResource",
                "cloudwatch:UntagResource",
            ],
            resources=scope.arns("cloudwatch", f"alarm:{name}*"),
        ),
        Statement(
            sid="TellOfAlarms",
            actions=[
                "sns:CreateTopic",
                "sns:DeleteTopic",
                "sns:SetTopicAttributes",
                "sns:Subscribe",
                "sns:TagResource",
                "sns:UntagResource",
            ],
            resources=scope.arns("sns", f"{name}*"),
        ),
        Statement(
            sid="ChangeSubscriptions",
            actions=["sns:SetSubscriptionAttributes", "sns:Unsubscribe"],
            resources=["*"],
        ),
        Statement(
            sid="Publish",
            actions=[
                "ssm:AddTagsToResource",
                "ssm:DeleteParameter",
                "ssm:PutParameter",
                "ssm:RemoveTagsFromResource",
            ],
            resources=scope.arns("ssm", f"parameter{scope.parameter_prefix}*"),
        ),
    ]
