"""An environment that people sign in to."""

from __future__ import annotations

from tests.emulator.production.conftest import STATE_BUCKET

ISSUER = "https://login.example.com"
SETTINGS = f"""\
profile = "demo"
region = "us-east-1"
[image]
uri = "example.com/mlflow@sha256:{"0" * 64}"
[state]
bucket = "{STATE_BUCKET}"
[domain]
name = "signin.example.com"
certificate_arn = "{{certificate_arn}}"
[sign_in]
mode = "openid"
[sign_in.openid]
issuer = "{ISSUER}"
authorization_endpoint = "{ISSUER}/oauth2/authorize"
token_endpoint = "{ISSUER}/oauth2/token"
user_info_endpoint = "{ISSUER}/oauth2/userinfo"
jwks_uri = "{ISSUER}/oauth2/jwks"
client_id = "mlflow-browsers"
client_secret_arn = "{{secret_arn}}"
audiences = ["mlflow-browsers", "https://mlflow.example.com"]
"""
