"""The least that an environment's file can hold, for each profile; tests add to these."""

from __future__ import annotations

DEMO = 'profile = "demo"\nregion = "eu-west-1"\n'
# Without sign-in, for networks that are known.
NO_SIGN_IN = '[sign_in]\nmode = "none"\n[load_balancer]\nallowed_cidrs = ["10.0.0.0/8"]\n'
WITHOUT_SIGN_IN = f"{DEMO}{NO_SIGN_IN}"
PRODUCTION = """\
profile = "production"
region = "eu-west-1"
[domain]
name = "mlflow.example.com"
hosted_zone_id = "Z0123456789EXAMPLE12"
[load_balancer]
allowed_cidrs = ["10.0.0.0/8"]
[state]
bucket = "example-terraform-state"
"""
DIGEST = f"sha256:{'0' * 64}"
IMAGE = f"123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/mlflow@{DIGEST}"
GIVEN_IMAGE = f'{DEMO}[image]\nuri = "{IMAGE}"\n'
