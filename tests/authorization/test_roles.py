"""The roles of CI against the Service Authorization Reference: every action exists, and so does what it depends on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.authorization.judgement import Role
from tests.authorization.reference import Reference
from tests.rendered import Renderer
from tests.synthesis import synthesize_platform

EVERYTHING = Path(__file__).parents[1] / "emulator" / "production" / "production.toml"
ROLES = ("plan", "apply")

# Beginning of an action that others depend on → why the roles go without it.
NOT_GRANTED = {
    **dict.fromkeys(
        (
            "amplify:",
            "apigateway:",
            "apprunner:",
            "appsync:",
            "cognito-idp:",
            "ec2:AssociateVerifiedAccess",
            "ec2:DisassociateVerifiedAccess",
            "ec2:GetVerifiedAccess",
        ),
        "for web ACLs of other services than Elastic Load Balancing",
    ),
    "cloudformation:ListStacks": "for a description of all stacks; the provider describes one by its name",
    "ecs:List": "for flow logs with ECS's fields, which the platform's have none of",
    "kms:Decrypt": "for a password that RDS begins to manage; it manages it from the beginning",
    "kms:GenerateDataKey": "for a password that RDS begins to manage; it manages it from the beginning",
    "rds:CreateTenantDatabase": "for Oracle",
    "secretsmanager:": "for a password that RDS begins to manage, or rotates at somebody's request",
    "wafv2:GetPermissionPolicy": "for rule groups of other accounts",
    "wafv2:PutPermissionPolicy": "for rule groups of other accounts",
}


@pytest.fixture(scope="module")
def roles() -> dict[str, Role]:
    synthesized = synthesize_platform(EVERYTHING.read_text(encoding="utf-8"), environment="production")
    policies = Renderer(synthesized).documents("aws_iam_policy", "aws_iam_role_policy")
    return {
        role: Role(
            role,
            [
                statement
                for address, statements in policies.items()
                if f".access_ci_{role}_" in address
                for statement in statements
            ],
        )
        for role in ROLES
    }


def actions_of(role: Role) -> set[str]:
    return {action for _, action in role.allowed_actions()}


@pytest.mark.parametrize("role", ROLES)
def test_every_action_exists(roles: dict[str, Role], reference: Reference, role: str) -> None:
    actions = actions_of(roles[role])

    assert len(actions) > 50
    assert sorted(action for action in actions if not reference.knows(action)) == []


@pytest.mark.parametrize("role", ROLES)
def test_dependent_actions_are_granted_or_have_a_reason(
    roles: dict[str, Role], reference: Reference, role: str
) -> None:
    granted = {action.lower() for action in actions_of(roles[role])}

    missing = {
        f"{action} needs {needed}"
        for action in actions_of(roles[role])
        for needed in reference.dependent_actions(action)
        if needed.lower() not in granted and not needed.startswith(tuple(NOT_GRANTED))
    }

    assert sorted(missing) == []


def test_every_reason_is_for_something(roles: dict[str, Role], reference: Reference) -> None:
    needed = {
        one
        for role in roles.values()
        for action in actions_of(role)
        for one in reference.dependent_actions(action)
    }

    assert [
        beginning for beginning in NOT_GRANTED if not any(one.startswith(beginning) for one in needed)
    ] == []
