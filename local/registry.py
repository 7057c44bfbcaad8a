"""A registry with TLS and a login under a name of ECR's own, on a loopback address of this machine."""

from __future__ import annotations

import json
import secrets
import socket
import ssl
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Self

import bcrypt

from local.child_process import ChildProcess
from local.engine import find_program
from local.tls import CertificateAuthority

PROGRAM = "docker-registry"
PORT = 443  # ECR's names carry no port
USER = "AWS"  # as in every token of ECR's
ADDRESSES_TRIED = 20
START_SECONDS = 20


class RegistryError(Exception):
    """The registry did what it should not; the text says what, and where its log is."""


class Registry:
    """Debian's `docker-registry` as `<account>.dkr.ecr.<region>.amazonaws.com`; its images end with it.

    Args:
        host: the name in its certificate.
        password: of the user `AWS`.
        folder: of this run: certificates, images, log.

    Attributes:
        address: the loopback address it listens on, port 443.
        ca_file: the CA that was made for this run, PEM.
    """

    def __init__(self, *, host: str, password: str, folder: Path) -> None:
        self.host = host
        self.ca_file = folder / "ca.pem"
        self.log = folder / "registry.log"
        self.address = _free_address()
        self._password = password
        self._folder = folder
        self._certificate = folder / "server.pem"
        self._process: ChildProcess | None = None

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._stop()

    def manifest_digest(self, repository: str, tag: str) -> str | None:
        """What the registry itself has under a tag; None where there is nothing."""
        accept = ", ".join(
            (
                "application/vnd.docker.distribution.manifest.v2+json",
                "application/vnd.oci.image.manifest.v1+json",
                "application/vnd.oci.image.index.v1+json",
            )
        )
        try:
            with self._open(f"/v2/{repository}/manifests/{tag}", {"Accept": accept}) as answer:
                digest: str | None = answer.headers["Docker-Content-Digest"]
                return digest
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return None
            raise

    def make_certificates(self) -> None:
        """Makes `ca_file` and the server's own; before anything that reads it, and before the start."""
        self._folder.mkdir(parents=True, exist_ok=True)
        authority = CertificateAuthority(self._folder, name="MLflow on AWS: registry of one run")
        self.ca_file = authority.certificate_file
        self._certificate = authority.issue([self.host])

    def _start(self) -> None:
        # The only kind of password that the registry's htpasswd file knows.
        hashed = bcrypt.hashpw(self._password.encode(), bcrypt.gensalt(rounds=5))
        (self._folder / "htpasswd").write_bytes(USER.encode() + b":" + hashed + b"\n")
        settings = self._folder / "registry.json"  # JSON is YAML
        settings.write_text(json.dumps(self._settings(), indent=2), encoding="utf-8")
        self._process = ChildProcess(
            [find_program(PROGRAM) or PROGRAM, "serve", settings],
            log=self.log,
            environment={"OTEL_TRACES_EXPORTER": "none"},
        )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self._process.exit_status() is not None:
                raise RegistryError(f"{PROGRAM} ended: {self._process.last_lines(1)} (log: {self.log})")
            try:
                self._open("/v2/", {}).close()
            except urllib.error.HTTPError as error:
                raise RegistryError(
                    f"{PROGRAM} answers {error.code} to its own user (log: {self.log})"
                ) from error
            except OSError:
                time.sleep(0.1)
            else:
                return
        raise RegistryError(f"{PROGRAM} did not answer within {START_SECONDS} s (log: {self.log})")

    def _stop(self) -> None:
        if self._process is not None:
            self._process.stop()
            self._process = None

    def _settings(self) -> dict[str, object]:
        return {
            "version": "0.1",
            "log": {"level": "info"},
            "storage": {
                "filesystem": {"rootdirectory": str(self._folder / "images")},
                "maintenance": {"uploadpurging": {"enabled": False}},
            },
            "http": {
                "addr": f"{self.address}:{PORT}",
                "secret": secrets.token_hex(),
                # One file has both.
                "tls": {"certificate": str(self._certificate), "key": str(self._certificate)},
            },
            "auth": {"htpasswd": {"realm": self.host, "path": str(self._folder / "htpasswd")}},
        }

    def _open(self, path: str, headers: dict[str, str]) -> urllib.request._UrlopenRet:
        passwords = urllib.request.HTTPPasswordMgrWithPriorAuth()
        url = f"https://{self.host}{path}"
        passwords.add_password(None, url, USER, self._password, is_authenticated=True)
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}),
            urllib.request.HTTPBasicAuthHandler(passwords),
            urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=str(self.ca_file))),
        )
        return opener.open(urllib.request.Request(url, headers=headers), timeout=10)


def ecr_host(account_id: str, region: str) -> str:
    """The name of an account's registry in the `aws` partition."""
    return f"{account_id}.dkr.ecr.{region}.amazonaws.com"


def _free_address() -> str:
    """A loopback address whose port 443 is free; every address of 127.0.0.0/8 is this machine.

    Any of them, so that two runs that look at the same time do not find the same.
    """
    for _ in range(ADDRESSES_TRIED):
        address = f"127.{secrets.randbelow(255)}.{secrets.randbelow(255)}.{1 + secrets.randbelow(254)}"
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, PORT))
            except OSError:
                continue
            return address
    raise RegistryError(f"port {PORT} cannot be had on any address of 127.0.0.0/8")
