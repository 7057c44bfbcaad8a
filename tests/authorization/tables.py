"""Where the name of an operation is not that of its action, and where AWS's ARNs have parts that the parameters name.

The rule is in `translation`; here is what differs from it, each with the page that says so.
"""

from __future__ import annotations

from collections.abc import Mapping

# What a request is signed for → what its actions begin with.
# https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
PREFIXES: Mapping[str, str] = {"monitoring": "cloudwatch", "tagging": "tag"}

# Needs no permission: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
FREE = frozenset({"sts:GetCallerIdentity"})

# Operation → actions: https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
ACTIONS: Mapping[str, tuple[str, ...]] = {
    "s3:DeleteBucketEncryption": ("s3:PutEncryptionConfiguration",),
    "s3:DeleteBucketLifecycle": ("s3:PutLifecycleConfiguration",),
    "s3:DeleteBucketOwnershipControls": ("s3:PutBucketOwnershipControls",),
    "s3:DeleteBucketReplication": ("s3:PutReplicationConfiguration",),
    "s3:DeleteBucketTagging": ("s3:PutBucketTagging",),
    "s3:DeleteObjects": ("s3:DeleteObject",),
    "s3:DeletePublicAccessBlock": ("s3:PutBucketPublicAccessBlock",),
    "s3:GetBucketAccelerateConfiguration": ("s3:GetAccelerateConfiguration",),
    "s3:GetBucketEncryption": ("s3:GetEncryptionConfiguration",),
    "s3:GetBucketLifecycleConfiguration": ("s3:GetLifecycleConfiguration",),
    "s3:GetBucketReplication": ("s3:GetReplicationConfiguration",),
    "s3:GetObjectLockConfiguration": ("s3:GetBucketObjectLockConfiguration",),
    "s3:GetPublicAccessBlock": ("s3:GetBucketPublicAccessBlock",),
    "s3:HeadBucket": ("s3:ListBucket",),
    "s3:HeadObject": ("s3:GetObject",),
    "s3:ListObjectVersions": ("s3:ListBucketVersions",),
    "s3:ListObjects": ("s3:ListBucket",),
    "s3:ListObjectsV2": ("s3:ListBucket",),
    "s3:PutBucketEncryption": ("s3:PutEncryptionConfiguration",),
    "s3:PutBucketLifecycleConfiguration": ("s3:PutLifecycleConfiguration",),
    "s3:PutBucketReplication": ("s3:PutReplicationConfiguration",),
    "s3:PutObjectLockConfiguration": ("s3:PutBucketObjectLockConfiguration",),
    "s3:PutPublicAccessBlock": ("s3:PutBucketPublicAccessBlock",),
}

# Kinds that an action can be about elsewhere, and the platform has none of.
FOREIGN_TYPES = frozenset(
    {
        ("elasticloadbalancing", "loadbalancer"),
        ("elasticloadbalancing", "loadbalancer/gwy/"),
        ("elasticloadbalancing", "listener/gwy"),
        ("elasticloadbalancing", "loadbalancer/net/"),
        ("elasticloadbalancing", "listener/net"),
        ("elasticloadbalancing", "listener-rule/net"),
        ("events", "rule-on-custom-event-bus"),
        ("s3", "accesspointobject"),
    }
)

# Judged on all of a kind, whatever is asked for by name: https://github.com/mattclay/aws-terminator/pull/63
ALL_OF_A_KIND = frozenset({"cloudwatch:DescribeAlarms"})

# Kinds that the request does not name: the web ACL that a load balancer has is known to AWS alone, and is read by a
# request of its own.
NOT_TOLD = frozenset({("wafv2:GetWebACLForResource", "webacl")})

