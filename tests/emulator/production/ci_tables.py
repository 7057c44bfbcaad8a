"""What the roles of CI are not asked for, or are and refuse, in the life of this environment; each with its reason."""

from __future__ import annotations

from collections.abc import Mapping

from tests.authorization.judgement import Pattern

# Terraform does without since 1.7: https://github.com/hashicorp/terraform/pull/34511
NEVER_NEEDED = (Pattern("s3:ListBucket", "example-terraform-state", "workspaces, of which there are none"),)

_CI = "mlflow-production-ci-*"
FIRST_APPLY_IS_A_PERSONS = (
    Pattern("iam:CreatePolicy", f"policy/mlflow-production/{_CI}", "CI's own policies"),
    Pattern("iam:TagPolicy", f"policy/mlflow-production/{_CI}", "CI's own policies"),
    Pattern("iam:AttachRolePolicy", f"role/{_CI}", "CI's own policies"),
    Pattern("iam:TagRole", f"role/{_CI}", "CI's own roles"),
    Pattern("iam:CreateRole", "role/mlflow-production-*", "who may assume a role is a person's to say"),
    Pattern("iam:*OpenIDConnectProvider", "oidc-provider/*", "who comes in is a person's to say"),
    Pattern("kms:CreateKey", "*", "whoever may tag any key may make it his"),
    Pattern("kms:TagResource", "key/*", "whoever may tag any key may make it his"),
    Pattern("ec2:CreateVpc", "vpc/*", "made once"),
    Pattern("ec2:CreateTags", "vpc/*", "made once"),
    Pattern("acm:RequestCertificate", "*", "made once, for a name that somebody owns"),
    Pattern("acm:AddTagsToCertificate", "certificate/*", "made once"),
    Pattern("route53:CreateHostedZone", "*", "made once"),
    Pattern("route53:ChangeTagsForResource", "hostedzone/*", "made once"),
    Pattern("route53:ChangeResourceRecordSets", "hostedzone/*", "the record that proves whose the name is"),
    Pattern(
        "rds:CreateDB*", "*", "RDS makes the password's secret with the rights of who makes the database"
    ),
    Pattern("secretsmanager:*", "secret:rds!db-*", "the password's secret"),
    Pattern(
        "secretsmanager:CreateSecret", "secret:mlflow-production-*", "made once, with a right to use the key"
    ),
    Pattern("kms:Decrypt", "key/*", "of the password's secret"),
    Pattern("kms:GenerateDataKey", "key/*", "of the password's secret"),
    Pattern("application-autoscaling:*", "scalable-target/[*]", "a target has no name, and at first no tags"),
)

DESTROY_IS_A_PERSONS = (
    Pattern("iam:DetachRolePolicy", f"role/{_CI}", "CI's own policies"),
    Pattern("iam:DeletePolicy", f"policy/mlflow-production/{_CI}", "CI's own policies"),
    Pattern("iam:ListPolicyVersions", f"policy/mlflow-production/{_CI}", "CI's own policies"),
    Pattern("iam:DeleteRole", "role/mlflow-production-*", "roles that somebody could then make anew"),
    Pattern("iam:ListInstanceProfilesForRole", "role/mlflow-production-*", "before a role is deleted"),
    Pattern("iam:DeleteOpenIDConnectProvider", "oidc-provider/*", "others come in by it too"),
    Pattern("sns:Unsubscribe", "*", "has no resource: it would reach everybody's"),
    Pattern("ecr:DeleteRepository", "repository/mlflow-production", "it holds images"),
    Pattern("ecs:DeleteCluster", "cluster/mlflow-production", "the end of the environment"),
    Pattern("ec2:DeleteVpc", "vpc/*", "the end of the environment"),
    Pattern("s3:DeleteBucket", "mlflow-production-*", "it holds data"),
    Pattern(
        "secretsmanager:DeleteSecret", "secret:mlflow-production-*", "what it encrypts is lost without it"
    ),
    Pattern("s3:DeleteObject", "mlflow-production-*", "it holds data"),
    Pattern("s3:ListBucketVersions", "mlflow-production-*", "to delete what is in it"),
    Pattern("rds:DeleteDB*", "*", "it holds data"),
    Pattern("rds:*", "snapshot:mlflow-production-*", "of the last data"),
    Pattern("route53:DeleteHostedZone", "hostedzone/*", "made once"),
    Pattern("route53:ChangeResourceRecordSets", "hostedzone/*", "the record that proves whose the name is"),
    Pattern("acm:DeleteCertificate", "certificate/*", "made once"),
    Pattern("kms:ScheduleKeyDeletion", "key/*", "data can be read with it"),
)


def _reasons(table: Mapping[str, str]) -> dict[str, str]:
    """Action → reason, of a table of reasons with lists of actions."""
    return {action: reason for reason, actions in table.items() for action in actions.split()}


