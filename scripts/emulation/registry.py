"""A registry with TLS and a login under a name of ECR's own, on a loopback address of this machine."""

from __future__ import annotations

import ctypes
import ctypes.util
import datetime
import json
import secrets
import socket
import ssl
import string
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from scripts.emulation.engine import find_program
from scripts.emulation.leash import Leashed

PROGRAM = "docker-registry"
PORT = 443  # ECR's names carry no port
USER = "AWS"  # as in every token of ECR's
ADDRESSES_TRIED = 20
START_SECONDS = 20
LIFETIME = datetime.timedelta(days=2)


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
        self.ca_file = folder / "ca.crt"
        self.log = folder / "registry.log"
        self.address = _free_address()
        self._password = password
        self._folder = folder
        self._process: Leashed | None = None

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
        _make_certificates(self.host, self._folder)

    def _start(self) -> None:
        (self._folder / "htpasswd").write_text(f"{USER}:{_bcrypt(self._password)}\n", encoding="utf-8")
        settings = self._folder / "registry.json"  # JSON is YAML
        settings.write_text(json.dumps(self._settings(), indent=2), encoding="utf-8")
        self._process = Leashed(
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
                "tls": {
                    "certificate": str(self._folder / "server.crt"),
                    "key": str(self._folder / "server.key"),
                },
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


def _bcrypt(password: str) -> str:
    """The only kind of password that the registry's htpasswd file knows."""
    alphabet = f"./{string.ascii_uppercase}{string.ascii_lowercase}{string.digits}"
    salt = "$2b$05$" + "".join(secrets.choice(alphabet) for _ in range(21)) + "."
    library = ctypes.util.find_library("crypt")
    if library is None:
        raise RegistryError("libcrypt, which hashes the registry's password, is not on this machine")
    crypt = ctypes.CDLL(library).crypt
    crypt.restype = ctypes.c_char_p
    hashed: bytes | None = crypt(password.encode(), salt.encode())
    if hashed is None or not hashed.startswith(b"$2b$"):
        raise RegistryError(
            "this machine's libcrypt has no bcrypt, the only hash the registry's htpasswd file knows"
        )
    return hashed.decode()


def _make_certificates(host: str, folder: Path) -> None:
    ca_key, server_key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "MLflow on AWS: registry of one run")])
    ca = (
        _certificate(ca_name, ca_name, ca_key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(ca_key, hashes.SHA256())
    )
    server_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "registry")])
    server = (
        _certificate(server_name, ca_name, server_key)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    (folder / "ca.crt").write_bytes(ca.public_bytes(serialization.Encoding.PEM))
    (folder / "server.crt").write_bytes(server.public_bytes(serialization.Encoding.PEM))
    key_file = folder / "server.key"
    key_file.touch(mode=0o600)
    key_file.write_bytes(
        server_key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + LIFETIME)
    )
