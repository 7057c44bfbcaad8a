"""Who is asking: what a client's token or the load balancer's word has to be, to be believed."""

from __future__ import annotations

import re
import time
from collections.abc import Collection
from typing import Any

import jwt

from tracking_server.keys import PublicKeys, UnknownKeyError

# Signatures that only the holder of a private key can make. None of HS…: its key would be the public one.
ISSUER_ALGORITHMS = (
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512"),
)
LOAD_BALANCER_ALGORITHM = "ES256"
# Not the issuer's other kinds, such as logout tokens (https://www.rfc-editor.org/rfc/rfc8725#section-3.11).
TOKEN_TYPES = (None, "jwt", "at+jwt", "application/at+jwt")
CLOCK_SKEW_SECONDS = 30
LONGEST_TOKEN = 16 * 1024
# A part of an address: nothing else than what the load balancer's ids are made of.
_LOAD_BALANCER_KEY_ID = re.compile(r"[A-Za-z0-9-]{1,64}")


class RefusedError(Exception):
    """The token is not believed; the text says why, and holds nothing of it."""


class IssuersTokens:
    """Tokens that the OpenID provider gave to a client, in `Authorization: Bearer`.

    Args:
        issuer: what `iss` has to be.
        audiences: one of these `aud` has to be.
        keys: the issuer's.
    """

    def __init__(self, *, issuer: str, audiences: Collection[str], keys: PublicKeys) -> None:
        self._issuer = issuer
        self._audiences = tuple(audiences)
        self._keys = keys

    async def verify(self, token: str) -> None:
        """Believes the token, or:

        Raises:
            RefusedError: it is not one that the issuer gave for this server, or its time is over.
            KeysUnavailableError: nobody can say.
        """
        header = _header(token)
        if header.get("alg") not in ISSUER_ALGORITHMS:
            raise RefusedError("the token is signed in a way that is not accepted")
        kind = header.get("typ")
        if (kind.lower() if isinstance(kind, str) else kind) not in TOKEN_TYPES:
            raise RefusedError("it is a token of another kind")
        key = await _key(self._keys, header)
        _decoded(
            token,
            key,
            algorithms=ISSUER_ALGORITHMS,
            issuer=self._issuer,
            audience=self._audiences,
            options={"require": ["exp", "iss", "aud"]},
        )


class LoadBalancersTokens:
    """What the load balancer says of the person who signed in with it, in `x-amzn-oidc-data`.

    The header of this token is part of what is signed; ALB says there for whom and until when
    (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html).

    Args:
        load_balancer_arn: the one load balancer whose word counts: the keys are the whole Region's.
        issuer, client_id: whom it has to have asked, and as whom.
        keys: the Region's.
    """

    def __init__(self, *, load_balancer_arn: str, issuer: str, client_id: str, keys: PublicKeys) -> None:
        self._said = {"signer": load_balancer_arn, "iss": issuer, "client": client_id}
        self._keys = keys

    async def verify(self, token: str) -> None:
        """As `IssuersTokens.verify`."""
        header = _header(token)
        if header.get("alg") != LOAD_BALANCER_ALGORITHM:
            raise RefusedError("the load balancer signs in another way")
        for name, value in self._said.items():
            if header.get(name) != value:
                raise RefusedError(f"its {name} is not the one of this server")
        if not _LOAD_BALANCER_KEY_ID.fullmatch(str(header.get("kid"))):
            raise RefusedError("it names no key")
        expires = header.get("exp")
        if not isinstance(expires, int) or expires < time.time() - CLOCK_SKEW_SECONDS:
            raise RefusedError("its time is over")
        key = await _key(self._keys, header)
        # The claims are the provider's own about the person: an audience among them means another one.
        _decoded(
            token,
            key,
            algorithms=(LOAD_BALANCER_ALGORITHM,),
            options={"require": ["sub"], "verify_aud": False},
        )


def _header(token: str) -> dict[str, Any]:
    """The token's header, not verified yet."""
    if len(token) > LONGEST_TOKEN:
        raise RefusedError("the token is too long")
    try:
        return jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError) as error:
        raise RefusedError("it is not a signed JWT") from error


async def _key(keys: PublicKeys, header: dict[str, Any]) -> jwt.PyJWK | str:
    key_id = header.get("kid")
    if not isinstance(key_id, str) or not key_id:
        raise RefusedError("it names no key")
    try:
        return await keys.get(key_id)
    except UnknownKeyError as error:
        raise RefusedError("no key of the signer has the id that it names") from error


def _decoded(token: str, key: jwt.PyJWK | str, **conditions: Any) -> None:
    try:
        jwt.decode(token, key, leeway=CLOCK_SKEW_SECONDS, **conditions)
    except jwt.ExpiredSignatureError as error:
        raise RefusedError("its time is over") from error
    except jwt.InvalidAudienceError as error:
        raise RefusedError("it was given for another server (aud)") from error
    except jwt.InvalidIssuerError as error:
        raise RefusedError("another issuer gave it (iss)") from error
    except jwt.MissingRequiredClaimError as error:
        raise RefusedError(f"it lacks {error.claim}") from error
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise RefusedError("its signature, or what it says, is not valid") from error
