"""Secrets in Secrets Manager that the first task fills, and that every worker of every task shares.

Terraform creates them without a value, so that no secret is in a plan or a state, and nobody who plans has to be able
to read one (docs/adr/0014-the-server-makes-its-keys.md).
"""

from __future__ import annotations

import json
import logging
import secrets
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from tracking_server.errors import StartupError
from tracking_server.secret import CURRENT, client_of

Makers = Mapping[str, Callable[[], str]]
KEYS_ARN = "MLFLOW_SERVER_KEYS_SECRET_ARN"
ADMIN_ARN = "MLFLOW_ADMIN_SECRET_ARN"
# Makes the same version id from the same state, so that of two tasks that fill the secret at once only one can.
_NAMESPACE = uuid.UUID("5a9df0fd-5b0c-4a54-8a4f-1f1f8b2f2f0e")
_log = logging.getLogger(__name__)


def _fernet_key() -> str:
    """https://cryptography.io/en/latest/fernet/#cryptography.fernet.Fernet.generate_key"""
    return urlsafe_b64encode(secrets.token_bytes(32)).decode()


# MLflow's variable → how its value is made. In the secret, each has the variable's name.
KEYS: Makers = {
    # Encrypts the webhooks' secrets in the database. MLflow makes one for each process where it is not given, and can
    # then not read what another process wrote (https://mlflow.org/docs/latest/ml/webhooks/).
    "MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY": _fernet_key,
    # Signs the forms of MLflow's pages for users (https://mlflow.org/docs/latest/self-hosting/security/basic-http-auth/).
    "MLFLOW_FLASK_SERVER_SECRET_KEY": lambda: secrets.token_urlsafe(48),
}
# MLflow's first user, who may do everything; the form is that of RDS's secrets.
ADMIN: Makers = {"username": lambda: "admin", "password": lambda: secrets.token_urlsafe(24)}


def server_keys(arn: str, environ: Mapping[str, str]) -> dict[str, str]:
    """The variables of MLflow with the keys of the secret `arn`; those that it does not have yet are made and stored.

    Args:
        environ: a key that is given here wins, and is neither read nor stored.

    Raises:
        StartupError: the secret cannot be read or written, or holds something else.
    """
    wanted = {name: make for name, make in KEYS.items() if not environ.get(name)}
    return filled(arn, wanted) if wanted else {}


def filled(arn: str, makers: Makers) -> dict[str, str]:
    """The values of the secret `arn` that `makers` names; those that it does not have yet are made and stored.

    Raises:
        StartupError: the secret cannot be read or written, or holds something else.
    """
    version, found = _read(arn)
    missing = [name for name in makers if name not in found]
    if missing:
        found = _store(arn, version, {**found, **{name: makers[name]() for name in missing}})
        _log.info("Stored in %s, for all tasks: %s.", arn, ", ".join(missing))
    return {name: found[name] for name in makers}


def _store(arn: str, version: str, keys: dict[str, str]) -> dict[str, str]:
    """Stores `keys` as the version after `version`, unless another task has; returns what is stored."""
    token = str(uuid.uuid5(_NAMESPACE, f"{arn} {version} {' '.join(sorted(keys))}"))
    try:
        client_of(arn).put_secret_value(SecretId=arn, ClientRequestToken=token, SecretString=json.dumps(keys))
    except ClientError as error:
        # A version never changes (https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html).
        if _code(error) != "ResourceExistsException":
            raise _refused(arn, "PutSecretValue", _code(error)) from error
        return _read(arn, VersionId=token)[1]
    except BotoCoreError as error:
        raise _refused(arn, "PutSecretValue", str(error)) from error
    return keys


def _read(arn: str, **version: str) -> tuple[str, dict[str, str]]:
    """The version's id and its keys; nothing of a secret that nobody has filled."""
    try:
        answer = client_of(arn).get_secret_value(SecretId=arn, **(version or {"VersionStage": CURRENT}))
    except ClientError as error:
        # Also where there is no such secret: then storing the keys says so.
        if _code(error) == "ResourceNotFoundException" and not version:
            return "", {}
        raise _refused(arn, "GetSecretValue", _code(error)) from error
    except BotoCoreError as error:
        raise _refused(arn, "GetSecretValue", str(error)) from error
    try:
        keys: Any = json.loads(answer["SecretString"])
        return str(answer["VersionId"]), {str(name): str(value) for name, value in keys.items()}
    except (KeyError, AttributeError, ValueError):
        # Without the cause: its text may quote the secret.
        raise StartupError(
            f"{arn} is not JSON with names and values\n"
            "  fix: store the version before it again; what its keys encrypted cannot be read without them"
        ) from None


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", "unknown"))


def _refused(arn: str, operation: str, reason: str) -> StartupError:
    return StartupError(
        f"Secrets Manager does not answer {operation} on {arn}: {reason}\n"
        f"  fix: see that the task's role may call it, that the secret exists, and that its key may be used"
    )
