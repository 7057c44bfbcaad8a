"""What CI reads and changes of the database."""

from __future__ import annotations

from collections.abc import Mapping

from modules.common.policies import Statement
from modules.common.rights import Narrowed, Rights, Scope

READS: Mapping[str, tuple[str, ...]] = {
    "aws_db_instance": ("rds:DescribeDBInstances", "rds:ListTagsForResource"),
    "aws_db_parameter_group": (
        "rds:DescribeDBParameterGroups",
        "rds:DescribeDBParameters",
        "rds:ListTagsForResource",
    ),
    "aws_db_subnet_group": ("rds:DescribeDBSubnetGroups", "rds:ListTagsForResource"),
    "data.aws_db_instance": ("rds:DescribeDBInstances", "rds:ListTagsForResource"),
}
CREATES: Mapping[str, tuple[str, ...]] = {
    "aws_db_parameter_group": ("rds:CreateDBParameterGroup", "rds:ModifyDBParameterGroup"),
}
BY_A_PERSON = ("aws_db_instance", "aws_db_subnet_group")


def changes(scope: Scope) -> list[Statement]:
    """The database is neither made nor deleted: RDS would make the secret of its password with the rights of who makes
    it, and these reach any secret of RDS."""
    own = _own(scope)
    return [
        Statement(
            sid="ChangeDatabase",
            actions=[
                "rds:AddTagsToResource",
                "rds:CreateDBParameterGroup",
                "rds:DeleteDBParameterGroup",
                "rds:ModifyDBParameterGroup",
                "rds:ModifyDBSubnetGroup",
                "rds:RemoveTagsFromResource",
                "rds:ResetDBParameterGroup",
            ],
            resources=own,
        ),
        # Which may name RDS's own groups, too.
        Statement(
            sid="ChangeInstance",
            actions=["rds:ModifyDBInstance"],
            resources=[*own, *scope.arns("rds", "pg:default.*", "og:default:*")],
        ),
    ]


def _own(scope: Scope) -> list[str]:
    names = scope.names
    return scope.arns(
        "rds", f"db:{names.database}", f"pg:{names.parameter_group}", f"subgrp:{names.subnet_group}"
    )


def narrowed(scope: Scope) -> list[Narrowed]:
    """What the reads are about, where IAM can narrow it."""
    return [
        # The provider asks for an instance by its resource id, as a filter: that is a question about all of them
        # (https://github.com/hashicorp/terraform-provider-aws/issues/35737).
        Narrowed("rds:DescribeDBInstances", scope.arns("rds", "db:*")),
        Narrowed("rds:", _own(scope)),
    ]


RIGHTS = Rights(
    reads=READS,
    creates=CREATES,
    by_a_person=BY_A_PERSON,
    narrowed=narrowed,
    changes=changes,
)
