"""What people may add to the container: its variables, and the tags of everything."""

from __future__ import annotations

import re

from modules.common import aws
from settings.language.errors import Refusal
from settings.language.setting import Allowed, matching, refuse_token

# Set for every task by the stack, the image or Fargate; with the setting each comes from, if there is one.
PLATFORM_VARIABLES = {
    "AWS_DEFAULT_REGION": "region",
    "AWS_REGION": "region",
    "MLFLOW_ADMIN_SECRET_ARN": "",
    "MLFLOW_ARTIFACTS_DESTINATION": "",
    "MLFLOW_AUTH_ADMIN_PASSWORD": "",
    "MLFLOW_AUTH_ADMIN_USERNAME": "",
    "MLFLOW_AUTH_CONFIG_PATH": "",
    "MLFLOW_BACKEND_STORE_URI": "",
    "MLFLOW_DATABASE_SECRET_ARN": "",
    "MLFLOW_DISABLE_TELEMETRY": "",
    "MLFLOW_ENABLE_AI_GATEWAY": "",
    "MLFLOW_GRACEFUL_SHUTDOWN_SECONDS": "",
    "MLFLOW_HOST": "",
    "MLFLOW_KEEP_ALIVE_SECONDS": "load_balancer.idle_timeout_seconds",
    "MLFLOW_PORT": "",
    "MLFLOW_S3_EXPECTED_BUCKET_OWNER": "",
    "MLFLOW_SERVER_ALLOWED_HOSTS": "",
    "MLFLOW_SERVER_CORS_ALLOWED_ORIGINS": "",
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "service.job_execution",
    "MLFLOW_SERVER_KEYS_SECRET_ARN": "",
    "MLFLOW_SHUTDOWN_DELAY_SECONDS": "",
    "MLFLOW_SIGN_IN_AUDIENCES": "sign_in.openid.audiences",
    "MLFLOW_SIGN_IN_CLIENT_ID": "sign_in.openid.client_id",
    "MLFLOW_SIGN_IN_DEFAULT_PERMISSION": "sign_in.default_permission",
    "MLFLOW_SIGN_IN_ISSUER": "sign_in.openid.issuer",
    "MLFLOW_SIGN_IN_JWKS_URI": "sign_in.openid.jwks_uri",
    "MLFLOW_SIGN_IN_LOAD_BALANCER_ARN": "",
    "MLFLOW_SIGN_IN_LOAD_BALANCER_KEYS_URL": "",
    "MLFLOW_SIGN_IN_MODE": "sign_in.mode",
    "MLFLOW_SIGN_IN_PROXIES": "",
    "MLFLOW_WORKERS": "service.workers",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "",
    "AWS_EXECUTION_ENV": "",
    "ECS_CONTAINER_METADATA_URI_V4": "",
    # uvicorn's: a client that it trusts may say that it is on the server's own machine.
    "FORWARDED_ALLOW_IPS": "",
    "PGHOST": "",
    "PGHOSTADDR": "",
    "PGPORT": "",
    "PGSSLMODE": "",
    "PGSSLROOTCERT": "",
}
_RUN_BY_GUNICORN = (
    "gunicorn runs the server, and the image refuses options for it: a client could claim to be on its machine.",
    "leave it out; service.workers, MLFLOW_WORKER_THREADS and load_balancer.idle_timeout_seconds say how it runs.",
)
# What the image refuses, or what would have no effect or a harmful one on the server that it runs: why, and the fix.
UNSUITABLE_VARIABLES = {
    "GUNICORN_CMD_ARGS": _RUN_BY_GUNICORN,
    "MLFLOW_GUNICORN_OPTS": _RUN_BY_GUNICORN,
    "MLFLOW_UVICORN_OPTS": _RUN_BY_GUNICORN,
    "MLFLOW_ARTIFACTS_ONLY": ("the environment's server records runs as well as artifacts.", "leave it out."),
    "MLFLOW_ENABLE_REMOTE_ASSISTANT": (
        "MLflow's assistant runs commands where the server runs, with its rights, for everyone who reaches the server.",
        "leave it out; use the assistant of a server on your own machine.",
    ),
    "MLFLOW_EXPOSE_PROMETHEUS": (
        "the metrics would be those of one process only, and the load balancer does not pass /metrics on.",
        'leave it out; CloudWatch has the service\'s metrics, and more with service.container_insights = "enabled".',
    ),
    "MLFLOW_READ_REPLICA_BACKEND_STORE_URI": (
        "the environment has one database, which the server writes to and reads from.",
        "leave it out; a larger database.instance_class answers more requests.",
    ),
    "MLFLOW_REGISTRY_STORE_URI": (
        "the environment has one database, which holds registered models as well as runs.",
        "leave it out.",
    ),
    "MLFLOW_SQLALCHEMYSTORE_POOLCLASS": (
        "the pool's size and overflow are always set, and other classes than QueuePool do not start with them.",
        "leave it out.",
    ),
    "MLFLOW_SERVE_ARTIFACTS": (
        "the environment's artifacts go through the server, so that clients need no AWS credentials.",
        "leave it out.",
    ),
}
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SECRET_NAME = re.compile(
    r"PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|(^|_)(SECRET|TOKEN)(_|$)|(^|_)(PWD|PASS)$"
    r"|(^|_|API|ACCESS|PRIVATE|SECRET)KEY(_ID)?$",
    re.IGNORECASE,
)
# A name like these tells where a secret is, not what it is.
_SECRET_REFERENCE = re.compile(r"_(ARN|FILE|PATH|URL|NAME)$", re.IGNORECASE)
SECRET_VALUE = re.compile(r"\b(AKIA|ASIA)[A-Z0-9]{16}\b|-----BEGIN [A-Z ]*PRIVATE KEY|://[^/\s:@]*:[^/\s@]+@")
SECRET_REMEDY = "keep it in AWS Secrets Manager, and give the secret's ARN in [service.secrets]."


def looks_secret(name: str) -> bool:
    """Whether a variable of this name would hold a secret rather than say where one is."""
    return bool(_SECRET_NAME.search(name)) and not _SECRET_REFERENCE.search(name)


def _refuse_variable(name: str) -> Refusal | None:
    if refusal := _refuse_unsuitable(name):
        return refusal
    if looks_secret(name):
        return Refusal(
            f"{name} looks like a secret, which would be in this file, in the plan and in the state.",
            VARIABLE_NAME.text,
            SECRET_REMEDY,
        )
    return None


def _refuse_unsuitable(name: str) -> Refusal | None:
    if not VARIABLE.fullmatch(name):
        return Refusal(
            f'"{name}" is not the name of a variable.',
            VARIABLE_NAME.text,
            "use letters, digits and underscores.",
        )
    if name in PLATFORM_VARIABLES:
        setting = PLATFORM_VARIABLES[name]
        fix = f"set {setting} instead." if setting else "leave it out."
        return Refusal(f"The platform sets {name} itself.", VARIABLE_NAME.text, fix)
    if name in UNSUITABLE_VARIABLES:
        why, fix = UNSUITABLE_VARIABLES[name]
        return Refusal(f"{name} does not fit the server: {why}", VARIABLE_NAME.text, fix)
    return None


def _refuse_variable_value(value: str) -> Refusal | None:
    if "\0" in value:
        return Refusal("No variable can hold the character NUL.", VARIABLE_VALUE.text, "leave it out.")
    if refusal := refuse_token(value, VARIABLE_VALUE.text):
        return refusal
    if not SECRET_VALUE.search(value):
        return None
    return Refusal(
        "The value looks like a secret, which would be in this file, in the plan and in the state.",
        VARIABLE_VALUE.text,
        SECRET_REMEDY,
    )


VARIABLE_NAME = Allowed(
    "names of variables that fit the server, that the platform does not set itself and that hold no secret",
    _refuse_variable,
)
VARIABLE_VALUE = Allowed("a string without a password or an access key in it", _refuse_variable_value)

SECRET_NAME = Allowed(
    "names of variables that fit the server and that the platform does not set itself", _refuse_unsuitable
)
# ECS reads one key of a JSON secret by its name, which holds no colon
# (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html).
_REFERENCE = rf"{aws.SECRET_ARN_PATTERN}(:[^:\s{{}}$]{{1,256}})?"


def _refuse_reference(value: str) -> Refusal | None:
    if re.fullmatch(_REFERENCE, value):
        return None
    # Without the value, which may be the secret itself.
    return Refusal(
        "This is not the ARN of a secret.",
        SECRET_REFERENCE.text,
        "store the secret in Secrets Manager, and write what `aws secretsmanager list-secrets` shows as its ARN.",
    )


SECRET_REFERENCE = Allowed(
    "the full ARN of a secret in Secrets Manager, with the six characters at its end, or <ARN>:<key> for a key of a "
    "JSON secret",
    _refuse_reference,
    {"pattern": f"^(?:{_REFERENCE})$"},
)

# https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html#id_tags_naming_best_practices
_TAG_CHARACTERS = r"[\w .:/=+\-@]"
TAG_KEY = matching(
    rf"(?![Aa][Ww][Ss]:)(?! ){_TAG_CHARACTERS}{{1,128}}(?<! )",
    "1 to 128 letters, digits, spaces and _ . : / = + - @, not beginning with aws:; "
    "not Name, which every resource has",
    example="CostCenter",
    forbidden=("name",),
    why="each resource has its own",
)
TAG_VALUE = matching(
    rf"({_TAG_CHARACTERS}{{0,256}})",
    "up to 256 letters, digits, spaces and _ . : / = + - @",
    example="machine-learning",
)

BUILD_SECRETS = ("ca_bundle", "pip_conf")
BUILD_SECRET_SOURCE = matching(
    r"/[^\x00\n]*[^/\x00\n]|[A-Za-z]:[\\/].+|env:[A-Za-z_][A-Za-z0-9_]*",
    "the absolute path of a file, or env:<variable>, on the machine that builds",
    example="/etc/ssl/certs/ca-certificates.crt",
)
