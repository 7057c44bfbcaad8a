"""MLflow, for those who have signed in; everyone else gets 401.

An ASGI application around MLflow's own, so that nothing of MLflow is patched. Every request but the health check has to
carry, and the server itself verifies, either

- `Authorization: Bearer`, a token that the OpenID provider gave to a client (`MLFLOW_TRACKING_TOKEN`), or
- `x-amzn-oidc-data`, the load balancer's signed word for a person who signed in with it.

A request with `Authorization` passes the load balancer as it came, so there the other header counts for nothing.
"""

from __future__ import annotations

import re

from tracking_server.answers import answer
from tracking_server.asgi import App, Message, Receive, Send
from tracking_server.keys import KeysUnavailableError, issuers_keys, load_balancers_keys
from tracking_server.sign_in_config import SignInConfig
from tracking_server.tokens import IssuersTokens, LoadBalancersTokens, RefusedError

HEALTH = "/health"
RETRY_SECONDS = 5
LOAD_BALANCERS_HEADERS = b"x-amzn-oidc-"
HOW_TO = (
    "Open the server's address in a browser to sign in; programs send a token of the OpenID provider, "
    "which the MLflow client takes from MLFLOW_TRACKING_TOKEN."
)
_BEARER = re.compile(r"bearer +([A-Za-z0-9._~+/=-]+)", re.IGNORECASE)


class NoTokenError(RefusedError):
    """The request does not say who asks."""


class SignIn:
    """Lets a request through to `app` when it is known who asks.

    Args:
        app: the ASGI application to guard.
        tokens, load_balancer: whose word counts.
        open_path: what everyone may read: it says that the server runs, and nothing else.
    """

    def __init__(
        self, app: App, *, tokens: IssuersTokens, load_balancer: LoadBalancersTokens, open_path: str
    ) -> None:
        self._app = app
        self._tokens = tokens
        self._load_balancer = load_balancer
        self._open_path = open_path

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        is_open = scope["path"] == self._open_path and scope.get("method") in ("GET", "HEAD")
        try:
            if not is_open:
                await self._verify(scope["headers"])
        except RefusedError as refused:
            text = f"Not signed in: {refused}. {HOW_TO}"
            await answer(
                scope, send, status=401, code="UNAUTHENTICATED", text=text, header=_challenge(refused)
            )
        except KeysUnavailableError:
            text = "Who you are cannot be verified now: the keys for it cannot be fetched. Try again."
            retry = (b"retry-after", str(RETRY_SECONDS).encode())
            await answer(scope, send, status=503, code="TEMPORARILY_UNAVAILABLE", text=text, header=retry)
        else:
            # What has been verified is nobody else's business.
            headers = [(name, value) for name, value in scope["headers"] if not _says_who(name)]
            await self._app({**scope, "headers": headers}, receive, send)

    async def _verify(self, headers: list[tuple[bytes, bytes]]) -> None:
        authorization = _only(headers, b"authorization")
        if authorization is not None:
            found = _BEARER.fullmatch(authorization)
            if not found:
                raise RefusedError("Authorization holds no bearer token")
            await self._tokens.verify(found.group(1))
            return
        said = _only(headers, b"x-amzn-oidc-data")
        if said is None:
            raise NoTokenError("the request carries no token")
        await self._load_balancer.verify(said)


def guarded(app: App, config: SignInConfig, *, open_path: str) -> SignIn:
    """`app` behind the sign-in that `config` describes."""
    return SignIn(
        app,
        tokens=IssuersTokens(
            issuer=config.issuer, audiences=config.audiences, keys=issuers_keys(config.jwks_uri)
        ),
        load_balancer=LoadBalancersTokens(
            load_balancer_arn=config.load_balancer_arn,
            issuer=config.issuer,
            client_id=config.client_id,
            keys=load_balancers_keys(config.load_balancer_keys_url),
        ),
        open_path=open_path,
    )


def _says_who(name: bytes) -> bool:
    name = name.lower()
    return name == b"authorization" or name.startswith(LOAD_BALANCERS_HEADERS)


def _only(headers: list[tuple[bytes, bytes]], name: bytes) -> str | None:
    """A header's value; of two nobody can say which one the load balancer looked at."""
    values = [value for given, value in headers if given.lower() == name]
    if len(values) > 1:
        raise RefusedError(f"the request has {name.decode()} more than once")
    return values[0].decode("latin-1").strip() if values else None


def _challenge(refused: RefusedError) -> tuple[bytes, bytes]:
    """https://www.rfc-editor.org/rfc/rfc6750#section-3"""
    error = b"" if isinstance(refused, NoTokenError) else b', error="invalid_token"'
    return b"www-authenticate", b'Bearer realm="MLflow"' + error
