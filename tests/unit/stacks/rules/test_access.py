"""Rules on who may assume the roles: principals, what limits them, and GitHub Actions."""

from __future__ import annotations

import pytest

from settings.language.rules import value_at
from tests.environment_files import Load, Refuse
from tests.given.existing import BOUNDARY, THEIRS
from tests.given.github import GITHUB, IMAGE, PROVIDER
from tests.texts import DEMO, GIVEN_IMAGE, PRODUCTION

ROLE = "arn:aws:iam::111122223333:role/team/data-science"
USER = "arn:aws:iam::111122223333:user/ada"
ROOT = "arn:aws:iam::444455556666:root"
PLACE = "environments/test.toml: access."


def access(*lines: str) -> str:
    return "\n".join(["[access]", *lines, ""])


def test_roles_users_and_accounts_are_accepted(load: Load) -> None:
    settings = load(access(f'readers = ["{ROLE}", "{USER}", "{ROOT}"]')).access

    assert settings.readers == (ROLE, USER, ROOT)
    assert (settings.contributors, settings.admins) == ((), ())


def test_principals_by_a_variable(load: Load) -> None:
    assert load(MLFLOW_INFRA_ACCESS__ADMINS=f'["{ROLE}"]').access.admins == (ROLE,)


@pytest.mark.parametrize(
    ("principal", "problem", "fix"),
    [
        ("*", "more than one principal", "list each role or user"),
        ("arn:aws:iam::111122223333:role/*", "more than one principal", "list each role or user"),
        ("arn:aws:iam::111122223333:role/data-?", "more than one principal", "list each role or user"),
        ("111122223333", "an account, not an ARN", "arn:aws:iam::111122223333:root"),
        (
            "arn:aws:sts::111122223333:assumed-role/data-science/ada",
            "one session of a role",
            "arn:aws:iam::111122223333:role/data-science",
        ),
        ("arn:aws:iam::111122223333:group/staff", "A group cannot assume a role", "list the group's users"),
        ("arn:aws:iam::11112222:role/short", "not of this form", 'write it like "arn:aws:iam::'),
        ("arn:aws:s3:::bucket", "not of this form", 'write it like "arn:aws:iam::'),
        ("ada", "not of this form", 'write it like "arn:aws:iam::'),
    ],
)
def test_a_principal_is_one_that_can_assume_a_role(
    refuse: Refuse, principal: str, problem: str, fix: str
) -> None:
    report = refuse(access(f'admins = ["{ROLE}", "{principal}"]'))

    place = f'{PLACE}admins[1] = "{principal}"'
    assert report.places == [place]
    report.says(place, problem, "the ARN of a role, a user or an account's root, without wildcards", fix)


def test_a_principal_is_named_once(refuse: Refuse) -> None:
    report = refuse(access(f'readers = ["{ROLE}", "{ROOT}", "{ROLE}"]'))

    assert report.places == [f'{PLACE}readers[2] = "{ROLE}"']
    report.says(report.places[0], "It is access.readers[0] too", "each principal once", "remove this one")


def test_a_principal_is_of_the_partition(refuse: Refuse) -> None:
    report = refuse(access('readers = ["arn:aws-cn:iam::111122223333:root"]'))

    assert report.places == [f'{PLACE}readers[0] = "arn:aws-cn:iam::111122223333:root"']
    report.says(report.places[0], 'of the partition "aws-cn"', "arn:aws:iam::111122223333:root")


def test_mfa_is_asked_of_users_and_accounts(load: Load, refuse: Refuse) -> None:
    assert load(access(f'admins = ["{USER}", "{ROOT}"]', "require_mfa = true")).access.require_mfa

    report = refuse(access(f'admins = ["{USER}", "{ROLE}"]', "require_mfa = true"))

    assert report.places == [f'{PLACE}admins[1] = "{ROLE}"']
    report.says(report.places[0], "carries no sign of MFA", "users and roots", "where that role is assumed")


@pytest.mark.parametrize("line", ["require_mfa = true", 'external_id = "mlflow"'])
def test_group_limits_require_a_group(load: Load, refuse: Refuse, line: str) -> None:
    assert load(access(line, f'readers = ["{USER}"]'))

    report = refuse(access(line))

    assert report.places == [f"{PLACE}{line}"]
    report.says(report.places[0], "nobody may assume a role", "readers, contributors or admins", "list")


@pytest.mark.parametrize(
    ("line", "allowed"),
    [
        ('external_id = "x"', "2 to 1,224"),
        ('external_id = "two words"', "2 to 1,224"),
        ('github.repository = "ml-platform"', "<owner>/<name>"),
        ('github.repository = "repo:example/ml-platform"', "<owner>/<name>"),
        ('github.repository = "example/ml-platform.git/"', "<owner>/<name>"),
        ('github.repository = "example/*"', "<owner>/<name>"),
        ('github.repository = "https://github.com/example/ml-platform"', "<owner>/<name>"),
        ('github.branch = "refs/heads/main"', "without refs/heads/"),
        ('github.branch = "release/*"', "without wildcards"),
        ('github.branch = "a..b"', "one branch"),
        ('github.environment = "prod*"', "one GitHub environment"),
        ('github.environment = "prod:ref"', "one GitHub environment"),
        (
            'github.oidc_provider_arn = "arn:aws:iam::111122223333:oidc-provider/example.com"',
            "an IAM OIDC provider for GitHub Actions",
        ),
    ],
)
def test_values_that_nothing_could_be_made_of(refuse: Refuse, line: str, allowed: str) -> None:
    report = refuse(access(line))

    report.says(f"{PLACE}{line}", allowed)


