"""Whose credentials these are: the first thing to know before anything is made."""

from __future__ import annotations

from dataclasses import dataclass

import boto3
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    MissingDependencyException,
    NoCredentialsError,
)

from modules.common.aws import PARTITION_OF
from tools.state.errors import StateError

EXPORT_CREDENTIALS = 'eval "$(aws configure export-credentials --format env)"'
CREDENTIALS = "https://docs.aws.amazon.com/cli/latest/userguide/cli-chap-authentication.html"


@dataclass(frozen=True)
class Account:
    """An AWS account, and who acts in it."""

    account_id: str
    arn: str

    @property
    def partition(self) -> str:
        return self.arn.split(":")[1]


def session_in(region: str) -> boto3.Session:
    """A session of the user's own credentials.

    Raises:
        StateError: the profile that the environment names does not exist.
    """
    try:
        return boto3.Session(region_name=region)
    except BotoCoreError as error:
        raise StateError(f"{error}. Set AWS_PROFILE to a profile that exists ({CREDENTIALS}).") from None


def caller(session: boto3.Session) -> Account:
    """The account of the session's credentials (https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html).

    Raises:
        StateError: there are none, they are not valid, or AWS cannot be reached.
    """
    try:
        identity = session.client("sts").get_caller_identity()
    except NoCredentialsError:
        raise StateError(
            "There are no AWS credentials here. Sign in, such as with `aws sso login` and AWS_PROFILE, "
            f"or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY ({CREDENTIALS})."
        ) from None
    except ClientError as error:
        told = error.response["Error"]
        raise StateError(
            f"AWS does not accept the credentials: {told['Code']}: {told['Message']}. Sign in again ({CREDENTIALS})."
        ) from None
    except MissingDependencyException:
        raise StateError(
            "These are credentials of `aws login`. They need a library that is not installed here, and Terraform does "
            f"not read them. Put them into the shell: {EXPORT_CREDENTIALS}"
        ) from None
    except BotoCoreError as error:
        raise StateError(f"AWS could not be asked whose credentials these are: {error}") from None
    return Account(identity["Account"], identity["Arn"])


def check(account: Account, *, region: str, wanted: str | None) -> None:
    """Raises StateError when the credentials are of another account or partition than the settings."""
    if wanted is not None and wanted != account.account_id:
        raise StateError(
            f"The credentials are of account {account.account_id} ({account.arn}), and state.account_id is {wanted}. "
            "Sign in to that account, or correct state.account_id."
        )
    if account.partition != PARTITION_OF[region]:
        raise StateError(
            f'The credentials are of the partition "{account.partition}" ({account.arn}), and {region} is in '
            f'"{PARTITION_OF[region]}". Sign in to an account there, or set another region.'
        )
