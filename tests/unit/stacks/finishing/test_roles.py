"""Each role of a stack has the permissions boundary and the path that the account asks for."""

from __future__ import annotations

import pytest
from cdktf_cdktf_provider_aws.iam_role import IamRole
from constructs import Construct

from stacks.base import AppStack
from stacks.finishing.roles import set_on_roles
from tests.synthesis import resource, synthesize

BOUNDARY = "arn:aws:iam::123456789012:policy/team/boundary"


@pytest.mark.parametrize(
    ("boundary", "path", "written"), [(BOUNDARY, "/team/mlflow/", "/team/mlflow/"), (None, "/", None)]
)
def test_every_role_has_them_wherever_it_is(boundary: str | None, path: str, written: str | None) -> None:
    def build(stack: AppStack) -> None:
        IamRole(stack, "one", assume_role_policy="{}")
        IamRole(Construct(Construct(stack, "service"), "task"), "resource", assume_role_policy="{}")
        set_on_roles(stack, permissions_boundary_arn=boundary, path=path)

    synthesized = synthesize(build)

    for address in ("aws_iam_role.one", "aws_iam_role.service_task"):
        role = resource(synthesized, address)
        assert (role.get("permissions_boundary"), role.get("path")) == (boundary, written)
