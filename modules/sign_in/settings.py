"""The table `sign_in`: the OpenID provider that says who people and programs are."""

from __future__ import annotations

from typing import Annotated

from pydantic import Strict

from modules.sign_in import values as openid
from settings.language.setting import AWS, Allowed, Section, Setting

BALANCER = f"{AWS}/elasticloadbalancing/latest/application/listener-authenticate-users.html"
METADATA = "https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata"
DYNAMIC_REFERENCE = f"{AWS}/AWSCloudFormation/latest/UserGuide/dynamic-references-secretsmanager.html"

# Strict takes no list for a tuple: the items are strict, and the list is not.
Audiences = Annotated[tuple[Annotated[str, Strict(), openid.CLIENT_ID], ...], Strict(False)]
Scopes = Annotated[tuple[Annotated[str, Strict(), openid.SCOPE], ...], Strict(False)]


class SignInSettings(Section):
    """Who is let in. Without it the server has no log-in.

    Attributes:
        is_on: people and programs sign in.
    """

    issuer: Annotated[str | None, Setting("The OpenID provider: its `issuer`", openid.ISSUER, METADATA)] = (
        None
    )
    authorization_endpoint: Annotated[
        str | None,
        Setting("Its `authorization_endpoint`, where people log in", openid.ENDPOINT, METADATA),
    ] = None
    token_endpoint: Annotated[
        str | None,
        Setting("Its `token_endpoint`, which the load balancer calls", openid.ENDPOINT, METADATA),
    ] = None
    user_info_endpoint: Annotated[
        str | None,
        Setting("Its `userinfo_endpoint`, which the load balancer calls", openid.ENDPOINT, METADATA),
    ] = None
    jwks_uri: Annotated[
        str | None,
        Setting("Its `jwks_uri`, by which the server verifies programs' tokens", openid.ENDPOINT, METADATA),
    ] = None
    client_id: Annotated[
        str | None,
        Setting("The load balancer's client at the provider", openid.CLIENT_ID, BALANCER),
    ] = None
    client_secret_arn: Annotated[
        str | None,
        Setting(
            "The secret in Secrets Manager whose whole value is that client's secret; neither plan nor state hold it",
            openid.SECRET_ARN,
            DYNAMIC_REFERENCE,
        ),
    ] = None
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
    def is_on(self) -> bool:
        return self.issuer is not None
