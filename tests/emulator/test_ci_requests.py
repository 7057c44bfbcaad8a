"""The roles of CI against all that Terraform asked for `demo`, each request judged as AWS judges it.

After the destroy, as its requests are among them; production's is in production/test_ci_requests.py.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.authorization.demands import Account, Demand
from tests.authorization.judgement import Pattern, Role, unexpected
from tests.authorization.reference import load_or_skip
from tests.authorization.translation import Translation
from tests.emulator.conftest import Recordings
from tests.emulator.environments import STATE_BUCKET, Stage

pytestmark = pytest.mark.stage(4)

# Terraform does without since 1.7: https://github.com/hashicorp/terraform/pull/34511
NEVER_NEEDED = (Pattern("s3:ListBucket", STATE_BUCKET, "workspaces, of which there are none"),)
CI = "mlflow-demo-ci-*"
DEPLOY_IS_A_PERSONS = (
    Pattern("iam:CreatePolicy", f"policy/mlflow-demo/{CI}", "CI's own policies"),
    Pattern("iam:TagPolicy", f"policy/mlflow-demo/{CI}", "CI's own policies"),
    Pattern("iam:AttachRolePolicy", f"role/{CI}", "CI's own policies"),
    Pattern("iam:TagRole", f"role/{CI}", "CI's own roles"),
    Pattern("iam:CreateRole", "role/mlflow-demo-*", "who may assume a role is a person's to say"),
    Pattern("ec2:CreateVpc", "vpc/*", "made once"),
    Pattern("ec2:CreateTags", "vpc/*", "made once"),
    Pattern(
        "rds:CreateDB*", "*", "RDS makes the password's secret with the rights of who makes the database"
    ),
    Pattern("secretsmanager:*", "secret:rds!db-*", "the password's secret"),
    Pattern("secretsmanager:CreateSecret", "secret:mlflow-demo-*", "made once, with a right to use the key"),
)
DESTROY_IS_A_PERSONS = (
    Pattern("iam:DetachRolePolicy", f"role/{CI}", "CI's own policies"),
    Pattern("iam:DeletePolicy", f"policy/mlflow-demo/{CI}", "CI's own policies"),
    Pattern("iam:ListPolicyVersions", f"policy/mlflow-demo/{CI}", "CI's own policies"),
    Pattern("iam:DeleteRole", "role/mlflow-demo-*", "roles that somebody could then make anew"),
    Pattern("iam:ListInstanceProfilesForRole", "role/mlflow-demo-*", "before a role is deleted"),
    Pattern("ecr:DeleteRepository", "repository/mlflow-demo", "it holds images"),
    Pattern("ecs:DeleteCluster", "cluster/mlflow-demo", "the end of the environment"),
    Pattern("ec2:DeleteVpc", "vpc/*", "the end of the environment"),
    Pattern("s3:DeleteBucket", "mlflow-demo-*", "it holds data"),
    Pattern("secretsmanager:DeleteSecret", "secret:mlflow-demo-*", "what it encrypts is lost without it"),
    Pattern("rds:DeleteDB*", "*", "it holds data"),
)


@pytest.fixture(scope="module")
def demands(destroyed: Stage, known: Account, recordings: Recordings) -> Callable[[str], list[Demand]]:
    """What IAM has to allow for a stage."""
    translation = Translation(reference=load_or_skip(), account=known)
    return lambda stage: [demand for request in recordings[stage] for demand in translation.demands(request)]


@pytest.mark.parametrize(
    ("role", "stage", "expected"),
    [
        ("plan", "plan", (Pattern("s3:*Object", "*.tflock", "a plan in CI takes no lock"),)),
        ("apply", "plan", ()),
        ("apply", "apply", ()),
        ("apply", "deploy", DEPLOY_IS_A_PERSONS),
        ("apply", "destroy", DESTROY_IS_A_PERSONS),
    ],
)
def test_refused_requests_are_listed(
    demands: Callable[[str], list[Demand]],
    ci_roles: dict[str, Role],
    role: str,
    stage: str,
    expected: tuple[Pattern, ...],
) -> None:
    assert len(demands(stage)) > 5
    assert unexpected(ci_roles[role].refuses(demands(stage)), expected, tolerated=NEVER_NEEDED) == []
