"""The role of CI that applies gives the environment's roles rights, and cannot give itself more than it has."""

from __future__ import annotations

from typing import Any

import pytest

from tests.ci_policies import BOUNDED, NAME, allowed, iam, of
from tests.given.existing import BOUNDARY
from tests.given.github import GITHUB, PROVIDER
from tests.iam.judge import Verdict, judge
from tests.rendered import Renderer
from tests.synthesis import Json, synthesize_platform
from tests.texts import DEMO


@pytest.fixture(scope="module")
def policies() -> dict[str, list[Json]]:
    return Renderer(synthesize_platform(BOUNDED)).documents("aws_iam_policy")


ROLE, OTHER = iam(f"role/{NAME}-flow-logs"), iam("role/payroll")
MONITORING = iam(f"role/{NAME}-database-monitoring")
BOUND = {"iam:PermissionsBoundary": BOUNDARY}
MAKE_ROLES = ("iam:CreateRole", "iam:DeleteRole")
GIVE_RIGHTS = ("iam:CreateRole", "iam:PutRolePolicy", "iam:DeleteRolePolicy")


@pytest.mark.parametrize("action", GIVE_RIGHTS)
def test_rights_are_given_to_bounded_roles_of_the_environment(
    policies: dict[str, list[Json]], action: str
) -> None:
    document = of("apply", policies)

    assert allowed(document, action, ROLE, **BOUND)
    assert not allowed(document, action, ROLE)
    assert not allowed(document, action, ROLE, **{"iam:PermissionsBoundary": f"{BOUNDARY}-wider"})
    assert not allowed(document, action, OTHER, **BOUND)


def test_roles_are_passed_to_the_services_they_are_for(policies: dict[str, list[Json]]) -> None:
    document = of("apply", policies)

    assert allowed(document, "iam:PassRole", ROLE, **{"iam:PassedToService": "ecs-tasks.amazonaws.com"})
    assert not allowed(document, "iam:PassRole", ROLE, **{"iam:PassedToService": "ec2.amazonaws.com"})
    assert not allowed(document, "iam:PassRole", OTHER, **{"iam:PassedToService": "ecs-tasks.amazonaws.com"})


def test_no_policy_is_attached_but_the_one_that_is_needed(policies: dict[str, list[Json]]) -> None:
    document = of("apply", policies)
    monitoring = "arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"
    administrator = "arn:aws:iam::aws:policy/AdministratorAccess"

    attach = "iam:AttachRolePolicy"
    assert allowed(document, attach, MONITORING, **BOUND, **{"iam:PolicyARN": monitoring})
    assert not allowed(document, attach, MONITORING, **BOUND, **{"iam:PolicyARN": administrator})
    assert not allowed(document, attach, ROLE, **BOUND, **{"iam:PolicyARN": monitoring})


CLOSED: list[tuple[str, str]] = [
    *((action, iam(f"role/{NAME}-ci-{role}")) for action in GIVE_RIGHTS for role in ("plan", "apply")),
    ("iam:UpdateAssumeRolePolicy", iam(f"role/{NAME}-ci-apply")),
    ("iam:UpdateAssumeRolePolicy", iam(f"role/{NAME}-ci-plan")),
    ("iam:DeleteRole", iam(f"role/{NAME}-ci-plan")),
    *(
        ("iam:UpdateAssumeRolePolicy", iam(f"role/{NAME}-{role}"))
        for role in ("task", "flow-logs", "readers")
    ),
    # Made anew, they could have another trust policy.
    *(
        (action, iam(f"role/{NAME}-{role}"))
        for action in MAKE_ROLES
        for role in ("task", "execution", "readers")
    ),
    ("iam:CreateRole", iam(f"role/{NAME}-new")),
    ("iam:CreatePolicyVersion", iam(f"policy/{NAME}/{NAME}-ci-apply-data")),
    ("iam:CreatePolicyVersion", BOUNDARY),
    ("iam:SetDefaultPolicyVersion", BOUNDARY),
    ("iam:DeleteRolePermissionsBoundary", ROLE),
    ("iam:CreatePolicy", iam(f"policy/{NAME}-new")),
    ("iam:CreateUser", iam("user/new")),
    ("iam:CreateAccessKey", iam("user/ada")),
    ("iam:CreateOpenIDConnectProvider", PROVIDER),
    ("iam:AddClientIDToOpenIDConnectProvider", PROVIDER),
]


@pytest.mark.parametrize(("action", "target"), CLOSED)
def test_the_ways_to_more_rights_are_closed(
    policies: dict[str, list[Json]], action: str, target: str
) -> None:
    passed: dict[str, Any] = {**BOUND, "iam:PassedToService": "ecs-tasks.amazonaws.com"}

    assert not allowed(of("apply", policies), action, target, **passed)


@pytest.mark.parametrize(
    ("action", "target"),
    [
        ("iam:DeleteRolePermissionsBoundary", ROLE),
        ("iam:PutRolePolicy", iam(f"role/{NAME}-ci-apply")),
        ("iam:CreatePolicyVersion", BOUNDARY),
    ],
)
def test_delegation_is_denied_whatever_else_is_allowed(
    policies: dict[str, list[Json]], action: str, target: str
) -> None:
    anything = {"Effect": "Allow", "Action": "*", "Resource": "*"}

    assert judge([*of("apply", policies), anything], action, target, BOUND) is Verdict.DENIED


def test_without_a_boundary_roles_are_made_without() -> None:
    document = of("apply", Renderer(synthesize_platform(DEMO + GITHUB)).documents("aws_iam_policy"))

    assert allowed(document, "iam:CreateRole", ROLE)
    assert not allowed(document, "iam:PutRolePolicy", iam(f"role/{NAME}-ci-apply"))
