"""`make admin-password`: user name and password of MLflow's first user; with `--rotate`, a new password.

The password is in a secret of the environment (docs/production/sign-in.md).
"""

from __future__ import annotations

import http.client
import json
import os
import secrets
import sys
import urllib.request
from base64 import b64encode
from collections.abc import Mapping
from typing import Annotated, Any

import boto3
import typer
from botocore.exceptions import BotoCoreError, ClientError

from settings.language.errors import SettingsError
from stacks.environment import EnvironmentSettings
from stacks.loading import environments_directory, load_environments
from tools.state.account import caller, session_in
from tools.state.errors import StateError

UPDATE_PASSWORD = "/api/2.0/mlflow/users/update-password"
SECONDS = 30

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


class AdminPasswordError(Exception):
    """Why there is no password, a sentence or two with the remedy."""


class FirstUser:
    """The first user of one environment's server.

    Args:
        session: of the account, in the environment's region.
        secret_arn: the secret with the user's name and password.
        uri: where clients find the server.
        stack: the environment's `<name>-<environment>`.
    """

    def __init__(self, session: boto3.Session, *, secret_arn: str, uri: str, stack: str) -> None:
        self._secrets: Any = session.client("secretsmanager")
        self._arn = secret_arn
        self.uri = uri
        self._stack = stack

    def read(self) -> dict[str, str]:
        """`username` and `password`.

        Raises:
            AdminPasswordError: the server has not started yet, or somebody stored something else.
        """
        try:
            text = self._secrets.get_secret_value(SecretId=self._arn)["SecretString"]
        except self._secrets.exceptions.ResourceNotFoundException:
            raise AdminPasswordError(
                f"{self._arn} has no value yet: the server makes the password at its first start. Try again "
                "when a task runs."
            ) from None
        try:
            value = json.loads(text)
            return {"username": str(value["username"]), "password": str(value["password"])}
        except (ValueError, TypeError, KeyError):
            # Without the cause: its text may quote the secret.
            raise AdminPasswordError(
                f"{self._arn} is not JSON with username and password. Store the version before it again:\n"
                f"  aws secretsmanager list-secret-version-ids --secret-id {self._arn}"
            ) from None

    def rotate(self) -> dict[str, str]:
        """Stores a new password and sets it on the server.

        The secret comes first: should this end in between, the server takes its password at the next start.

        Raises:
            AdminPasswordError: the server did not take the password; the secret has the new one.
        """
        before = self.read()
        after = {**before, "password": secrets.token_urlsafe(24)}
        self._secrets.put_secret_value(SecretId=self._arn, SecretString=json.dumps(after))
        body = {
            "username": before["username"],
            "password": after["password"],
            "current_password": before["password"],
        }
        pair = f"{before['username']}:{before['password']}".encode()
        request = urllib.request.Request(
            self.uri + UPDATE_PASSWORD,
            json.dumps(body).encode(),
            {"Content-Type": "application/json", "Authorization": f"Basic {b64encode(pair).decode()}"},
            method="PATCH",
        )
        try:
            with urllib.request.urlopen(request, timeout=SECONDS):
                return after
        except (OSError, http.client.HTTPException) as error:
            raise AdminPasswordError(
                f"The secret has a new password, but the server did not take it: {error}. It takes it at its "
                "next start:\n"
                f"  aws ecs update-service --force-new-deployment --cluster {self._stack} --service {self._stack}"
            ) from None


def first_user(settings: EnvironmentSettings) -> FirstUser:
    """The first user of a deployed environment.

    Raises:
        AdminPasswordError: people do not sign in with passwords, or the environment is not deployed.
    """
    if settings.sign_in.mode != "password":
        raise AdminPasswordError(
            f'{settings.environment} has sign_in.mode = "{settings.sign_in.mode}": there are no passwords.'
        )
    session = session_in(settings.region)
    caller(session)
    parameters: Any = session.client("ssm")

    def published(name: str) -> str:
        return str(parameters.get_parameter(Name=f"{settings.parameter_prefix}{name}")["Parameter"]["Value"])

    try:
        return FirstUser(
            session,
            secret_arn=published("admin_secret_arn"),
            uri=published("MLFLOW_TRACKING_URI"),
            stack=settings.full_name,
        )
    except parameters.exceptions.ParameterNotFound:
        raise AdminPasswordError(
            f"{settings.full_name} is not deployed in {settings.region} of this account, or by a version without "
            f"passwords: there is no SSM parameter {settings.parameter_prefix}admin_secret_arn."
        ) from None


def settings_of(environment: str, environ: Mapping[str, str]) -> EnvironmentSettings:
    """The environment's settings.

    Raises:
        AdminPasswordError: there is no such environment.
        SettingsError: something is wrong with the settings.
    """
    found = {
        settings.environment: settings
        for settings in load_environments(environments_directory(environ), environ)
    }
    if environment not in found:
        raise AdminPasswordError(
            f'There is no environment "{environment}". There is: {", ".join(sorted(found))}.'
        )
    return found[environment]


@app.command()
def admin_password(
    environment: Annotated[str, typer.Argument(help="The stem of its file in environments/.")] = "demo",
    rotate: Annotated[bool, typer.Option("--rotate", help="Sets a new password first.")] = False,
) -> None:
    """Prints the variables with which the MLflow client signs in as the first user."""
    try:
        user = first_user(settings_of(environment, os.environ))
        value = user.rotate() if rotate else user.read()
    except (AdminPasswordError, SettingsError, StateError) as error:
        print(error, file=sys.stderr)
        raise typer.Exit(1) from None
    except ClientError as error:
        said = error.response["Error"]
        print(f"AWS refuses {error.operation_name}: {said['Code']}: {said['Message']}", file=sys.stderr)
        raise typer.Exit(1) from None
    except BotoCoreError as error:
        print(f"AWS could not be asked: {error}", file=sys.stderr)
        raise typer.Exit(1) from None
    print(f"MLFLOW_TRACKING_URI={user.uri}")
    print(f"MLFLOW_TRACKING_USERNAME={value['username']}")
    print(f"MLFLOW_TRACKING_PASSWORD={value['password']}")


if __name__ == "__main__":
    app(prog_name="python -m tools.admin_password", args=sys.argv[1:])
