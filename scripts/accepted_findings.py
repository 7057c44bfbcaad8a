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


# In each profile, production included.
CHECKOV: tuple[Accepted, ...] = (
    Accepted(
        "CKV_AWS_378",
        "HTTPS between load balancer and tasks",
        ("load_balancer",),
        "The tasks take plain HTTP from the load balancer's security group only, within the VPC, whose traffic AWS encrypts "
        "between current instances; a certificate in the task would be one that nobody verifies: a load balancer does not.",
    ),
    Accepted(
        "CKV_AWS_394",
        "availability zones pinned by id",
        ("account",),
        "The first zones are taken by name, in order; one that AWS adds sorts after them. network.availability_zones pins "
        "them.",
    ),
    Accepted(
        "CKV2_AWS_34",
        "encrypted SSM parameters",
        ("outputs",),
        "They publish names and addresses for other teams to read, none of them secret; encrypted, each reader would need "
        "rights on a KMS key as well.",
    ),
    Accepted(
        "CKV2_AWS_62",
        "event notifications of buckets",
        ("artifact_store",),
        "Nothing in the platform waits for an object; a notification without a receiver is noise.",
    ),
    Accepted(
        "CKV_AWS_161",
        "IAM authentication for the database",
        ("database",),
        "The server reads the current password from Secrets Manager at each connection, RDS rotates it, and one IAM role "
        "may read it: a stolen password ends with the next rotation.",
    ),
    Accepted(
        "CKV_AWS_144",
        "buckets replicated to another region",
        ("artifact_store",),
        "Replication doubles the cost of storage and takes a second region's bucket; versions and a retention guard "
        "against mistakes, S3's eleven nines against loss.",
    ),
)

# Besides those, what the demo gives up to be cheap, open, and gone after `destroy`.
CHECKOV_DEMO: tuple[Accepted, ...] = ()

# Of IAM policies, each profile's.
PARLIAMENT: tuple[Accepted, ...] = (
    Accepted(
        "RESOURCE_POLICY_PRIVILEGE_ESCALATION",
        "no s3:PutBucketPolicy or s3:PutLifecycleConfiguration without the rights these can give",
        ("s3:PutBucketPolicy", "s3:PutLifecycleConfiguration"),
        "An apply sets the policies and the lifecycles of the platform's own buckets: that is what it is for. They stay in "
        "the account (public access is blocked), versions are kept, and only merged changes are applied.",
    ),
    Accepted(
        "RESOURCE_STAR",
        "a resource for ecs:ListTasks",
        ("ecs:ListTasks",),
        "On Fargate there is no container instance to name; the cluster is a condition, as in AWS's own example.",
    ),
    Accepted(
        "UNKNOWN_FEDERATION_SOURCE",
        "a federation source that it knows",
        ("token.actions.githubusercontent.com",),
        "It knows a few public ones; GitHub's is an OIDC provider of the account.",
    ),
    Accepted(
        "UNKNOWN_CONDITION_FOR_ACTION",
        "condition keys that it knows",
        ("token.actions.githubusercontent.com:aud", "token.actions.githubusercontent.com:sub"),
        "The keys of an OIDC provider are its issuer's name and the claim's.",
    ),
)
