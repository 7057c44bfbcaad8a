"""Who may assume a role: AWS principals by ARN, and GitHub's workflows."""

from __future__ import annotations

import re

from modules.common.aws import REGIONS
from settings.language.errors import Refusal
from settings.language.setting import Allowed, matching, refuse_token

_PARTITION = f"(?:{'|'.join(REGIONS)})"
_NAME = r"(?:[!-~]{1,510}/)?[A-Za-z0-9+=,.@_-]{1,64}"
_PRINCIPAL = re.compile(rf"arn:{_PARTITION}:iam::\d{{12}}:(?:root|(?:role|user)/{_NAME})")
_SESSION = re.compile(r"arn:(?P<partition>[a-z-]+):sts::(?P<account>\d{12}):assumed-role/(?P<role>[^/]+)/.+")
_EXAMPLE = "arn:aws:iam::111122223333:role/data-science"


def _refuse_principal(arn: str) -> Refusal | None:
    """Roles, users and whole accounts
    (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html)."""
    if "*" in arn or "?" in arn:
        problem = (
            f'"{arn}" names more than one principal: anyone whom the pattern fits could assume the role.'
        )
        fix = 'list each role or user; "arn:aws:iam::<account>:root" leaves the choice to that account.'
        return Refusal(problem, PRINCIPAL_ARN.text, fix)
    if _PRINCIPAL.fullmatch(arn):
        return refuse_token(arn, PRINCIPAL_ARN.text)
    if session := _SESSION.fullmatch(arn):
        role = "arn:{partition}:iam::{account}:role/{role}".format(**session.groupdict())
        fix = f'name the role itself, with its path if it has one, such as "{role}".'
        return Refusal(f'"{arn}" is one session of a role.', PRINCIPAL_ARN.text, fix)
    if re.fullmatch(r"\d{12}", arn):
        fix = f'write "arn:aws:iam::{arn}:root", if all that this account\'s administrators choose may.'
        return Refusal(f'"{arn}" is an account, not an ARN.', PRINCIPAL_ARN.text, fix)
    if re.search(r":iam::\d{12}:group/", arn):
        fix = "list the group's users, or let them assume a role and name that."
        return Refusal("A group cannot assume a role.", PRINCIPAL_ARN.text, fix)
    return Refusal(f'"{arn}" is not of this form.', PRINCIPAL_ARN.text, f'write it like "{_EXAMPLE}".')


PRINCIPAL_ARN = Allowed(
    "the ARN of a role, a user or an account's root, without wildcards", _refuse_principal
)
PRINCIPALS = Allowed("ARNs of roles, users or accounts' roots")

# https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html; of the other characters that IAM takes, some
# have a meaning in policies.
IAM_PATH = matching(
    r"(?=.{1,512}$)/([A-Za-z0-9_.,+=@-]+/)*",
    "/, or names of letters, digits and _ . , + = @ - with a slash before, between and behind, up to 512 characters",
    example="/platform/mlflow/",
)
# https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
EXTERNAL_ID = matching(
    r"[A-Za-z0-9_+=,.@:/-]{2,1224}",
    "2 to 1,224 letters, digits and _ + = , . @ : / -",
    example="mlflow-7f3a9c",
)
# https://docs.github.com/en/repositories/creating-and-managing-repositories/about-repositories; the owner's underscore:
# https://docs.github.com/en/enterprise-cloud@latest/admin/managing-iam/iam-configuration-reference/username-considerations-for-external-authentication
_OWNER = r"[A-Za-z0-9](?:[A-Za-z0-9_]|-(?=[A-Za-z0-9])){0,38}"
_REPOSITORY = r"(?!\.{1,2}(?:@|$))[A-Za-z0-9._-]{1,100}"
_ID = r"[1-9][0-9]{0,18}"
_BY_NAME = re.compile(rf"{_OWNER}/{_REPOSITORY}")
_BY_ID = re.compile(rf"{_OWNER}@{_ID}/{_REPOSITORY}@{_ID}")
_WITH_AT = re.compile(rf"(?P<owner>{_OWNER})(?:@[^/]*)?/(?P<name>{_REPOSITORY})(?:@.*)?")


def _refuse_repository(repository: str) -> Refusal | None:
    """As the subject of a run's token names it, with the ids or without
    (https://docs.github.com/en/actions/reference/security/oidc#immutable-subject-claims)."""
    if _BY_NAME.fullmatch(repository) or _BY_ID.fullmatch(repository):
        return None
    if parts := _WITH_AT.fullmatch(repository):
        name = "{owner}/{name}".format(**parts.groupdict())
        problem = (
            f'"{repository}" does not have both ids, as numbers: the owner\'s after the owner, '
            "the repository's after its name."
        )
        fix = (
            f"`gh api repos/{name} --jq '.owner.id, .id'` shows both. If the subjects of the repository's tokens "
            f'have no ids, write "{name}".'
        )
        return Refusal(problem, GITHUB_REPOSITORY.text, fix)
    fix = 'write it like "example/ml-platform" or "example@123456/ml-platform@456789".'
    return Refusal(f'"{repository}" is not of this form.', GITHUB_REPOSITORY.text, fix)


GITHUB_REPOSITORY = Allowed(
    "a repository of github.com, without wildcards: <owner>/<name>, or <owner>@<owner id>/<name>@<repository id> "
    "where the subjects of its tokens have the ids",
    _refuse_repository,
)
# https://git-scm.com/docs/git-check-ref-format, without what a policy reads as more than itself
GITHUB_BRANCH = matching(
    r"(?!refs/)(?!.*(?:\.\.|//|@\{|\.lock(?:/|$)))[A-Za-z0-9_][A-Za-z0-9._/@+=,-]{0,199}(?<![./])",
    "the name of one branch, without refs/heads/ and without wildcards",
    example="main",
)
GITHUB_ENVIRONMENT = matching(
    r"[A-Za-z0-9_][A-Za-z0-9 ._-]{0,199}",
    "the name of one GitHub environment: letters, digits, spaces and . _ -",
    example="production",
)
GITHUB_OIDC_PROVIDER_ARN = matching(
    rf"arn:{_PARTITION}:iam::\d{{12}}:oidc-provider/token\.actions\.githubusercontent\.com",
    "the ARN of an IAM OIDC provider for GitHub Actions",
    example="arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com",
)
