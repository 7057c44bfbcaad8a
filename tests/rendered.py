"""Policies of a synthesized stack as they will stand in IAM: references to what Terraform knows replaced by values."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.synthesis import Json

ACCOUNT = "111122223333"
REGION = "eu-west-1"
KEY = "1234abcd-12ab-4cd3-96ef-1234567890ab"
# The beginning of a reference → the value.
VALUES = {
    "data.aws_caller_identity.account.account_id": ACCOUNT,
    "data.aws_partition.account.partition": "aws",
    "data.aws_partition.account.dns_suffix": "amazonaws.com",
    "aws_db_instance.database.master_user_secret": (
        f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:rds!db-{KEY}-AbCdEf"
    ),
}
# Kind → the ARN of one with that name.
ARNS = {
    "aws_cloudwatch_log_group": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{{name}}",
    "aws_db_instance": f"arn:aws:rds:{REGION}:{ACCOUNT}:db:{{name}}",
    "aws_ecr_repository": f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{{name}}",
    "aws_ecs_cluster": f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/{{name}}",
    "aws_iam_openid_connect_provider": (
        f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
    ),
    "aws_iam_role": f"arn:aws:iam::{ACCOUNT}:role/{{name}}",
    "aws_kms_key": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{KEY}",
    "aws_lb": f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:loadbalancer/app/{{name}}/50dc6c495c0c9188",
    "aws_s3_bucket": "arn:aws:s3:::{name}",
    "aws_secretsmanager_secret": (
        f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{{name}}20261127120000000000000001-AbCdEf"
    ),
    "aws_sns_topic": f"arn:aws:sns:{REGION}:{ACCOUNT}:{{name}}",
}
NAMES = ("name", "name_prefix", "bucket", "identifier", "family")
REFERENCE = re.compile(r"\$\{((?:data\.)?\w+\.\w+)\.([^${}]+)\}")


class Renderer:
    """Replaces the references in a stack's texts.

    Args:
        synthesized: the stack's JSON.
    """

    def __init__(self, synthesized: Json) -> None:
        self._resources: Json = synthesized["resource"]

    def __call__(self, text: str) -> str:
        """`text` with each `${…}` replaced by what it could be; whatever is not known keeps its name."""
        return REFERENCE.sub(self._value, text)

    def documents(self, *kinds: str, argument: str = "policy") -> dict[str, list[Json]]:
        """Address → the statements of its policy, for the resources of `kinds` that have one
        (a lifecycle policy is none)."""
        found = {}
        for kind in kinds:
            for name, body in self._resources.get(kind, {}).items():
                if '"Statement"' in body.get(argument, ""):
                    found[f"{kind}.{name}"] = self.statements(body[argument])
        return found

    def statements(self, policy: str) -> list[Json]:
        statements: list[Json] = json.loads(self(policy))["Statement"]
        return statements

    def _value(self, match: re.Match[str]) -> str:
        address, attribute = match.groups()
        for beginning, value in VALUES.items():
            if f"{address}.{attribute}".startswith(beginning):
                return value
        kind, _, name = address.rpartition(".")
        body: dict[str, Any] = self._resources.get(kind, {}).get(name, {})
        named = next((self(str(body[key])) for key in NAMES if key in body), f"mlflow-{name}")
        if attribute == "arn":
            return ARNS.get(kind, f"arn:aws:mlflow:{REGION}:{ACCOUNT}:{kind}/{{name}}").format(name=named)
        return named
