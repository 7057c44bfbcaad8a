"""What checkov and parliament say of the synthesized Terraform, and why it stays.

docs/policy.md is made of these lists. tests/policy fails on a finding that is not listed, and on an entry for which
nothing is found any more.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Accepted:
    """A finding that stays.

    Attributes:
        check: the analyser's own name of the check.
        wants: what the check asks for.
        on: the names of the resources it is found on; of an IAM finding, the actions, or what else it tells.
        why: what a reviewer has to know.
    """

    check: str
    wants: str
    on: tuple[str, ...]
    why: str


PLAIN = "A certificate needs a domain, which a trial has not. `[domain]` brings HTTPS."
GONE = "It is for nothing that anyone would miss, and has to be gone after `destroy`."
PRICE = "It costs by the hour or by the gigabyte, and a trial looks at the server, not at its history."
KEYS = "A key costs each month, also after `destroy` until it is deleted; AWS's own keys encrypt everything."

# In production, and where the demo has the same also there.
CHECKOV: tuple[Accepted, ...] = (
    Accepted(
        "CKV_AWS_394",
        "availability zones pinned by id",
        ("account",),
        "The first zones are taken by name, in order: one that AWS adds sorts after them. `network.availability_zones` "
        "pins them.",
    ),
    Accepted(
        "CKV2_AWS_34",
        "encrypted SSM parameters",
        ("claim", "outputs"),
        "They publish names, addresses and where the state is, none of it secret; encrypted, each reader would "
        "need rights on a KMS key as well.",
    ),
    Accepted(
        "CKV2_AWS_62",
        "event notifications of buckets",
        ("artifact_store", "log_bucket"),
        "Nothing in the platform waits for an object: a notification without a receiver is noise.",
    ),
    Accepted(
        "CKV_AWS_144",
        "buckets replicated to another region",
        ("artifact_store", "log_bucket"),
        "Artifacts are copied where `[artifact_store.replica]` names a bucket: a second copy, "
        "its region and its price are the team's choice. Logs are for looking back, and expire.",
    ),
    Accepted(
        "CKV_AWS_145",
        "buckets encrypted with a KMS key",
        ("log_bucket",),
        "Load balancers write access logs to a bucket with S3's own keys only.",
    ),
    Accepted(
        "CKV_AWS_161",
        "IAM authentication for the database",
        ("database",),
        "`database.iam_database_authentication_enabled` switches it on for people. The server reads the current "
        "password from Secrets Manager at each connection, and RDS rotates it: a stolen one ends with the next rotation.",
    ),
    Accepted(
        "CKV_AWS_163",
        "each image scanned on push",
        ("repository",),
        "With `image.scan = \"registry\"` the account's own scanning configuration decides, and the repository's has no "
        "effect.",
    ),
    Accepted(
        "CKV_AWS_223",
        "a log of ECS Exec sessions",
        ("service",),
        "There are no sessions: `service.enable_execute_command` is off. With it on, production keeps the log, encrypted.",
    ),
    Accepted(
        "CKV2_AWS_38",
        "DNSSEC of hosted zones",
        ("hosted_zone",),
        "The domain above has to sign it too, which no plan of ours can do: half of it takes the name off the net.",
    ),
    Accepted(
        "CKV2_AWS_39",
        "query logs of hosted zones",
        ("hosted_zone",),
        "They tell which resolvers asked for one public name; the load balancer's and the firewall's logs tell who came.",
    ),
    Accepted(
        "CKV2_AWS_57",
        "secrets that rotate by themselves",
        ("admin_password", "server_keys"),
        "With another key, MLflow can no longer read the webhooks' secrets that it encrypted with the one before; the first "
        "user's password changes when a person changes it.",
    ),
)

# Besides those, what the demo gives up to be cheap, open, and gone after `destroy`.
CHECKOV_DEMO: tuple[Accepted, ...] = (
    Accepted("CKV_AWS_2", "HTTPS", ("load_balancer_http",), PLAIN),
    Accepted("CKV_AWS_103", "TLS 1.2", ("load_balancer_http",), PLAIN),
    Accepted("CKV_AWS_378", "HTTPS behind the load balancer", ("load_balancer",), PLAIN),
    Accepted("CKV2_AWS_20", "a redirect to HTTPS", ("load_balancer",), PLAIN),
    Accepted(
        "CKV_AWS_260",
        "port 80 closed to the internet",
        ("load_balancer_from_0_0_0_0_0_on_80",),
        "Whoever tries it comes from an address that nobody knows before. `load_balancer.allowed_cidrs` narrows it.",
    ),
    Accepted(
        "CKV2_AWS_28",
        "a web application firewall",
        ("load_balancer",),
        "It costs more in a month than the rest of the demo's edge; `firewall` has the settings.",
    ),
    Accepted(
        "CKV_AWS_333",
        "tasks without public addresses",
        ("service",),
        "A public address is the way out to ECR and S3 that costs nothing; nobody comes in by it but the load balancer.",
    ),
    Accepted("CKV2_AWS_11", "VPC flow logs", ("network",), PRICE),
    Accepted("CKV_AWS_91", "access logs of the load balancer", ("load_balancer",), PRICE),
    Accepted("CKV_AWS_18", "access logs of buckets", ("artifact_store",), PRICE),
    Accepted("CKV_AWS_145", "buckets encrypted with a KMS key", ("artifact_store",), KEYS),
    Accepted("CKV_AWS_136", "images encrypted with a KMS key", ("repository",), KEYS),
    Accepted("CKV_AWS_158", "logs encrypted with a KMS key", ("service",), KEYS),
    Accepted("CKV_AWS_149", "secrets encrypted with a KMS key", ("admin_password", "server_keys"), KEYS),
    Accepted("CKV_AWS_133", "backups of the database", ("database",), GONE),
    Accepted("CKV_AWS_293", "a database protected from deletion", ("database",), GONE),
    Accepted("CKV_AWS_150", "a load balancer protected from deletion", ("load_balancer",), GONE),
    Accepted("CKV_AWS_338", "logs kept for a year", ("service",), GONE),
    Accepted("CKV_AWS_157", "a standby of the database", ("database",), PRICE),
    Accepted("CKV_AWS_353", "Performance Insights", ("database",), PRICE),
    Accepted("CKV_AWS_118", "enhanced monitoring of the database", ("database",), PRICE),
    Accepted("CKV_AWS_129", "exported logs of the database", ("database",), PRICE),
    Accepted("CKV2_AWS_30", "query logs of the database", ("database",), PRICE),
    Accepted("CKV_AWS_65", "Container Insights", ("service",), PRICE),
)

# Of IAM policies, each profile's.
PARLIAMENT: tuple[Accepted, ...] = (
    Accepted(
        "RESOURCE_POLICY_PRIVILEGE_ESCALATION",
        "no right to set a bucket's policy or lifecycle without the rights these can give",
        ("s3:PutBucketPolicy", "s3:PutLifecycleConfiguration"),
        "An apply sets policies and lifecycles of the platform's own buckets: that is what it is for. Public access is "
        "blocked, versions are kept, and only merged changes are applied.",
    ),
    Accepted(
        "RESOURCE_STAR",
        "a resource",
        ("ecs:ListTasks",),
        "On Fargate there is no container instance to name; the cluster is a condition, as in AWS's own example.",
    ),
    Accepted(
        "RESOURCE_MISMATCH",
        "any resource",
        ("'logs:DescribeLogGroups'",),
        "The log groups of one region and account, which is narrower than any.",
    ),
    Accepted(
        "RESOURCE_MISMATCH",
        "everything that a request is about in one statement",
        ("'ec2:CreateSubnet'", "'ec2:CreateNatGateway'"),
        "What is made has the tags that the request gives, what it is made in has them already: two statements, or a "
        "request with the right tags would reach what has none.",
    ),
    Accepted(
        "RESOURCE_MISMATCH",
        "Network Load Balancers, too",
        ("'elasticloadbalancing:CreateRule'",),
        "The load balancer is an Application Load Balancer, and so are its listeners and rules.",
    ),
    Accepted(
        "UNKNOWN_ACTION",
        "actions that it knows",
        (
            "elasticloadbalancing:CreateWebACLAssociation",
            "elasticloadbalancing:DeleteWebACLAssociation",
            "elasticloadbalancing:GetLoadBalancerWebACL",
        ),
        "Its list is older than these, which WAF's calls need today.",
    ),
    Accepted(
        "RESOURCE_MISMATCH",
        "an alias where a right is on aliases",
        ("'kms:CreateAlias'",),
        "It is a key's policy, and KMS asks the key's as well as the alias's whoever names a key.",
    ),
    Accepted(
        "UNKNOWN_FEDERATION_SOURCE",
        "a federation source that it knows",
        ("token.actions.githubusercontent.com",),
        "It knows a few public ones; GitHub's is an OIDC provider of the account.",
    ),
    Accepted(
        "UNKNOWN_CONDITION_FOR_ACTION",
        "condition keys that it knows of the action",
        (
            "token.actions.githubusercontent.com:aud",
            "token.actions.githubusercontent.com:sub",
            "kms:EncryptionContext:aws:logs:arn",
        ),
        "An OIDC provider's keys are its issuer's name and the claim's. The key's statement for logs is AWS's own "
        "example, in which DescribeKey has no encryption context.",
    ),
    Accepted(
        "MISMATCHED_TYPE",
        "text operators for text",
        ("ArnLike requires a value of type Arn",),
        "The encryption context is a text that holds an ARN; AWS's own example compares it so.",
    ),
    Accepted(
        "MISMATCHED_TYPE_BUT_USABLE",
        "ARN operators for ARNs",
        ("StringNotEquals requires a value of type String but given Arn",),
        "A key's ARN has no wildcards: compared as a text it is the same or another.",
    ),
)
