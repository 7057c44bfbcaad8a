"""Each role of a stack has the account's permissions boundary."""

from __future__ import annotations

import pytest
from cdktf_cdktf_provider_aws.iam_role import IamRole
from constructs import Construct

from stacks.base import AppStack
from stacks.finishing.permissions_boundary import set_permissions_boundary
from tests.synthesis import resource, synthesize

BOUNDARY = "arn:aws:iam::123456789012:policy/team/boundary"


@pytest.mark.parametrize("boundary", [BOUNDARY, None])
def test_every_role_is_bounded_wherever_it_is(boundary: str | None) -> None:
    def build(stack: AppStack) -> None:
        IamRole(stack, "one", assume_role_policy="{}")
        IamRole(Construct(Construct(stack, "service"), "task"), "resource", assume_role_policy="{}")
        set_permissions_boundary(stack, boundary)

    synthesized = synthesize(build)

    for address in ("aws_iam_role.one", "aws_iam_role.service_task"):
        assert resource(synthesized, address).get("permissions_boundary") == boundary
