"""One permissions boundary on each role, as an organization may require
(https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html)."""

from __future__ import annotations

from cdktf import TerraformStack
from cdktf_cdktf_provider_aws.iam_role import IamRole


def set_permissions_boundary(stack: TerraformStack, permissions_boundary_arn: str | None) -> None:
    """Sets the boundary of every role in the stack.

    Args:
        stack: with all its roles.
        permissions_boundary_arn: the policy; None for none.
    """
    if permissions_boundary_arn is None:
        return
    for construct in stack.node.find_all():
        if isinstance(construct, IamRole):
            construct.permissions_boundary = permissions_boundary_arn
