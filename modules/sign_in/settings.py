"""The table `sign_in`: the OpenID provider that says who people and programs are."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Strict

from modules.common import aws
from modules.sign_in import values as openid
from settings.language.setting import AWS, Allowed, Section, Setting

BALANCER = f"{AWS}/elasticloadbalancing/latest/application/listener-authenticate-users.html"
METADATA = "https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata"
DYNAMIC_REFERENCE = f"{AWS}/AWSCloudFormation/latest/UserGuide/dynamic-references-secretsmanager.html"

# Strict takes no list for a tuple: the items are strict, and the list is not.
Audiences = Annotated[tuple[Annotated[str, Strict(), openid.CLIENT_ID], ...], Strict(False)]
Scopes = Annotated[tuple[Annotated[str, Strict(), openid.SCOPE], ...], Strict(False)]


class OpenIdSettings(Section):
    """The OpenID provider of `mode = "openid"`.

    Attributes:
        accepted_audiences: what `aud` of programs' tokens may be.
    """

    issuer: Annotated[
        str,
        Setting(
            "The OpenID provider: its `issuer`",
            openid.ISSUER,
            METADATA,
            example='"https://login.example.com"',
        ),
    ]
    authorization_endpoint: Annotated[
        str,
        Setting(
            "Its `authorization_endpoint`, where people log in",
            openid.ENDPOINT,
            METADATA,
            example='"https://login.example.com/authorize"',
        ),
    ]
    token_endpoint: Annotated[
        str,
        Setting(
            "Its `token_endpoint`, which the load balancer calls",
            openid.ENDPOINT,
            METADATA,
            example='"https://login.example.com/token"',
        ),
    ]
    user_info_endpoint: Annotated[
        str,
        Setting(
            "Its `userinfo_endpoint`, which the load balancer calls",
            openid.ENDPOINT,
            METADATA,
            example='"https://login.example.com/userinfo"',
        ),
    ]
    jwks_uri: Annotated[
        str,
        Setting(
            "Its `jwks_uri`, by which the server verifies programs' tokens",
            openid.ENDPOINT,
            METADATA,
            example='"https://login.example.com/keys"',
        ),
    ]
    client_id: Annotated[
        str,
        Setting(
            "The load balancer's client at the provider",
            openid.CLIENT_ID,
            BALANCER,
            example='"mlflow-load-balancer"',
        ),
    ]
    client_secret_arn: Annotated[
        str,
        Setting(
            "The secret in Secrets Manager whose whole value is that client's secret; neither plan nor state hold it",
            aws.SECRET_ARN,
            DYNAMIC_REFERENCE,
            example='"arn:aws:secretsmanager:eu-west-1:111122223333:secret:mlflow-client-a1b2c3"',
        ),
    ]
    client_secret_version_id: Annotated[
        str | None,
        Setting(
            "The version of it to use: set it again after a rotation. Left out, the one that is current when the rules "
            "are made or changed",
            openid.SECRET_VERSION_ID,
            DYNAMIC_REFERENCE,
        ),
    ] = None
    audiences: Annotated[
        Audiences,
        Setting(
            "What `aud` of programs' tokens may be; left out, `client_id`",
            Allowed(f"names of APIs or clients, each {openid.CLIENT_ID.text}"),
            "https://www.rfc-editor.org/rfc/rfc7519#section-4.1.3",
        ),
    ] = ()
    scopes: Annotated[Scopes, Setting("What the load balancer asks for", openid.SCOPES, BALANCER)] = (
        "openid",
    )
    session_timeout_seconds: Annotated[
        int,
        Setting(
            "How long people stay signed in, in seconds; whom the provider locks out meanwhile stays in until then",
            openid.SESSION_TIMEOUT_SECONDS,
            BALANCER,
        ),
    ] = 43200

    @property
    def accepted_audiences(self) -> tuple[str, ...]:
        return self.audiences or (self.client_id,)


class SignInSettings(Section):
    """Who may use the server.

    Attributes:
        is_on: people and programs sign in.
    """

    mode: Annotated[
        Literal["none", "openid", "password"],
        Setting(
            "How people and programs sign in: not at all, with an OpenID provider, or with passwords that the server "
            "keeps (not available yet)",
            Allowed('"none" or "openid"'),
            BALANCER,
        ),
    ] = "none"
    openid: OpenIdSettings | None = None

    @property
    def is_on(self) -> bool:
        return self.mode != "none"
