"""Settings of an environment that people sign in to."""

from __future__ import annotations

SECRET = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:mlflow-sign-in-AbCdEf"
WHOLE = {
    "issuer": "https://login.example.com/tenant",
    "authorization_endpoint": "https://login.example.com/authorize",
    "token_endpoint": "https://login.example.com:443/token?p=sign_in",
    "user_info_endpoint": "https://login.example.com/userinfo",
    "jwks_uri": "https://login.example.com/jwks",
    "client_id": "mlflow",
    "client_secret_arn": SECRET,
}
DOMAIN = '[domain]\nname = "mlflow.example.com"\nhosted_zone_id = "Z0123456789EXAMPLE12"\n'


def table(**changes: str | None) -> str:
    """The table, with these settings changed, or left out where they are None."""
    entries = {name: value for name, value in {**WHOLE, **changes}.items() if value is not None}
    lines = [f'{name} = "{value}"' for name, value in entries.items()]
    return "\n".join(["[sign_in]", 'mode = "openid"', "[sign_in.openid]", *lines, ""])
