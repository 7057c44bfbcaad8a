"""What IAM has to allow, and what is known of the account that it is asked in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

# Kind of resource, or a resource, → tag → value.
Tags = Mapping[str, Mapping[str, str]]
Context = Mapping[str, str | Sequence[str]]


@dataclass(frozen=True)
class Demand:
    """One thing that has to be allowed.

    Attributes:
        action: such as `rds:DescribeDBInstances`.
        resource: its ARN, as AWS judges it.
        context: the condition keys that the request has, each with its value or values; it has no other.
    """

    action: str
    resource: str
    context: Context = field(default_factory=dict, hash=False)

    def __str__(self) -> str:
        asked = "".join(f" {key}={value}" for key, value in sorted(self.context.items()))
        return f"{self.action} on {self.resource}{asked}"


@dataclass(frozen=True, kw_only=True)
class Account:
    """An AWS account, seen from one region.

    Attributes:
        partition, region, id: of it.
        tags: ARN, or EC2's id, → tag → value.
        boundaries: role → the ARN of its permissions boundary.
        parents: what requests name → what AWS judges instead: an association's route table and subnet, an
            alias's key, the target that scales a service.
    """

    partition: str
    region: str
    id: str
    tags: Tags = field(default_factory=dict)
    boundaries: Mapping[str, str] = field(default_factory=dict)
    parents: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def arn(self, service: str, resource: str) -> str:
        """Of a resource in the region."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.id}:{resource}"

    def iam_arn(self, resource: str) -> str:
        return f"arn:{self.partition}:iam::{self.id}:{resource}"

    def tag_keys(self, arn: str) -> dict[str, str]:
        """Condition keys for the tags of what is there; what is to be made has none."""
        tags = self.tags.get(arn) or self.tags.get(arn.rpartition("/")[2]) or {}
        return {f"aws:ResourceTag/{key}": value for key, value in tags.items()}
