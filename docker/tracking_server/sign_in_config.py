"""How people sign in: `MLFLOW_SIGN_IN_MODE`, and with OpenID the other variables `MLFLOW_SIGN_IN_…`, all of them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tracking_server.reader import Reader

MODE = "MLFLOW_SIGN_IN_MODE"
NONE, OPENID, PASSWORD = MODES = ("none", "openid", "password")
ISSUER = "MLFLOW_SIGN_IN_ISSUER"
JWKS_URI = "MLFLOW_SIGN_IN_JWKS_URI"
CLIENT_ID = "MLFLOW_SIGN_IN_CLIENT_ID"
AUDIENCES = "MLFLOW_SIGN_IN_AUDIENCES"
LOAD_BALANCER_ARN = "MLFLOW_SIGN_IN_LOAD_BALANCER_ARN"
LOAD_BALANCER_KEYS_URL = "MLFLOW_SIGN_IN_LOAD_BALANCER_KEYS_URL"
REQUIRED = {
    ISSUER: "the `issuer` that the OpenID provider names in its tokens, an https:// address",
    JWKS_URI: "the provider's `jwks_uri`, an https:// address",
    CLIENT_ID: "the client's id, as which the load balancer signs people in",
    AUDIENCES: "what `aud` of clients' tokens may be, separated by commas",
    LOAD_BALANCER_ARN: "the full ARN of the load balancer",
    LOAD_BALANCER_KEYS_URL: "where the Region's load balancers publish their keys, an https:// address",
}
_HTTPS = re.compile(r"https://[^\s/?#@]+(/[^\s?#]*)?")
_LOAD_BALANCER = re.compile(r"arn:aws[a-z-]*:elasticloadbalancing:[a-z0-9-]+:\d{12}:loadbalancer/app/\S+/\S+")
_SHAPES = {
    AUDIENCES: re.compile(r"(?=.*[^\s,]).*"),
    ISSUER: _HTTPS,
    JWKS_URI: re.compile(r"https://[^\s/?#@]+/[^\s#]*"),
    LOAD_BALANCER_ARN: _LOAD_BALANCER,
    LOAD_BALANCER_KEYS_URL: _HTTPS,
}


@dataclass(frozen=True, kw_only=True)
class SignInConfig:
    """Whose word counts for who is asking.

    Attributes:
        issuer, jwks_uri: the OpenID provider and the address of its keys.
        client_id: as whom the load balancer asks the provider.
        audiences: what `aud` of a client's token may be.
        load_balancer_arn, load_balancer_keys_url: the load balancer, and the address below which its keys are.
    """

    issuer: str
    jwks_uri: str
    client_id: str
    audiences: tuple[str, ...]
    load_balancer_arn: str
    load_balancer_keys_url: str


def mode_of(reader: Reader) -> str:
    """The mode; without the variable, `openid` where a variable of it is set, else `none`."""
    if reader.text(MODE):
        return reader.choice(MODE, MODES)
    return OPENID if any(map(reader.text, REQUIRED)) else NONE


def sign_in_of(reader: Reader, *, mode: str) -> SignInConfig | None:
    """The OpenID provider of the mode `openid`; None of any other. What is wrong goes to the reader."""
    jobs = (reader.text("MLFLOW_SERVER_ENABLE_JOB_EXECUTION") or "false").lower() in ("true", "1")
    if jobs and mode != NONE:
        # MLflow's jobs come to the server by HTTP and have no token and no password.
        fix = "set it to false, or do without the sign-in"
        reader.problem("MLFLOW_SERVER_ENABLE_JOB_EXECUTION", given="true", allowed="false here", fix=fix)
    given = {name: reader.text(name) for name in REQUIRED}
    if mode != OPENID:
        for name in filter(given.get, REQUIRED):
            reader.problem(name, given=repr(given[name]), allowed=f"only with {MODE}=openid", fix="remove it")
        return None
    for name, allowed in REQUIRED.items():
        value = given[name]
        if value is None:
            fix = "set it: a server that is half guarded does not start"
            reader.problem(name, given="not set", allowed=allowed, fix=fix)
        elif name in _SHAPES and not _SHAPES[name].fullmatch(value):
            reader.problem(name, given=repr(value), allowed=allowed, fix="correct it")
    return SignInConfig(
        issuer=given[ISSUER] or "",
        jwks_uri=given[JWKS_URI] or "",
        client_id=given[CLIENT_ID] or "",
        audiences=tuple(filter(None, (one.strip() for one in (given[AUDIENCES] or "").split(",")))),
        load_balancer_arn=given[LOAD_BALANCER_ARN] or "",
        load_balancer_keys_url=(given[LOAD_BALANCER_KEYS_URL] or "").rstrip("/"),
    )
