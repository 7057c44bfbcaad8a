"""Settings of an environment that uses what other teams have."""

from __future__ import annotations

VPC = "vpc-0a1b2c3d4e5f67890"
A, B, C, D = (f"subnet-0{letter}1b2c3d4e5f67890" for letter in "abcd")
GIVEN = f"""\
[network]
vpc_id = "{VPC}"
public_subnet_ids = ["{A}", "{B}"]
private_subnet_ids = ["{C}", "{D}"]
"""
THEIRS = """\
[remote_state]
bucket = "their-states"
key = "network/terraform.tfstate"
"""
FROM_STATE = f"""\
{THEIRS}[remote_state.outputs]
vpc_id = "network_vpc_id"
public_subnet_ids = "public"
private_subnet_ids = "private"
"""
KEY = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-4cd3-96ef-1234567890ab"
BOUNDARY = "arn:aws:iam::111122223333:policy/boundary"
