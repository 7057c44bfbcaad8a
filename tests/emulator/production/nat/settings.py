"""An environment whose tasks reach the internet by NAT."""

from __future__ import annotations

from tests.emulator.production.conftest import STATE_BUCKET

SETTINGS = f"""\
profile = "demo"
region = "us-east-1"
[image]
uri = "example.com/mlflow@sha256:{"0" * 64}"
[state]
bucket = "{STATE_BUCKET}"
[network]
service_subnets = "private"
ip_address_type = "dualstack"
nat = """
