"""The table `access`: the IAM roles, of the platform, of the people who use it, and of GitHub Actions."""

from __future__ import annotations

from typing import Annotated

from pydantic import Strict

from modules.access import principals
from modules.common import aws
from settings.language.setting import AWS, BOOLEAN, Section, Setting

IAM = f"{AWS}/IAM/latest/UserGuide"
GITHUB = "https://docs.github.com/en/actions/reference/security/oidc"
# Strict takes no list for a tuple: the items are strict, and the list is not.
Principals = Annotated[tuple[Annotated[str, Strict(), principals.PRINCIPAL_ARN], ...], Strict(False)]


NO_PATH = "/"


class GithubSettings(Section):
    """The repository whose GitHub Actions can plan and apply, with a separate role for each."""

    repository: Annotated[
        str,
        Setting(
            "Repository, as written in the subjects of its tokens",
            principals.GITHUB_REPOSITORY,
            f"{GITHUB}#immutable-subject-claims",
            example='"example-org/mlflow-platform"',
        ),
    ]
    branch: Annotated[
        str,
        Setting("Branch whose runs can apply", principals.GITHUB_BRANCH, GITHUB),
    ] = "main"
    environment: Annotated[
        str | None,
        Setting(
            "GitHub environment whose jobs can apply, instead of the branch; its own rules limit the "
            "branches",
            principals.GITHUB_ENVIRONMENT,
            GITHUB,
        ),
    ] = None
    oidc_provider_arn: Annotated[
        str | None,
        Setting(
            "Existing OIDC provider of the account for GitHub Actions",
            principals.GITHUB_OIDC_PROVIDER_ARN,
            f"{IAM}/id_roles_providers_create_oidc.html",
        ),
    ] = None
    create_oidc_provider: Annotated[
        bool,
        Setting(
            "Create that provider; an account can have only one",
            BOOLEAN,
            f"{IAM}/id_roles_providers_create_oidc.html",
        ),
    ] = False


class AccessSettings(Section):
    """The IAM roles."""

    iam_path: Annotated[
        str,
        Setting(
            "Path of all IAM roles and policies, if the account requires one; a change replaces them",
            principals.IAM_PATH,
            f"{IAM}/reference_identifiers.html#identifiers-friendly-names",
        ),
    ] = NO_PATH
    permissions_boundary_arn: Annotated[
        str | None,
        Setting(
            "Permissions boundary of all roles, if the account requires one",
            aws.POLICY_ARN,
            f"{IAM}/access_policies_boundaries.html",
        ),
    ] = None
    readers: Annotated[
        Principals,
        Setting(
            "Principals that can assume the role that reads artifacts in the bucket; the role is created "
            "only if there are any",
            principals.PRINCIPALS,
            f"{IAM}/reference_policies_elements_principal.html",
        ),
    ] = ()
    contributors: Annotated[
        Principals,
        Setting(
            "Principals that can assume the role that reads and writes artifacts in the bucket",
            principals.PRINCIPALS,
            f"{IAM}/reference_policies_elements_principal.html",
        ),
    ] = ()
    admins: Annotated[
        Principals,
        Setting(
            "Principals that can assume the role that operates the service: reads logs, opens a shell, "
            "scales",
            principals.PRINCIPALS,
            f"{IAM}/reference_policies_elements_principal.html",
        ),
    ] = ()
    require_mfa: Annotated[
        bool,
        Setting(
            "Require multi-factor authentication for these roles",
            BOOLEAN,
            f"{IAM}/id_credentials_mfa_configure-api-require.html",
        ),
    ] = False
    external_id: Annotated[
        str | None,
        Setting(
            "External id required to assume these roles, for principals of another company",
            principals.EXTERNAL_ID,
            f"{IAM}/confused-deputy.html",
        ),
    ] = None
    github: GithubSettings | None = None
