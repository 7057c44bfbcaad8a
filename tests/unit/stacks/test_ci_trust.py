"""Which runs of GitHub Actions may assume the roles of CI."""

from __future__ import annotations

import pytest

from tests.ci_policies import BOUNDED
from tests.given.github import GITHUB, PROVIDER
from tests.given.plans import resources
from tests.synthesis import Json, resource, statements, synthesize_platform
from tests.texts import DEMO


@pytest.fixture(scope="module")
def platform() -> Json:
    return synthesize_platform(BOUNDED)


def trust(platform: Json, role: str) -> Json:
    return statements(resource(platform, f"aws_iam_role.access_ci_{role}")["assume_role_policy"])["Assume"]


def test_without_a_repository_there_is_nothing_of_github() -> None:
    synthesized = synthesize_platform(DEMO)

    assert not [address for address in resources(synthesized) if ".access_" in address]
    assert not {name for name in synthesized["output"] if "role_arn" in name} - {
        "task_role_arn",
        "task_execution_role_arn",
    }


def test_plan_role_trusts_pull_requests_and_branches(platform: Json) -> None:
    assert trust(platform, "plan") == {
        "Sid": "Assume",
        "Effect": "Allow",
        "Principal": {"Federated": PROVIDER},
        "Action": ["sts:AssumeRoleWithWebIdentity"],
        "Condition": {
            "StringEquals": {
                "token.actions.githubusercontent.com:aud": "sts.${data.aws_partition.account.dns_suffix}"
            },
            "StringLike": {
                "token.actions.githubusercontent.com:sub": [
                    "repo:example/ml-platform:pull_request",
                    "repo:example/ml-platform:ref:refs/heads/*",
                ]
            },
        },
    }


@pytest.mark.parametrize(
    ("line", "subject"),
    [
        ("", "repo:example/ml-platform:ref:refs/heads/main"),
        ('github.branch = "release/1"\n', "repo:example/ml-platform:ref:refs/heads/release/1"),
        ('github.environment = "live"\n', "repo:example/ml-platform:environment:live"),
    ],
)
def test_an_apply_is_for_one_branch_or_environment(line: str, subject: str) -> None:
    synthesized = synthesize_platform(f"{DEMO}{GITHUB}{line}")

    assert trust(synthesized, "apply")["Condition"] == {
        "StringEquals": {
            "token.actions.githubusercontent.com:aud": "sts.${data.aws_partition.account.dns_suffix}",
            "token.actions.githubusercontent.com:sub": [subject],
        }
    }


def test_subjects_with_ids_are_trusted_as_they_are_written() -> None:
    """https://docs.github.com/en/actions/reference/security/oidc#immutable-subject-claims"""
    with_ids = GITHUB.replace("example/ml-platform", "example@123456/ml-platform@456789")
    synthesized = synthesize_platform(DEMO + with_ids)

    assert trust(synthesized, "plan")["Condition"]["StringLike"] == {
        "token.actions.githubusercontent.com:sub": [
            "repo:example@123456/ml-platform@456789:pull_request",
            "repo:example@123456/ml-platform@456789:ref:refs/heads/*",
        ]
    }
    assert trust(synthesized, "apply")["Condition"]["StringEquals"][
        "token.actions.githubusercontent.com:sub"
    ] == ["repo:example@123456/ml-platform@456789:ref:refs/heads/main"]


def test_the_provider_is_made_only_when_asked_for(platform: Json) -> None:
    asked = GITHUB.replace(f'github.oidc_provider_arn = "{PROVIDER}"', "github.create_oidc_provider = true")
    synthesized = synthesize_platform(DEMO + asked)

    provider = resource(synthesized, "aws_iam_openid_connect_provider.access_github")
    assert provider["url"] == "https://token.actions.githubusercontent.com"
    assert provider["client_id_list"] == ["sts.${data.aws_partition.account.dns_suffix}"]
    made = "${aws_iam_openid_connect_provider.access_github.arn}"
    assert trust(synthesized, "plan")["Principal"] == {"Federated": made}
    assert "aws_iam_openid_connect_provider" not in platform["resource"]
