"""What an organization may require of each role: a permissions boundary, and a path
(https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html,
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-friendly-names)."""

from __future__ import annotations

from cdktf import TerraformStack
from cdktf_cdktf_provider_aws.iam_role import IamRole

from modules.access.settings import NO_PATH


def set_on_roles(stack: TerraformStack, *, permissions_boundary_arn: str | None, path: str) -> None:
    """Sets boundary and path of every role in the stack.

    Args:
        stack: with all its roles.
        permissions_boundary_arn: the policy; None for none.
        path: begins and ends with a slash.
    """
    for construct in stack.node.find_all():
        if isinstance(construct, IamRole):
            if permissions_boundary_arn is not None:
                construct.permissions_boundary = permissions_boundary_arn
            if path != NO_PATH:
                construct.path = path