_READS = {
    "NAT and IPv6, which this environment has none of": """
        ec2:DescribeAddresses ec2:DescribeAddressesAttribute ec2:DescribeEgressOnlyInternetGateways
        ec2:DescribeNatGateways""",
    "an image that the plan builds; here it is given": """
        ecr:BatchGetImage ecr:GetAuthorizationToken ecr:GetDownloadUrlForLayer""",
    "sign-in, whose rules CloudFormation makes": """
        cloudformation:DescribeStackEvents cloudformation:DescribeStacks cloudformation:GetTemplate""",
    "a hosted zone of before, which an environment looks up": "route53:GetDNSSEC",
    "a subscription whose ARN is not known yet, as long as nobody has confirmed it": "sns:ListSubscriptionsByTopic",
    "tags, which ECS otherwise tells with the rest": "ecs:ListTagsForResource",
    "needs no permission; the policy says what a plan asks": "sts:GetCallerIdentity",
}
UNNEEDED_BY_PLAN = {
    **_reasons(_READS),
    "route53:GetChange": "an apply waits by it; both roles have the same reads",
}
UNNEEDED_BY_APPLY = _reasons(
    {
        **_READS,
        "a tag that is added": """
            acm:AddTagsToCertificate application-autoscaling:TagResource kms:TagResource""",
        "a tag that is removed": """
            acm:RemoveTagsFromCertificate application-autoscaling:UntagResource cloudwatch:UntagResource
            ec2:DeleteTags ecr:UntagResource ecs:UntagResource elasticloadbalancing:RemoveTags events:UntagResource
            iam:UntagRole kms:UntagResource logs:UntagResource rds:RemoveTagsFromResource sns:UntagResource
            secretsmanager:UntagResource ssm:RemoveTagsFromResource wafv2:UntagResource""",
        "NAT and IPv6 beside IPv4: `network.nat`, `network.ip_address_type`": """
            ec2:AllocateAddress ec2:AssociateVpcCidrBlock ec2:CreateEgressOnlyInternetGateway ec2:CreateNatGateway
            ec2:DeleteEgressOnlyInternetGateway ec2:DeleteNatGateway ec2:DisassociateAddress
            ec2:DisassociateVpcCidrBlock ec2:ReleaseAddress elasticloadbalancing:SetIpAddressType""",
        "it is made in nothing, and named with what is made in something": "ec2:CreateInternetGateway",
        "another way out, and other zones: `network`": """
            ec2:ModifySubnetAttribute ec2:ModifyVpcEndpoint ec2:ReplaceRoute ec2:ReplaceRouteTableAssociation
            elasticloadbalancing:SetSubnets rds:ModifyDBSubnetGroup""",
        "other networks that are let in: `load_balancer.allowed_cidrs`": """
            ec2:ModifySecurityGroupRules elasticloadbalancing:SetSecurityGroups""",
        "a change of the load balancer's listeners: `domain`, `sign_in`": """
            elasticloadbalancing:ModifyListener elasticloadbalancing:ModifyRule
            elasticloadbalancing:ModifyTargetGroup elasticloadbalancing:SetRulePriorities""",
        "sign-in, whose rules CloudFormation makes with the role's rights": """
            cloudformation:CreateStack cloudformation:DeleteStack cloudformation:TagResource
            cloudformation:UpdateStack""",
        "asked by Elastic Load Balancing itself": "ec2:DescribeAccountAttributes ec2:GetSecurityGroupsForVpc",
        "an image that the apply builds; here it is given": """
            ecr:BatchCheckLayerAvailability ecr:CompleteLayerUpload ecr:InitiateLayerUpload ecr:PutImage
            ecr:UploadLayerPart""",
        "a change of `image.scan`": "ecr:PutImageScanningConfiguration ecr:PutImageTagMutability",
        "an environment without alarms that roll back, whose older revisions are deregistered": """
            ecs:DeregisterTaskDefinition""",
        "AWS provider 6.4 and later": "ecs:DescribeServiceDeployments ecs:ListServiceDeployments",
        "a change of the cluster: `service.exec`, Container Insights": """
            ecs:UpdateCluster ecs:UpdateClusterSettings""",
        "a change of a role's description or session": "iam:UpdateRole",
        "a change of the key: who uses it, and what it is called": """
            kms:PutKeyPolicy kms:UpdateAlias kms:UpdateKeyDescription""",
        "a change of the logs: `encryption`, `logs.retention_days`": """
            logs:AssociateKmsKey logs:DeleteRetentionPolicy logs:DisassociateKmsKey""",
        "a parameter that is taken back": "rds:ResetDBParameterGroup",
        "a change of `scaling`": "application-autoscaling:RegisterScalableTarget",
        "a change of `firewall`": "wafv2:UpdateWebACL",
    }
)
