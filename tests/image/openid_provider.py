"""A real OpenID provider on this machine, run by Node: the certified package `oidc-provider` of package.json."""

from __future__ import annotations

import base64
import hmac
import json
import os
import shutil
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import jwt
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from local.child_process import ChildProcess
from local.demo.server import free_port
from local.tls import CertificateAuthority
from tools.setup.progress import PROJECT

PACKAGE = PROJECT / "node_modules" / "oidc-provider"
PROGRAM = Path(__file__).with_suffix(".mjs")
START_SECONDS = 30
# The load balancer's client, and one of a program that calls the API.
BROWSERS, PROGRAMS = "mlflow-browsers", "mlflow-programs"
API = "https://mlflow.example.com"


class SigningKey:
    """A key that the provider signs with; tests sign with it what the provider never would."""

    def __init__(self, key_id: str) -> None:
        self.key_id = key_id
        self.private = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def jwk(self) -> dict[str, Any]:
        """With its private part, as the provider wants it."""
        own: dict[str, Any] = jwt.algorithms.RSAAlgorithm.to_jwk(self.private, as_dict=True)
        return {**own, "kid": self.key_id, "alg": "RS256", "use": "sig"}

    def public_pem(self) -> bytes:
        return self.private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def sign(self, claims: dict[str, Any], **header: Any) -> str:
        return jwt.encode(claims, self.private, algorithm="RS256", headers={"kid": self.key_id, **header})


def hs256(header: dict[str, Any], claims: dict[str, Any], secret: bytes) -> str:
    """A token signed with a shared secret; by hand, as PyJWT refuses to take a public key for one."""
    text = b".".join(_base64url(json.dumps(part).encode()) for part in (header, claims))
    return b".".join((text, _base64url(hmac.digest(secret, text, "sha256")))).decode()


def _base64url(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


class OpenIdProvider:
    """A context manager: the provider, on a port that stays the same when it is started again.

    Args:
        directory: for its configuration and log.
        authority: signs its certificate.
        redirect_uri: where it sends people who have signed in.

    Attributes:
        issuer: its name, and the address that all its endpoints are below.
        key: what it signs with.
        secrets: of its clients, by their ids.
    """

    def __init__(self, directory: Path, *, authority: CertificateAuthority, redirect_uri: str) -> None:
        self._directory = directory
        self._certificate = authority.issue(["localhost"], file_name="openid-provider.pem")
        self._ca = str(authority.certificate_file)
        self._redirect_uri = redirect_uri
        self._port = free_port()
        self._running: ChildProcess | None = None
        self.issuer = f"https://localhost:{self._port}"
        self.key = SigningKey("first")
        self.secrets = {name: f"{name}-secret-of-this-test" for name in (BROWSERS, PROGRAMS)}

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Starts it with its present key, and waits until it answers."""
        file = self._directory / "openid-provider.json"
        file.write_text(json.dumps(self._configuration()), encoding="utf-8")
        node = shutil.which("node") or "node"
        self._running = ChildProcess(
            [node, PROGRAM, file],
            log=self._directory / "openid-provider.log",
            environment={"PATH": os.environ["PATH"], "PYTHONPATH": str(PROJECT)},
        )
        since = time.monotonic()
        while True:
            try:
                self.metadata()
                return
            except OSError:
                assert self._running.exit_status() is None, self._running.last_lines()
                assert time.monotonic() - since < START_SECONDS, self._running.last_lines()
                time.sleep(0.1)

    def stop(self) -> None:
        if self._running:
            self._running.stop()
        self._running = None

    def rotate(self) -> None:
        """Starts it again with a new key; the old one is gone."""
        self.stop()
        self.key = SigningKey(f"after-{self.key.key_id}")
        self.start()

    def metadata(self) -> dict[str, Any]:
        """What it publishes about itself."""
        address = f"{self.issuer}/.well-known/openid-configuration"
        answer: dict[str, Any] = requests.get(address, verify=self._ca, timeout=10).json()
        return answer

    def token(self, *, resource: str = API) -> str:
        """One that it gives to a program (client credentials), for `resource`."""
        answer = requests.post(
            self.metadata()["token_endpoint"],
            data={"grant_type": "client_credentials", "resource": resource, "scope": "mlflow"},
            auth=(PROGRAMS, self.secrets[PROGRAMS]),
            verify=self._ca,
            timeout=10,
        )
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    def _configuration(self) -> dict[str, Any]:
        browsers = {
            "client_id": BROWSERS,
            "client_secret": self.secrets[BROWSERS],
            "redirect_uris": [self._redirect_uri],
            "grant_types": ["authorization_code"],
        }
        programs = {
            "client_id": PROGRAMS,
            "client_secret": self.secrets[PROGRAMS],
            "redirect_uris": [],
            "response_types": [],
            "grant_types": ["client_credentials"],
        }
        return {
            "issuer": self.issuer,
            "port": self._port,
            "certificate": str(self._certificate),
            "keys": [self.key.jwk()],
            "cookie_key": "of-this-test",
            "clients": [browsers, programs],
        }


def unavailable() -> str | None:
    """Why it cannot run here, in one line."""
    return None if PACKAGE.is_dir() else f"{PACKAGE.name} is not installed; run: make setup"
