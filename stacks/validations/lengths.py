"""How long a synthesized text can become: references replaced by the longest values that AWS gives them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from modules.common.aws import PARTITION_OF
from stacks.validations.elements import Elements

ACCOUNT = "1" * 12
UUID = "0" * 36
# The longest of all partitions.
DNS_SUFFIX = "amazonaws.com.cn"
# An id of EC2's, such as subnet-0a1b2c3d4e5f67890.
ID_CHARACTERS = 24
# https://docs.aws.amazon.com/Route53/latest/APIReference/API_HostedZone.html
ZONE_ID_CHARACTERS = 32
# What is known of nothing else, such as another team's values or several joined by commas.
UNKNOWN_CHARACTERS = 128
# The beginning of a reference → its value; {region} and {partition} are the stack's.
VALUES: Mapping[str, str] = {
    "data.aws_caller_identity.account.account_id": ACCOUNT,
    "data.aws_partition.account.partition": "{partition}",
    "data.aws_partition.account.dns_suffix": DNS_SUFFIX,
    "aws_db_instance.database.master_user_secret": (
        f"arn:{{partition}}:secretsmanager:{{region}}:{ACCOUNT}:secret:rds!db-{UUID}-AbCdEf"
    ),
    "docker_registry_image.image.sha256_digest": f"sha256:{'0' * 64}",
}
# Resource type → the part of its ARN behind the account.
ARNS: Mapping[str, str] = {
    "aws_cloudwatch_log_group": "log-group:{name}",
    "aws_db_instance": "db:{name}",
    "aws_ecr_repository": "repository/{name}",
    "aws_ecs_cluster": "cluster/{name}",
    "aws_iam_role": "role{path}{name}",
    "aws_kms_key": f"key/{UUID}",
    "aws_lb": "loadbalancer/app/{name}/0123456789abcdef",
    "aws_lb_target_group": "targetgroup/{name}/0123456789abcdef",
    # Terraform's id and AWS's.
    "aws_secretsmanager_secret": f"secret:{{name}}{'0' * 26}-AbCdEf",
    "aws_sns_topic": "{name}",
}
# Its prefix; no service has a longer name than Elastic Load Balancing.
ARN_BEGINNING = f"arn:{{partition}}:elasticloadbalancing:{{region}}:{ACCOUNT}:"
BUCKET_ARN = "arn:{partition}:s3:::{name}"
NAMES = ("name", "name_prefix", "bucket", "identifier", "family")
# A `$${` is Terraform's way to write `${`.
REFERENCE = re.compile(r"(?<!\$)\$\{([^{}]*)\}")
ATTRIBUTE = re.compile(r"((?:data\.)?\w+)\.(\w+)\.(\w+)")


class Longest:
    """Replaces the references in a stack's texts.

    Args:
        elements: the stack's.
    """

    def __init__(self, elements: Elements) -> None:
        self._elements = elements
        self._place = {
            "region": elements.region,
            "partition": PARTITION_OF.get(elements.region, "aws-us-gov"),
        }

    def __call__(self, text: str) -> str:
        """`text` as Terraform will send it to AWS, as long as it can be."""
        return REFERENCE.sub(lambda found: self._value(found[1]), text).replace("$${", "${")

    def _value(self, reference: str) -> str:
        for beginning, value in VALUES.items():
            if reference.startswith(beginning):
                return value.format(**self._place)
        parts = ATTRIBUTE.fullmatch(reference)
        if parts is None:
            return "x" * UNKNOWN_CHARACTERS
        kind, name, attribute = parts.groups()
        body = self._elements.body(kind, name)
        if attribute == "id" and kind != "aws_iam_role":
            return "x" * ID_CHARACTERS
        if attribute == "zone_id":
            return "x" * ZONE_ID_CHARACTERS
        named = next((self(str(body[key])) for key in NAMES if key in body), "x" * UNKNOWN_CHARACTERS)
        if attribute in (*NAMES, "id"):
            return named
        if attribute == "arn" and kind == "aws_s3_bucket":
            return BUCKET_ARN.format(name=named, **self._place)
        if attribute == "arn" and kind in ARNS:
            return f"{ARN_BEGINNING.format(**self._place)}{ARNS[kind].format(name=named, path=body.get('path', '/'))}"
        return "x" * UNKNOWN_CHARACTERS
