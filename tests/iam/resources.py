"""The resources that requests are about, where moto tells none: as AWS names them to IAM."""

from __future__ import annotations

from collections.abc import Callable

# Operations whose name has this word → the parameter that names one, and the beginning of its ARN's last part. The
# longer words are first.
RDS_KINDS = (
    ("DBParameter", "DBParameterGroupName", "pg"),
    ("DBSubnetGroup", "DBSubnetGroupName", "subgrp"),
    ("DBInstance", "DBInstanceIdentifier", "db"),
)


def of_rds(action: str, parameter: Callable[[str], str | None], *, prefix: str) -> str | None:
    """What a request to RDS is about: all of a kind where it names none
    (https://github.com/hashicorp/terraform-provider-aws/issues/35737); None where its kind is not known.

    Args:
        action: such as `rds:DescribeDBInstances`.
        parameter: gives a parameter of the request.
        prefix: of the ARNs, with the account: `arn:aws:rds:us-east-1:123456789012`.
    """
    if arn := parameter("ResourceName"):
        return arn
    for word, name, kind in RDS_KINDS:
        if word in action:
            return f"{prefix}:{kind}:{parameter(name) or '*'}"
    return None
