"""What belongs to one environment, as IAM tells it apart: by name, by tag, by id."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Scope:
    """One environment in its account.

    Attributes:
        partition, region, account_id: where it is.
        name: what the names of its resources begin with.
        parameter_prefix: what its SSM parameters' names begin with.
        tags: those of everything it has, which nothing else has all of.
        vpc_id: of another team's VPC that it stands in; None where it has its own.
        permissions_boundary_arn: on each of its roles; None where there is none.
    """

    partition: str
    region: str
    account_id: str
    name: str
    parameter_prefix: str
    tags: Mapping[str, str]
    vpc_id: str | None = None
    permissions_boundary_arn: str | None = None

    def arn(self, service: str, resource: str) -> str:
        """Of a resource in the region."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account_id}:{resource}"

    def arns(self, service: str, *resources: str) -> list[str]:
        return [self.arn(service, resource) for resource in resources]

    def iam(self, resource: str) -> str:
        """Of something of IAM, which has no region."""
        return f"arn:{self.partition}:iam::{self.account_id}:{resource}"

    @property
    def buckets(self) -> str:
        return f"arn:{self.partition}:s3:::{self.name}-*"

    @property
    def tagged(self) -> dict[str, dict[str, Any]]:
        """The condition that a resource is the environment's
        (https://docs.aws.amazon.com/IAM/latest/UserGuide/access_iam-tags.html)."""
        return {"StringEquals": {f"aws:ResourceTag/{key}": value for key, value in self.tags.items()}}

    @property
    def tagged_if_at_all(self) -> dict[str, dict[str, Any]]:
        """That it is not another's, in a statement that is also about what has no tags, or not yet."""
        return {"StringEqualsIfExists": self.tagged["StringEquals"]}

    @property
    def tagging(self) -> dict[str, dict[str, Any]]:
        """The condition that what is made becomes the environment's."""
        return {"StringEquals": {f"aws:RequestTag/{key}": value for key, value in self.tags.items()}}