# Part of an ARN → the parameters that say it, for each service; all in lower case but the part.
NAMES: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("acm", "CertificateId"): (),
    ("cloudformation", "StackName"): ("stackname",),
    ("cloudwatch", "AlarmName"): ("alarmname", "alarmnames"),
    ("ecr", "RepositoryName"): ("repositoryname", "repositorynames"),
    ("ecs", "ClusterName"): ("cluster", "clusters", "clustername"),
    ("ecs", "TaskDefinitionFamilyName"): ("family",),
    ("ecs", "ServiceName"): ("service", "services", "servicename"),
    ("elasticloadbalancing", "LoadBalancerName"): ("name",),
    ("elasticloadbalancing", "TargetGroupName"): ("name",),
    ("events", "RuleName"): ("name", "rule"),
    ("iam", "PolicyNameWithPath"): ("policyname",),
    ("iam", "OidcProviderName"): ("url",),
    ("iam", "RoleNameWithPath"): ("rolename",),
    ("kms", "Alias"): ("aliasname",),
    ("kms", "KeyId"): ("keyid", "targetkeyid"),
    ("logs", "LogGroupName"): ("loggroupname",),
    ("rds", "DbInstanceName"): ("dbinstanceidentifier",),
    ("rds", "ParameterGroupName"): ("dbparametergroupname",),
    ("rds", "SnapshotName"): ("dbsnapshotidentifier", "finaldbsnapshotidentifier"),
    ("rds", "SubnetGroupName"): ("dbsubnetgroupname",),
    ("route53", "Id"): ("id", "hostedzoneid", "resourceid"),
    ("s3", "BucketName"): ("bucket",),
    ("s3", "ObjectName"): ("key",),
    ("secretsmanager", "SecretId"): ("name", "secretid"),
    ("sns", "TopicName"): ("name",),
    ("ssm", "ParameterNameWithoutLeadingSlash"): ("name", "names", "resourceid"),
    ("wafv2", "Id"): ("id",),
    ("wafv2", "Name"): ("name",),
}
# Parts that may contain a slash.
PATHS = frozenset(
    {
        "Alias",
        "LogGroupName",
        "ObjectName",
        "OidcProviderName",
        "ParameterNameWithoutLeadingSlash",
        "PolicyNameWithPath",
        "RepositoryName",
        "ResourceId",
        "RoleNameWithPath",
        "SecretId",
    }
)
# What a name begins with in a parameter, and not in the ARN.
LEADING = {"Alias": "alias/", "OidcProviderName": "https://", "ParameterNameWithoutLeadingSlash": "/"}

# Ids of EC2 begin with their kind: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/resource-ids.html
EC2_IDS: Mapping[str, str] = {
    "acl": "network-acl",
    "eigw": "egress-only-internet-gateway",
    "eipalloc": "elastic-ip",
    "eni": "network-interface",
    "fl": "vpc-flow-log",
    "igw": "internet-gateway",
    "nat": "natgateway",
    "pl": "prefix-list",
    "rtb": "route-table",
    "sg": "security-group",
    "sgr": "security-group-rule",
    "subnet": "subnet",
    "vpc": "vpc",
    "vpce": "vpc-endpoint",
}
# All web ACLs for load balancers are: https://docs.aws.amazon.com/waf/latest/APIReference/API_CreateWebACL.html
WAF_SCOPE = "regional"

# What a rule lets in or a list is narrowed by is not what is asked for.
NOT_ASKED_FOR = ("filter.", "ippermissions.")

# The action that tags what is made, where a request makes something with tags:
# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/supported-iam-actions-tagging.html,
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/supported-iam-actions-tagging.html, and the pages of the
# Service Authorization Reference.
TAG_ACTIONS: Mapping[str, str] = {
    "acm": "acm:AddTagsToCertificate",
    "application-autoscaling": "application-autoscaling:TagResource",
    "cloudformation": "cloudformation:TagResource",
    "cloudwatch": "cloudwatch:TagResource",
    "ec2": "ec2:CreateTags",
    "ecr": "ecr:TagResource",
    "ecs": "ecs:TagResource",
    "elasticloadbalancing": "elasticloadbalancing:AddTags",
    "events": "events:TagResource",
    "kms": "kms:TagResource",
    "logs": "logs:TagResource",
    "rds": "rds:AddTagsToResource",
    "secretsmanager": "secretsmanager:TagResource",
    "sns": "sns:TagResource",
    "ssm": "ssm:AddTagsToResource",
    "wafv2": "wafv2:TagResource",
}
# IAM has one for each kind: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html
IAM_TAG_ACTIONS: Mapping[str, str] = {
    "iam:CreateOpenIDConnectProvider": "iam:TagOpenIDConnectProvider",
    "iam:CreatePolicy": "iam:TagPolicy",
    "iam:CreateRole": "iam:TagRole",
}
# What is made, where the operation is not judged by it: what it is in.
MADE: Mapping[str, str] = {
    "acm:RequestCertificate": "arn:${Partition}:acm:${Region}:${Account}:certificate/*",
    "elasticloadbalancing:CreateListener": "{loadbalancerarn:loadbalancer/listener}/*",
    "elasticloadbalancing:CreateRule": "{listenerarn:listener/listener-rule}/*",
    "kms:CreateKey": "arn:${Partition}:kms:${Region}:${Account}:key/*",
}
