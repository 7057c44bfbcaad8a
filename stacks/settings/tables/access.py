"""The table `access`: the IAM roles."""

from __future__ import annotations

from typing import Annotated

from stacks.settings import aws
from stacks.settings.checks import AWS, Section, Setting


class AccessSettings(Section):
    """The IAM roles."""

    permissions_boundary_arn: Annotated[
        str | None,
        Setting(
            "The policy that bounds what the roles may do, where an account asks for one",
            aws.POLICY_ARN,
            f"{AWS}/IAM/latest/UserGuide/access_policies_boundaries.html",
        ),
    ] = None
