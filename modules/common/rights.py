"""What CI may do with one environment's resources, which IAM tells apart by whole name, by tags or by id."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from modules.common.names import Names
from modules.common.policies import Statement


@dataclass(frozen=True, kw_only=True)
class Domain:
    """The server's name, where Route 53 has it.

    Attributes:
        names: those that have a record, such as `mlflow.example.com`.
        hosted_zone_id: of the zone that has the records.
    """

    names: tuple[str, ...]
    hosted_zone_id: str


@dataclass(frozen=True, kw_only=True)
class Scope:
    """One environment in its account.

    Attributes:
        partition, region, account_id: where it is.
        names: what its resources are called.
        parameter_prefix: what its SSM parameters' names begin with, up to a slash.
        tags: those of everything it has; no other environment has all of them.
        vpc_id: of the VPC it is in.
        vpc_is_given: the VPC is another team's.
        domain: its name in Route 53; None where it has none there.
        client_secret_arn: the secret with which people sign in; None where they do not.
        permissions_boundary_arn: on each of its roles; None where there is none.
        iam_path: of its roles, and the beginning of that of its policies.
    """

    partition: str
    region: str
    account_id: str
    names: Names
    parameter_prefix: str
    tags: Mapping[str, str]
    vpc_id: str
    vpc_is_given: bool = False
    domain: Domain | None = None
    client_secret_arn: str | None = None
    permissions_boundary_arn: str | None = None
    iam_path: str = "/"

    @property
    def name(self) -> str:
        return self.names.name

    def arn(self, service: str, resource: str) -> str:
        """Of a resource in the region."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account_id}:{resource}"

    def arns(self, service: str, *resources: str) -> list[str]:
        return [self.arn(service, resource) for resource in resources]

    def iam(self, resource: str) -> str:
        """Of something of IAM, which has no region."""
        return f"arn:{self.partition}:iam::{self.account_id}:{resource}"

    def roles(self, *suffixes: str) -> list[str]:
        """The ARNs of roles by what they are for, as `names.SERVICE_ROLES` lists them."""
        return [self.iam(f"role{self.iam_path}{role}") for role in self.names.roles(*suffixes)]

    @property
    def ci_policies(self) -> str:
        """The managed policies of the roles of CI have a path of their own, which no other environment has."""
        return self.iam(f"policy{self.policy_path}*")

    @property
    def policy_path(self) -> str:
        return f"{self.iam_path}{self.name}/"

    @property
    def buckets(self) -> list[str]:
        return [f"arn:{self.partition}:s3:::{bucket}" for bucket in self.names.buckets]

    @property
    def log_groups(self) -> list[str]:
        """As tags are asked for; the other actions on log groups are judged on these ARNs with `:*`
        (https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html)."""
        return self.arns("logs", *(f"log-group:{name}" for name in self.names.log_groups))

    @property
    def tagged(self) -> dict[str, dict[str, Any]]:
        """The condition that a resource is the environment's
        (https://docs.aws.amazon.com/IAM/latest/UserGuide/access_iam-tags.html)."""
        return {"StringEquals": {f"aws:ResourceTag/{key}": value for key, value in self.tags.items()}}

    @property
    def tagging(self) -> dict[str, dict[str, Any]]:
        """The condition that what is made becomes the environment's."""
        return {"StringEquals": {f"aws:RequestTag/{key}": value for key, value in self.tags.items()}}


@dataclass(frozen=True)
class Narrowed:
    """What some reads are about.

    Attributes:
        prefix: what the actions begin with.
        resources: ARNs; none where the environment has no such thing.
        conditions: as in a `Statement`.
    """

    prefix: str
    resources: Sequence[str]
    conditions: Mapping[str, Mapping[str, Any]] | None = None


@dataclass(frozen=True, kw_only=True)
class Rights:
    """What CI needs of one concern's resources. `tests/unit/stacks/test_ci_roles.py` fails for a kind without them.

    Attributes:
        reads: kind of resource or data source → the actions that the AWS provider refreshes it with. None of them
            returns a secret's value, an artifact or a user's data: no `secretsmanager:GetSecretValue`, no
            `kms:Decrypt`, no `s3:GetObject`.
        creates: kind of resource → the actions that an apply makes it with.
        narrowed: what the reads are about, by the beginning of the action; the longest counts, and an action that
            fits none is about everything in the account
            (https://docs.aws.amazon.com/service-authorization/latest/reference/).
        changes: what an apply may do.
        by_a_person: the kinds that no apply of CI makes.
    """

    reads: Mapping[str, tuple[str, ...]]
    creates: Mapping[str, tuple[str, ...]]
    narrowed: Callable[[Scope], Sequence[Narrowed]]
    changes: Callable[[Scope], list[Statement]]
    by_a_person: tuple[str, ...] = ()
