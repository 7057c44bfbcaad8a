"""Whose word counts, without a server around it."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from tracking_server.keys import issuers_keys, load_balancers_keys
from tracking_server.tokens import LONGEST_TOKEN, IssuersTokens, LoadBalancersTokens, RefusedError

ISSUER = "https://login.example.com"
ARN = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/mlflow/50dc6c495c0c9188"
RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())
PUBLIC = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo


def published(url: str) -> tuple[int, bytes]:
    """An issuer's two keys at /jwks, a load balancer's one below it."""
    if not url.endswith("/jwks"):
        return 200, EC_KEY.public_key().public_bytes(*PUBLIC)
    rsa_jwk = jwt.algorithms.RSAAlgorithm.to_jwk(RSA_KEY.public_key(), as_dict=True)
    ec_jwk = jwt.algorithms.ECAlgorithm.to_jwk(EC_KEY.public_key(), as_dict=True)
    keys = [{**rsa_jwk, "kid": "rsa"}, {**ec_jwk, "kid": "ec", "alg": "ES256"}]
    # Of a provider that publishes what nobody may: a shared secret, and its public key as one.
    secret = {"kty": "oct", "k": "c2VjcmV0LXRoYXQtaXMtbG9uZy1lbm91Z2gtZm9yLWl0", "kid": "oct"}
    return 200, json.dumps({"keys": [*keys, secret]}).encode()


def claims(**changes: Any) -> dict[str, Any]:
    now = int(time.time())
    return {"iss": ISSUER, "aud": ["other", "mlflow"], "sub": "ada", "exp": now + 60, **changes}


def verify(token: str) -> None:
    keys = issuers_keys(f"{ISSUER}/jwks", fetch=published)
    asyncio.run(IssuersTokens(issuer=ISSUER, audiences=["mlflow", "api"], keys=keys).verify(token))


def verify_word(token: str) -> None:
    keys = load_balancers_keys("https://keys", fetch=published)
    tokens = LoadBalancersTokens(load_balancer_arn=ARN, issuer=ISSUER, client_id="mlflow", keys=keys)
    asyncio.run(tokens.verify(token))


def signed(key: Any = RSA_KEY, algorithm: str = "RS256", kid: str | None = "rsa", **changes: Any) -> str:
    header = {"kid": kid} if kid else {}
    return jwt.encode(claims(**changes), key, algorithm=algorithm, headers=header)


def word(header: dict[str, Any] | None = None, **changes: Any) -> str:
    said = {"kid": "1f2e-3d", "signer": ARN, "iss": ISSUER, "client": "mlflow", "exp": int(time.time()) + 60}
    return jwt.encode(
        {"sub": "ada", **changes}, EC_KEY, algorithm="ES256", headers={**said, **(header or {})}
    )


@pytest.mark.parametrize(
    ("key", "algorithm", "kid"), [(RSA_KEY, "RS256", "rsa"), (EC_KEY, "ES256", "ec")], ids=["RS256", "ES256"]
)
def test_a_token_of_the_issuer(key: Any, algorithm: str, kid: str) -> None:
    verify(signed(key, algorithm, kid))


def test_a_clock_may_be_a_little_behind() -> None:
    now = int(time.time())

    verify(signed(exp=now - 10, nbf=now + 10, iat=now + 10))
    with pytest.raises(RefusedError, match="its time is over"):
        verify(signed(exp=now - 40))
    verify_word(word({"exp": now - 10}))
    with pytest.raises(RefusedError, match="its time is over"):
        verify_word(word({"exp": now - 40}))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"kid": None}, "names no key"),
        ({"kid": "unknown"}, "no key of the signer"),
        ({"kid": "ec"}, "not valid"),
        ({"algorithm": "RS512"}, "not valid"),
        ({"key": b"secret-that-is-long-enough-for-it", "algorithm": "HS256", "kid": "oct"}, "not accepted"),
        ({"aud": "another"}, "another server"),
        ({"aud": []}, "it lacks aud"),
        ({"iss": f"{ISSUER}/"}, "another issuer"),
        ({"exp": "tomorrow"}, "not valid"),
    ],
    ids=str,
)
def test_another_token(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(RefusedError, match=reason):
        verify(signed(**changes))


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        ("", "not a signed JWT"),
        ("opaque", "not a signed JWT"),
        ("e30.e30.", "not accepted"),
        ("e30.e30.e30.e30", "not a signed JWT|not accepted"),
        ("é.é.é", "not a signed JWT"),
    ],
)
def test_malformed_token_is_refused(token: str, reason: str) -> None:
    for verifies in (verify, verify_word):
        with pytest.raises(RefusedError, match=f"{reason}|another way"):
            verifies(token)


def test_a_token_that_is_too_long() -> None:
    with pytest.raises(RefusedError, match="too long"):
        verify(signed(sub="x" * LONGEST_TOKEN))


def test_the_load_balancers_word() -> None:
    verify_word(word())
    # The provider's claims about a person may be anything
    verify_word(word(aud="somebody-else", iss="somebody", iat=1))


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ({"signer": f"{ARN}0"}, "its signer"),
        ({"signer": None}, "its signer"),
        ({"client": "another"}, "its client"),
        ({"iss": f"{ISSUER}/"}, "its iss"),
        ({"exp": None}, "its time is over"),
        ({"exp": "2100-01-01"}, "its time is over"),
        ({"kid": "../../jwks"}, "names no key"),
        ({"kid": ""}, "names no key"),
    ],
    ids=str,
)
def test_another_word(header: dict[str, Any], reason: str) -> None:
    with pytest.raises(RefusedError, match=reason):
        verify_word(word(header))


def test_signed_value_without_subject_or_out_of_time_is_refused() -> None:
    with pytest.raises(RefusedError, match=r"not valid|lacks sub"):
        verify_word(word(sub=None))
    with pytest.raises(RefusedError, match="its time is over"):
        verify_word(word(exp=1700000000))
    with pytest.raises(RefusedError, match="signs in another way"):
        verify_word(signed())


def test_a_refusal_holds_nothing_of_the_token() -> None:
    token = signed(aud="another", sub="a-name-that-is-nobodys-business")

    with pytest.raises(RefusedError) as refused:
        verify(token)

    assert not any(part in str(refused.value) for part in (*token.split("."), "nobodys", "another-"))
