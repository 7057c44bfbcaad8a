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
    Pattern("s3:DeleteObject", "mlflow-production-logs-*", "it holds data"),
    Pattern("s3:ListBucketVersions", "mlflow-production-logs-*", "to delete what is in it"),
    Pattern("rds:DeleteDB*", "*", "it holds data"),
    Pattern("rds:*", "snapshot:mlflow-production-*", "of the last data"),
    Pattern("route53:DeleteHostedZone", "hostedzone/*", "made once"),
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
    "the prefix list of a gateway endpoint, which a load balancer open to the world goes without": """
        ec2:DescribeManagedPrefixLists ec2:GetManagedPrefixListEntries""",
    "an image that the plan builds": """
        ecr:BatchGetImage ecr:GetAuthorizationToken ecr:GetDownloadUrlForLayer""",
    "sign-in, whose rules CloudFormation makes": """
        cloudformation:DescribeStackEvents cloudformation:DescribeStacks cloudformation:GetTemplate""",
    "nobody needs it, and the policy says what a plan asks": "sts:GetCallerIdentity",
}
UNNEEDED_BY_PLAN = _reasons(_READS)
UNNEEDED_BY_APPLY = _reasons(_READS)