@pytest.mark.parametrize(
    "repository",
    [
        "example/ml-platform",
        "example@123456/ml-platform@456789",
        "ada_example/_.x",
        "a@1/b.c@9007199254740993",
    ],
)
def test_repositories_in_both_forms(load: Load, repository: str) -> None:
    given = GITHUB.replace("example/ml-platform", repository)

    assert value_at(load(given), "access.github.repository") == repository


@pytest.mark.parametrize(
    "repository",
    [
        "example@123456/ml-platform",
        "example/ml-platform@456789",
        "example@123456/ml-platform@",
        "example@/ml-platform@",
        "example@example/ml-platform@456789",
        "example@123456/ml-platform@ml-platform",
        "example@123456/ml-platform@*",
        "example@*/ml-platform@456789",
        "example@0/ml-platform@456789",
        "example@012/ml-platform@456789",
        "example@-1/ml-platform@456789",
        "example@1.0/ml-platform@456789",
        "example@123456@1/ml-platform@456789",
        "example@١/ml-platform@456789",
    ],
)
def test_a_repository_has_both_ids_or_none(refuse: Refuse, repository: str) -> None:
    report = refuse(GITHUB.replace("example/ml-platform", repository))

    assert report.places == [f'{PLACE}github.repository = "{repository}"']
    report.says(
        report.places[0],
        "does not have both ids",
        "<owner>@<owner id>/<name>@<repository id>",
        "gh api repos/example/ml-platform --jq '.owner.id, .id'",
        'write "example/ml-platform"',
    )


def test_an_image_that_ci_builds_leaves_no_token_in_the_state(load: Load, refuse: Refuse) -> None:
    report = refuse(GITHUB.replace(IMAGE, ""))

    (place,) = report.places
    assert place == 'environments/test.toml: image.registry_credentials = "token"'
    report.says(place, "a token for ECR", '"docker_config"', "aws ecr get-login-password --region eu-west-1")
    assert load(GITHUB.replace(IMAGE, GIVEN_IMAGE.removeprefix(DEMO)))
    assert load(GITHUB).image.registry_credentials == "docker_config"


@pytest.mark.parametrize(("key", "value"), [("Application", "mlflow"), ("Environment", "test")])
def test_ci_knows_its_own_by_tags(load: Load, refuse: Refuse, key: str, value: str) -> None:
    report = refuse(f'{GITHUB}[tags]\n{key} = "shared"\n')

    assert report.places == [f'environments/test.toml: tags.{key} = "shared"']
    report.says(report.places[0], "by the tags Application and Environment", f'"{value}"', "remove it")
    assert load(f'{GITHUB}[tags]\n{key} = "{value}"\nTeam = "shared"\n')
    assert load(f'[tags]\n{key} = "shared"\n')


@pytest.mark.parametrize("branch", ["main", "release/2026-11", "feature/a_b.c+d"])
def test_branches(load: Load, branch: str) -> None:
    assert value_at(load(f'{GITHUB}github.branch = "{branch}"'), "access.github.branch") == branch


@pytest.mark.parametrize(
    "line",
    [
        'github.branch = "production"',
        'github.environment = "production"',
        f'github.oidc_provider_arn = "{PROVIDER}"',
        "github.create_oidc_provider = true",
    ],
)
def test_github_limits_require_a_repository(refuse: Refuse, line: str) -> None:
    report = refuse(access(line))

    assert report.places[0] == f"{PLACE}github.repository"
    report.says(report.places[0], "Required", "add it to [access.github]", "<owner>/<name>")


def test_github_has_a_provider(refuse: Refuse) -> None:
    report = refuse(IMAGE + access('github.repository = "example/ml-platform"'))

    assert report.places == [f"{PLACE}github.oidc_provider_arn"]
    report.says(report.places[0], "none is named", "or create_oidc_provider = true", "aws iam list")


def test_github_has_one_provider(refuse: Refuse) -> None:
    report = refuse(f"{GITHUB}github.create_oidc_provider = true")

    assert report.places == [f"{PLACE}github.create_oidc_provider = true"]
    report.says(report.places[0], "can have one only", "remove one of the two")


def test_the_provider_is_of_the_partition(refuse: Refuse) -> None:
    other = PROVIDER.replace("arn:aws:", "arn:aws-us-gov:")
    report = refuse(GITHUB.replace(PROVIDER, other))

    (place,) = report.places
    assert place.startswith(f'{PLACE}github.oidc_provider_arn = "arn:aws-us-gov:iam::')
    report.says(place, 'of the partition "aws-us-gov"', f'write "{PROVIDER}"')


def test_in_production_who_applies_is_bounded(load: Load, refuse: Refuse) -> None:
    report = refuse(GITHUB, base=PRODUCTION)

    assert report.places == [f"{PLACE}permissions_boundary_arn"]
    report.says(report.places[0], "a role with every right", "in production", "permissions_boundary_arn =")
    assert load(GITHUB).access.permissions_boundary_arn is None
    assert load(f'{GITHUB}permissions_boundary_arn = "{BOUNDARY}"', base=PRODUCTION)
    theirs = f'{THEIRS}[remote_state.outputs]\npermissions_boundary_arn = "boundary"\n'
    assert load(f"{GITHUB}{theirs}", base=PRODUCTION)


@pytest.mark.parametrize("name", ["application", "environment"])
def test_ci_needs_the_tags_that_identify_an_environment(refuse: Refuse, load: Load, name: str) -> None:
    report = refuse(f'{GITHUB}[tag_keys]\n{name} = ""\n')

    assert report.places == [f'environments/test.toml: tag_keys.{name} = ""']
    report.says(report.places[0], "know the environment's own by this tag", "your organization")
    assert load(f'{GITHUB}[tag_keys]\n{name} = "other"\n')
