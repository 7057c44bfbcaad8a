"""Settings of an environment with a name of its own."""

from __future__ import annotations

NAME = 'name = "mlflow.example.com"\n'
ZONE = 'hosted_zone_id = "Z0123456789EXAMPLE12"\n'
ARN = "arn:aws:acm:eu-west-1:111122223333:certificate/1234abcd-12ab-4cd3-96ef-1234567890ab"
CERTIFICATE = f'certificate_arn = "{ARN}"\n'
THEIRS = """\
[remote_state]
bucket = "their-states"
key = "network/terraform.tfstate"
[remote_state.outputs]
"""
