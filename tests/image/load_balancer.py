"""A stand-in for the Application Load Balancer's part of signing in, as far as AWS documents it. It is not AWS's.

It goes by the listener rules that the platform synthesizes, signs people in with a real OpenID provider (by the
authorization code flow), and tells the server who they are in the headers that ALB sends, signed with a key that it
publishes as a PEM file:
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html

Where AWS does not say what ALB does, this one does the worse: a request that it does not sign in passes as it came,
with whatever headers a client invented.
"""

from __future__ import annotations

import base64
import http.client
import json
import secrets
import ssl
import threading
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import requests
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

COOKIE = "AWSELBAuthSessionCookie-0"
RESPONSE_PATH = "/oauth2/idpresponse"
WORD_SECONDS = 120
HOP_BY_HOP = ("connection", "keep-alive", "transfer-encoding", "te", "upgrade")


@dataclass(frozen=True)
class Rule:
    """One listener rule: it answers, or forwards, and may want a sign-in first.

    Attributes:
        answer: the status of a fixed response; None forwards.
        unauthenticated: what becomes of whoever has not signed in: `authenticate`, `deny`; None asks nobody.
    """

    priority: int
    paths: Sequence[str] = ()
    headers: dict[str, Sequence[str]] = field(default_factory=dict)
    unauthenticated: str | None = None
    answer: int | None = None

    def matches(self, path: str, headers: Any) -> bool:
        by_path = not self.paths or any(fnmatchcase(path, pattern) for pattern in self.paths)
        by_headers = all(
            any(
                fnmatchcase(value.lower(), pattern.lower())
                for value in headers.get_all(name, [])
                for pattern in patterns
            )
            for name, patterns in self.headers.items()
        )
        return by_path and by_headers


