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
    """The repository whose GitHub Actions may plan and apply, each by a role of its own."""

    repository: Annotated[
        str,
        Setting(
            "The repository, written as the subjects of its tokens have it",
            principals.GITHUB_REPOSITORY,
            f"{GITHUB}#immutable-subject-claims",
            example='"example-org/mlflow-platform"',
        ),
    ]
    branch: Annotated[
        str,
        Setting("The branch whose runs may apply", principals.GITHUB_BRANCH, GITHUB),
    ] = "main"
    environment: Annotated[
        str | None,
        Setting(
            "The GitHub environment whose jobs may apply, in place of the branch: its own rules say which branches",
            principals.GITHUB_ENVIRONMENT,
            GITHUB,
        ),
    ] = None
    oidc_provider_arn: Annotated[
        str | None,
        Setting(
            "The account's OIDC provider for GitHub Actions, where there is one",
            principals.GITHUB_OIDC_PROVIDER_ARN,
            f"{IAM}/id_roles_providers_create_oidc.html",
        ),
    ] = None
    create_oidc_provider: Annotated[
        bool,
        Setting(
            "This environment makes that provider; an account can have one only",
            BOOLEAN,
            f"{IAM}/id_roles_providers_create_oidc.html",
        ),
    ] = False


class AccessSettings(Section):
    """The IAM roles."""

    iam_path: Annotated[
        str,
        Setting(
            "The path of all roles and policies, where an account asks for one; a change makes new ones",
            principals.IAM_PATH,
            f"{IAM}/reference_identifiers.html#identifiers-friendly-names",
        ),
    ] = NO_PATH
    permissions_boundary_arn: Annotated[
        str | None,
        Setting(
            "The policy that bounds what the roles may do, where an account asks for one",
            aws.POLICY_ARN,
            f"{IAM}/access_policies_boundaries.html",
        ),
    ] = None
    readers: Annotated[
        Principals,
        Setting(
            "Who may assume the role that reads artifacts in the bucket; with nobody there is no such role",
            principals.PRINCIPALS,
            f"{IAM}/reference_policies_elements_principal.html",
        ),
    ] = ()
    contributors: Annotated[
        Principals,
        Setting(
            "Who may assume the role that reads and writes artifacts in the bucket",
            principals.PRINCIPALS,
            f"{IAM}/reference_policies_elements_principal.html",
        ),
    ] = ()
    admins: Annotated[
        Principals,
        Setting(
            "Who may assume the role that operates the service: reads logs, opens a shell, scales",
            principals.PRINCIPALS,
            f"{IAM}/reference_policies_elements_principal.html",
        ),
    ] = ()
    require_mfa: Annotated[
        bool,
        Setting(
            "These roles are assumed with multi-factor authentication only",
            BOOLEAN,
            f"{IAM}/id_credentials_mfa_configure-api-require.html",
        ),
    ] = False
    external_id: Annotated[
        str | None,
        Setting(
            "The external id that assuming these roles takes, for principals of another company",
            principals.EXTERNAL_ID,
            f"{IAM}/confused-deputy.html",
        ),
    ] = None
    github: GithubSettings | None = None
