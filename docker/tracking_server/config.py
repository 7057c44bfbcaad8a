"""The container's environment as one typed, frozen value; everything wrong with it is reported together."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from tracking_server.dialect import DRIVER, SECRET_ARN_VARIABLE
from tracking_server.reader import ConfigError, Reader
from tracking_server.shared_secrets import ADMIN_ARN, KEYS_ARN
from tracking_server.sign_in_config import SignInConfig, mode_of, sign_in_of

__all__ = ["Config", "ConfigError", "read_config"]

# Python runs one at a time; more threads than these add memory and connections, not speed.
DEFAULT_THREADS = 3
# A request holds up to two connections. Two trace exports can run beside the threads, and one connection stays free
# for a waiting request.
SPARE_CONNECTIONS = 3
# Of `mlflow server` and of gunicorn, and without effect here or against what the server relies on.
UNSUPPORTED = (
    "GUNICORN_CMD_ARGS",
    "MLFLOW_ARTIFACTS_ONLY",
    "MLFLOW_EXPOSE_PROMETHEUS",
    "MLFLOW_GUNICORN_OPTS",
    "MLFLOW_READ_REPLICA_BACKEND_STORE_URI",
    "MLFLOW_REGISTRY_STORE_URI",
    "MLFLOW_SQLALCHEMYSTORE_POOLCLASS",
    "MLFLOW_UVICORN_OPTS",
)
# MLflow's, the default first (mlflow/server/auth/permissions.py).
PERMISSIONS = ("READ", "USE", "EDIT", "MANAGE", "NO_PERMISSIONS")
_PSYCOPG2 = "postgresql+psycopg2"
_SECRET_ARN = re.compile(r"arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:\S+")
_STATIC_PREFIX = re.compile(r"(/[^/{}\s]+)+")


@dataclass(frozen=True, kw_only=True)
class Config:
    """What the server is started with.

    Attributes:
        database: the backend store, its driver always named.
        secret_arn: the secret with the database's password; None when the URI is complete as it is.
        keys_secret_arn: the secret with the keys that all tasks share; None leaves them to the environment.
        artifacts_destination: where the server keeps artifacts for its clients; None leaves artifacts to the clients.
        default_artifact_root: where clients write themselves, with credentials of their own; None is the normal case.
        host, port, static_prefix: what the server listens on, and below which path.
        workers: processes that answer requests.
        threads: how many requests each of them runs at a time; the others wait.
        pool_size, pool_overflow: connections that each store of a worker keeps, and opens besides.
        keep_alive_seconds: how long an idle connection stays open; longer than the load balancer's idle timeout, or
            the load balancer reuses a connection that the server has just closed, and answers 502.
        graceful_shutdown_seconds: how long requests in flight may take after SIGTERM; less than ECS's stop timeout.
        shutdown_delay_seconds: how long of these the server goes on as before, while connections are open.
        database_wait_seconds: how long the database may take to answer at first.
        schema_wait_seconds: how long another replica's schema upgrade may take.
        sign_in_mode: `none`, `openid` or `password`.
        sign_in: with `openid`, whose word counts for who is asking; else None.
        admin_secret_arn: with `password`, the secret with MLflow's first user; None leaves it to the environment.
        default_permission: with `password`, what a user may do with what others made.
        proxies: how many proxies before the server add the client's address to `X-Forwarded-For`.
    """

    database: URL
    secret_arn: str | None
    keys_secret_arn: str | None
    artifacts_destination: str | None
    default_artifact_root: str | None
    host: str
    port: int
    static_prefix: str
    workers: int
    threads: int
    pool_size: int
    pool_overflow: int
    keep_alive_seconds: int
    graceful_shutdown_seconds: int
    shutdown_delay_seconds: int
    database_wait_seconds: int
    schema_wait_seconds: int
    sign_in_mode: str
    sign_in: SignInConfig | None
    admin_secret_arn: str | None
    default_permission: str
    proxies: int


def read_config(environ: Mapping[str, str]) -> Config:
    """Reads the environment; an empty variable counts as absent.

    Raises:
        ConfigError: with every problem, each with the value given, what is allowed and how to fix it.
    """
    reader = _Reader(environ)
    threads = reader.integer("MLFLOW_WORKER_THREADS", default=DEFAULT_THREADS, low=1, high=64)
    pool_size, pool_overflow = reader.connections(threads)
    config = Config(
        database=reader.database(),
        secret_arn=reader.secret_arn(SECRET_ARN_VARIABLE),
        keys_secret_arn=reader.secret_arn(KEYS_ARN),
        artifacts_destination=reader.text("MLFLOW_ARTIFACTS_DESTINATION"),
        default_artifact_root=reader.text("MLFLOW_DEFAULT_ARTIFACT_ROOT"),
        host=reader.text("MLFLOW_HOST") or "0.0.0.0",
        port=reader.integer("MLFLOW_PORT", default=5000, low=1, high=65535),
        static_prefix=reader.static_prefix(),
        workers=reader.integer("MLFLOW_WORKERS", default=2, low=1, high=64),
        threads=threads,
        pool_size=pool_size,
        pool_overflow=pool_overflow,
        keep_alive_seconds=reader.integer("MLFLOW_KEEP_ALIVE_SECONDS", default=65, low=1, high=4100),
        graceful_shutdown_seconds=reader.integer(
            "MLFLOW_GRACEFUL_SHUTDOWN_SECONDS", default=110, low=1, high=3600
        ),
        shutdown_delay_seconds=reader.integer("MLFLOW_SHUTDOWN_DELAY_SECONDS", default=5, low=0, high=60),
        database_wait_seconds=reader.integer("MLFLOW_DATABASE_WAIT_SECONDS", default=120, low=1, high=3600),
        schema_wait_seconds=reader.integer("MLFLOW_SCHEMA_WAIT_SECONDS", default=1800, low=1, high=86400),
        sign_in_mode=(mode := mode_of(reader)),
        sign_in=sign_in_of(reader, mode=mode),
        admin_secret_arn=reader.secret_arn(ADMIN_ARN),
        default_permission=reader.choice("MLFLOW_SIGN_IN_DEFAULT_PERMISSION", PERMISSIONS),
        proxies=reader.integer("MLFLOW_SIGN_IN_PROXIES", default=0, low=0, high=8),
    )
    for name in UNSUPPORTED:
        if (given := reader.text(name)) is not None:
            allowed = "not set: this image runs its server its own way"
            reader.problem(name, given=repr(given), allowed=allowed, fix="remove it (docs/image.md)")
    if config.artifacts_destination is None and config.default_artifact_root is None:
        reader.problem(
            "MLFLOW_ARTIFACTS_DESTINATION",
            given="not set",
            allowed="where the server keeps artifacts, such as s3://bucket or s3://bucket/folder",
            fix="set it; without it artifacts would be lost with the container",
        )
    reader.raise_problems()
    return config


class _Reader(Reader):
    """What is read of the environment, one method for each kind of value."""

    def connections(self, threads: int) -> tuple[int, int]:
        """What a store keeps, and opens besides: more than requests can hold while each waits for one more."""
        needed = threads + SPARE_CONNECTIONS
        size = self.integer("MLFLOW_SQLALCHEMYSTORE_POOL_SIZE", default=needed - 1, low=1, high=1000)
        overflow = self.integer("MLFLOW_SQLALCHEMYSTORE_MAX_OVERFLOW", default=1, low=1, high=1000)
        if size + overflow < needed:
            self.problem(
                "MLFLOW_SQLALCHEMYSTORE_POOL_SIZE",
                given=f"{size}, with MLFLOW_SQLALCHEMYSTORE_MAX_OVERFLOW={overflow}",
                allowed=f"together {needed} or more with MLFLOW_WORKER_THREADS={threads}: with fewer, requests can "
                "hold every connection while each waits for another one",
                fix=f"set it to {needed - overflow} or more, or lower MLFLOW_WORKER_THREADS",
            )
        return size, overflow

    def static_prefix(self) -> str:
        prefix = self.text("MLFLOW_STATIC_PREFIX") or ""
        if prefix and not _STATIC_PREFIX.fullmatch(prefix):
            self.problem(
                "MLFLOW_STATIC_PREFIX",
                given=repr(prefix),
                allowed="a path that begins with / and does not end in /, such as /mlflow",
                fix="correct it, or leave it out to serve at /",
            )
        return prefix

    def secret_arn(self, name: str) -> str | None:
        arn = self.text(name)
        if arn is not None and not _SECRET_ARN.fullmatch(arn):
            self.problem(
                name,
                given=repr(arn),
                allowed="the full ARN of a secret, arn:aws:secretsmanager:<region>:<account>:secret:<name>",
                fix="give the ARN that `aws secretsmanager list-secrets` shows",
            )
        return arn

    def database(self) -> URL:
        name = "MLFLOW_BACKEND_STORE_URI"
        allowed = "postgresql://user@host/database, its password in the secret or in the URI"
        placeholder = URL.create(_PSYCOPG2)
        text = self.text(name)
        if text is None:
            self.problem(name, given="not set", allowed=allowed, fix="set it to the database's URI")
            return placeholder
        url: URL | None
        try:
            url = make_url(text)
        except (ArgumentError, ValueError):
            url = None
        # An @ in what reads as the host is one of the password.
        if url is None or "@" in (url.host or ""):
            # Not shown: what cannot be parsed may hold a password anywhere.
            self.problem(
                name, given="not a URI", allowed=allowed, fix="percent-encode special characters in it"
            )
            return placeholder
        shown = repr(url.render_as_string(hide_password=True))
        secret = self.text(SECRET_ARN_VARIABLE)
        # The last is what this method made of it for the processes that this one starts.
        if url.drivername not in ("postgresql", _PSYCOPG2, *([DRIVER] if secret else [])):
            fix = "name no driver, or psycopg2: it is the one that the image has"
            self.problem(name, given=shown, allowed=allowed, fix=fix)
        elif "options" in url.query:
            # The server's statement time-out is in PGOPTIONS, which libpq then does not read.
            fix = "put them into PGOPTIONS instead"
            self.problem(name, given=shown, allowed="no `options` in the URI", fix=fix)
        elif not url.host and not url.query.get("host") and not self.text("PGHOST"):
            self.problem(name, given=shown, allowed=allowed, fix="name the database's host in it")
        if secret is None:
            return url.set(drivername=_PSYCOPG2)
        if url.password is not None:
            fix = f"take the password out of it, or leave {SECRET_ARN_VARIABLE} out"
            self.problem(name, given=shown, allowed=f"no password beside {SECRET_ARN_VARIABLE}", fix=fix)
        return url.set(drivername=DRIVER)