class SigningKey:
    """The load balancer's, with the id under which it publishes it."""

    def __init__(self) -> None:
        self.key_id = str(uuid.uuid4())
        self._private = ec.generate_private_key(ec.SECP256R1())

    def pem(self) -> bytes:
        return self._private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def sign(self, header: dict[str, Any], claims: dict[str, Any]) -> str:
        """A JWT as ALB writes them: its parts keep the padding that the standard leaves out."""
        head = {"typ": "JWT", "kid": self.key_id, "alg": "ES256", **header}
        text = b".".join(base64.urlsafe_b64encode(json.dumps(part).encode()) for part in (head, claims))
        r, s = decode_dss_signature(self._private.sign(text, ec.ECDSA(hashes.SHA256())))
        signature = base64.urlsafe_b64encode(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
        return b".".join((text, signature)).decode()


class LoadBalancer:
    """Listens on 127.0.0.1 until `close`; another port publishes its keys.

    Args:
        port: a free one.
        arn: what it calls itself.
        certificate: of `localhost`, for its keys.
        ca: whom it trusts in place of a public authority, for the provider.

    Attributes:
        url, keys_url: where clients come, and where its keys are.
        key: what it signs with; `published` has all of them.
        provider, client_id, client_secret: whom it asks, and as whom; set before the first request.
        server_port: where it forwards.
        rules: the listener's.
    """

    def __init__(self, *, port: int, arn: str, certificate: Path, ca: Path) -> None:
        self.arn = arn
        self.ca = str(ca)
        self.url = f"http://127.0.0.1:{port}"
        self.key = SigningKey()
        self.published = {self.key.key_id: self.key.pem()}
        self.provider: dict[str, Any] = {}
        self.client_id = self.client_secret = ""
        self.server_port = 0
        self.rules: Sequence[Rule] = ()
        self.sessions: dict[str, dict[str, Any]] = {}
        self.states: dict[str, str] = {}
        handler = type("Handler", (_Client,), {"balancer": self})
        keys = type("KeysHandler", (_Keys,), {"balancer": self})
        self._servers = [ThreadingHTTPServer(("127.0.0.1", port), handler)]
        self._servers.append(ThreadingHTTPServer(("127.0.0.1", 0), keys))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self._servers[1].socket = context.wrap_socket(self._servers[1].socket, server_side=True)
        self.keys_url = f"https://localhost:{self._servers[1].server_address[1]}"
        for server in self._servers:
            threading.Thread(target=server.serve_forever, daemon=True).start()

    def close(self) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()

    def word(self, claims: dict[str, Any], **changes: Any) -> str:
        """`x-amzn-oidc-data` for a person, but for `changes` of its header."""
        expires = int(time.time()) + WORD_SECONDS
        said = {
            "signer": self.arn,
            "iss": self.provider["issuer"],
            "client": self.client_id,
            "exp": expires,
        }
        return self.key.sign({**said, **changes}, {**claims, "exp": expires, "iss": said["iss"]})


class _Keys(BaseHTTPRequestHandler):
    balancer: LoadBalancer

    def do_GET(self) -> None:
        pem = self.balancer.published.get(self.path[1:])
        self.send_response(200 if pem else 404)
        self.end_headers()
        self.wfile.write(pem or b"")

    def log_message(self, format: str, *args: Any) -> None:
        pass


class _Client(BaseHTTPRequestHandler):
    """A request of a browser or a program."""

    protocol_version = "HTTP/1.1"
    balancer: LoadBalancer

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if path == RESPONSE_PATH:
            self._signed_in()
            return
        rule = next(
            rule
            for rule in sorted(self.balancer.rules, key=lambda rule: rule.priority)
            if rule.matches(path, self.headers)
        )
        if rule.answer is not None:
            self._answer(rule.answer, {}, b"")
        elif rule.unauthenticated is None:
            self._forward(list(self.headers.items()))
        elif session := self.balancer.sessions.get(self._cookie()):
            own = [item for item in self.headers.items() if not item[0].lower().startswith("x-amzn-oidc-")]
            own.append(("x-amzn-oidc-identity", session["claims"]["sub"]))
            own.append(("x-amzn-oidc-accesstoken", session["access_token"]))
            own.append(("x-amzn-oidc-data", self.balancer.word(session["claims"])))
            self._forward(own)
        elif rule.unauthenticated == "deny":
            self._answer(401, {}, b"<html>401 Authorization Required</html>")
        else:
            self._ask_provider()

    do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_GET

    def _ask_provider(self) -> None:
        state = secrets.token_urlsafe(16)
        self.balancer.states[state] = self.path
        query = {
            "client_id": self.balancer.client_id,
            "redirect_uri": self.balancer.url + RESPONSE_PATH,
            "response_type": "code",
            "scope": "openid email",
            "state": state,
        }
        place = f"{self.balancer.provider['authorization_endpoint']}?{urlencode(query)}"
        self._answer(302, {"Location": place}, b"")

    def _signed_in(self) -> None:
        """The person is back from the provider, with a code for the load balancer."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        wanted = self.balancer.states.pop(query["state"])
        answer = requests.post(
            self.balancer.provider["token_endpoint"],
            data={
                "grant_type": "authorization_code",
                "code": query["code"],
                "redirect_uri": self.balancer.url + RESPONSE_PATH,
            },
            auth=(self.balancer.client_id, self.balancer.client_secret),
            verify=self.balancer.ca,
            timeout=10,
        ).json()
        claims = requests.get(
            self.balancer.provider["userinfo_endpoint"],
            headers={"Authorization": f"Bearer {answer['access_token']}"},
            verify=self.balancer.ca,
            timeout=10,
        ).json()
        session = secrets.token_urlsafe(16)
        self.balancer.sessions[session] = {"claims": claims, "access_token": answer["access_token"]}
        self._answer(302, {"Location": wanted, "Set-Cookie": f"{COOKIE}={session}; Path=/; HttpOnly"}, b"")

    def _cookie(self) -> str:
        pairs = (pair.strip().partition("=") for pair in self.headers.get("Cookie", "").split(";"))
        return next((value for name, _, value in pairs if name == COOKIE), "")

    def _forward(self, headers: list[tuple[str, str]]) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        connection = http.client.HTTPConnection("127.0.0.1", self.balancer.server_port, timeout=60)
        try:
            connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in headers:
                if name.lower() not in HOP_BY_HOP:
                    connection.putheader(name, value)
            connection.endheaders(body)
            answer = connection.getresponse()
            kept = {name: value for name, value in answer.getheaders() if name.lower() not in HOP_BY_HOP}
            self._answer(answer.status, kept, answer.read())
        finally:
            connection.close()

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            if name.lower() != "content-length":
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass
