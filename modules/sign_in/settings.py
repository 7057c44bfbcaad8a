"""The table `sign_in`: how people and programs sign in."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Strict

from modules.common import aws
from modules.sign_in import values as openid
from settings.language.setting import AWS, Allowed, Section, Setting

BALANCER = f"{AWS}/elasticloadbalancing/latest/application/listener-authenticate-users.html"
USERS = "https://mlflow.org/docs/latest/self-hosting/security/basic-http-auth/"
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
            "`issuer` of the OpenID provider",
            openid.ISSUER,
            METADATA,
            example='"https://login.example.com"',
        ),
    ]
    authorization_endpoint: Annotated[
        str,
        Setting(
            "Its `authorization_endpoint`, where people sign in",
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
            "Its `jwks_uri`, which the server verifies tokens of programs with",
            openid.ENDPOINT,
            METADATA,
            example='"https://login.example.com/keys"',
        ),
    ]
    client_id: Annotated[
        str,
        Setting(
            "Client id of the load balancer at the provider",
            openid.CLIENT_ID,
            BALANCER,
            example='"mlflow-load-balancer"',
        ),
    ]
    client_secret_arn: Annotated[
        str,
        Setting(
            "Secret in Secrets Manager that contains only the client's secret; it is in neither plan nor "
            "state",
            aws.SECRET_ARN,
            DYNAMIC_REFERENCE,
            example='"arn:aws:secretsmanager:eu-west-1:111122223333:secret:mlflow-client-a1b2c3"',
        ),
    ]
    client_secret_version_id: Annotated[
        str | None,
        Setting(
            "Version of that secret; change it after a rotation. Default: the current version when the "
            "rules are created or changed",
            openid.SECRET_VERSION_ID,
            DYNAMIC_REFERENCE,
        ),
    ] = None
    audiences: Annotated[
        Audiences,
        Setting(
            "Accepted values of `aud` in tokens of programs. Default: `client_id`",
            Allowed(f"names of APIs or clients, each {openid.CLIENT_ID.text}"),
            "https://www.rfc-editor.org/rfc/rfc7519#section-4.1.3",
        ),
    ] = ()
    scopes: Annotated[Scopes, Setting("Scopes that the load balancer requests", openid.SCOPES, BALANCER)] = (
        "openid",
    )
    session_timeout_seconds: Annotated[
        int,
        Setting(
            "Duration of a session, in seconds; a person whom the provider blocks keeps access until it ends",
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
            "Sign-in of people and programs: an OpenID provider, user names and passwords that MLflow keeps, or "
            "none",
            Allowed('"none", "openid" or "password"'),
            USERS,
        ),
    ] = "password"
    default_permission: Annotated[
        Literal["READ", "USE", "EDIT", "MANAGE", "NO_PERMISSIONS"],
        Setting(
            'With `mode = "password"`: what a user may do with experiments, models and prompts of others',
            Allowed('"NO_PERMISSIONS", "READ", "USE", "EDIT" or "MANAGE"'),
            f"{USERS}#permissions",
        ),
    ] = "READ"
    openid: OpenIdSettings | None = None

    @property
    def is_on(self) -> bool:
        return self.mode != "none"
