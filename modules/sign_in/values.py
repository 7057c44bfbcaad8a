"""What names an OpenID provider and a client of it, as ALB and the standard accept it."""

from __future__ import annotations

from modules.common.aws import PARTITION_OF
from settings.language.errors import Refusal, as_written
from settings.language.setting import Allowed, between, matching

_HOST = r"https://[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?"
# https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata
ISSUER = matching(
    rf"{_HOST}(:[0-9]{{1,5}})?(/[A-Za-z0-9._~:%@+/-]*)?",
    "an https:// address, exactly as the provider's tokens have it in `iss`",
    example="https://login.example.com/tenant",
)
# Security groups allow outbound traffic only on port 443.
ENDPOINT = matching(
    rf"{_HOST}(:443)?/[A-Za-z0-9._~:%@+/?&=,;-]*",
    "an https:// address with a path, on port 443, from the provider's /.well-known/openid-configuration",
    example="https://login.example.com/tenant/oauth2/token",
)
CLIENT_ID = matching(
    r"[A-Za-z0-9._~:%@+/=|-]{1,255}", "up to 255 letters, digits and . _ ~ : % @ + / = | -", example="mlflow"
)
# https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
SECRET_VERSION_ID = matching(
    r"[A-Za-z0-9-]{32,64}",
    "the id of a version: 32 to 64 letters, digits and hyphens",
    example="1234abcd-12ab-4cd3-96ef-1234567890ab",
)
SCOPE = matching(r"[A-Za-z0-9._~:/-]+", "letters, digits and . _ ~ : / -", example="email")
# https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_AuthenticateOidcActionConfig.html
SESSION_TIMEOUT_SECONDS = between(60, 604800, "seconds")
# Where load balancers publish what they sign with
# (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html).
LOAD_BALANCER_KEYS = {
    "aws": "https://public-keys.auth.elb.{region}.amazonaws.com",
    "aws-us-gov": "https://s3-{region}.amazonaws.com/aws-elb-public-keys-prod-{region}",
}


def _refuse_scopes(scopes: tuple[str, ...]) -> Refusal | None:
    if "openid" in scopes:
        return None
    return Refusal(
        "Without the scope openid nobody is signed in.",
        SCOPES.text,
        f"write {as_written(['openid', *scopes])}.",
    )


SCOPES = Allowed("scopes, `openid` among them", _refuse_scopes)


def load_balancer_keys_url(region: str) -> str:
    """Where the region's load balancers publish their keys."""
    return LOAD_BALANCER_KEYS[PARTITION_OF[region]].format(region=region)
