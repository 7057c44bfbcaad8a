"""Each setting by itself: what it refuses, with what is allowed and the fix; and what it just accepts."""

from __future__ import annotations

from typing import Any

import pytest

from tests.environment_files import Load, Refuse

DIGEST = f"sha256:{'0123456789abcdef' * 4}"


KEY = "1234abcd-12ab-4cd3-96ef-1234567890ab"


REFUSED: list[tuple[str, str, str, str]] = [
    # table, line, what the problem or the allowed values say, the fix
    ("", 'name = "MLflow"', "lower-case letters, digits and single hyphens", 'write it like "mlflow"'),
    ("", 'name = "ml--flow"', "single hyphens", 'write it like "mlflow"'),
    ("", 'name = "mlflow-"', "single hyphens", 'write it like "mlflow"'),
    ("", 'name = "1mlflow"', "beginning with a letter", 'write it like "mlflow"'),
    ("network", 'vpc_cidr = "10.0.0.0"', "has no prefix length", 'such as "10.0.0.0/32"'),
    ("network", 'vpc_cidr = "10.0.0.5/16"', "bits set beyond the prefix", 'write "10.0.0.0/16"'),
    ("network", 'vpc_cidr = "10.0.0.256/16"', "not a network", 'write it like "10.0.0.0/16"'),
    ("network", 'vpc_cidr = "10.0.0.0/8"', "larger than a /16", "a prefix length from 16 to 28"),
    ("network", 'vpc_cidr = "10.0.0.0/29"', "smaller than a /28", "a prefix length from 16 to 28"),
    ("network", 'vpc_cidr = "fd00::/56"', "IPv6", "write an IPv4 network"),
    ("network", 'vpc_cidr = "127.0.0.0/16"', "reserved", 'write one like "10.0.0.0/16"'),
    ("network", 'vpc_cidr = "169.254.0.0/16"', "reserved", 'write one like "10.0.0.0/16"'),
    ("network", 'vpc_cidr = "224.0.0.0/16"', "reserved", 'write one like "10.0.0.0/16"'),
    ("network", 'vpc_cidr = "0.0.0.0/16"', "reserved", 'write one like "10.0.0.0/16"'),
    ("database", 'engine_version = "12"', "PostgreSQL 13, 14, 15, 16, 17, 18", 'such as "16.8"'),
    ("database", 'engine_version = "16.x"', "not a PostgreSQL version of RDS", 'such as "16"'),
    ("database", 'engine_version = "16.²"', "not a PostgreSQL version of RDS", 'such as "16"'),
    ("database", 'engine_version = "16."', "not a PostgreSQL version of RDS", 'such as "16"'),
    ("database", 'instance_class = "t4g.micro"', "db.<family>.<size>", 'write it like "db.t4g.micro"'),
    ("database", 'instance_class = "db.serverless"', "db.<family>.<size>", 'write it like "db.t4g.micro"'),
    ("database", 'instance_class = "db.t4g.tiny"', "db.<family>.<size>", 'write it like "db.t4g.micro"'),
    (
        "database",
        "allocated_storage_gib = 19",
        "a whole number from 20 to 65,536 GiB",
        "write 20, the lowest",
    ),
    ("database", "allocated_storage_gib = 65537", "from 20 to 65,536 GiB", "write 65536, the highest"),
    ("database", 'name = "ml-flow"', "1 to 63 lower-case letters, digits and underscores", 'like "mlflow"'),
    ("database", f'name = "{"m" * 64}"', "1 to 63", 'write it like "mlflow"'),
    ("database", 'name = "postgres"', "RDS or PostgreSQL reserves it", 'such as "mlflow"'),
    ("database", 'name = "select"', "RDS or PostgreSQL reserves it", 'such as "mlflow"'),
    ("database", 'username = "admin"', "RDS or PostgreSQL reserves it", 'such as "mlflow_user"'),
    ("database", 'username = "rdsadmin"', "RDS or PostgreSQL reserves it", 'such as "mlflow_user"'),
    ("database", 'username = "user"', "RDS or PostgreSQL reserves it", 'such as "mlflow_user"'),
    ("database", 'username = "pg_mlflow"', "not with pg_ or rds_", 'write it like "mlflow_user"'),
    ("database", 'username = "rds_mlflow"', "not with pg_ or rds_", 'write it like "mlflow_user"'),
    ("database", f'username = "{"m" * 17}"', "1 to 16", 'write it like "mlflow_user"'),
    ("database", "backup_retention_days = 36", "from 0 to 35 days; 0 is no backups", "write 35, the highest"),
    ("database", "backup_retention_days = -1", "from 0 to 35 days", "write 0, the lowest"),
    (
        "artifact_store",
        "noncurrent_version_retention_days = 0",
        "from 1 to 36,500 days",
        "write 1, the lowest",
    ),
    (
        "image",
        'uri = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/mlflow"',
        "with its tag or digest",
        "mlflow:production",
    ),
    ("image", 'uri = "example/MLflow:1"', "with its tag or digest", "mlflow:production"),
    ("image", 'uri = "example/mlflow@sha256:12"', "sha256:<64 hex digits>", "mlflow:production"),
    ("image", 'uri = ""', "with its tag or digest", "mlflow:production"),
    ("image", 'base_image = "python"', "with its tag or digest", "write it like"),
    ("image", 'platform = "linux/amd"', '"linux/amd64" or "linux/arm64"', 'did you mean "linux/amd64"?'),
    ("image", 'registry_credentials = "tokens"', '"token" or "docker_config"', 'did you mean "token"?'),
    ("image", "retained_images = 0", "from 1 to 10,000 images", "write 1, the lowest"),
    (
        "image",
        'build_network_mode = "bridge"',
        '"default", "host" or "none"',
        'write "default", "host" or "none"',
    ),
    ("image", "revision = 0", "a whole number from 1", "write 1, the lowest"),
    ("load_balancer", "idle_timeout_seconds = 0", "from 1 to 4,000 seconds", "write 1, the lowest"),
    ("load_balancer", "idle_timeout_seconds = 4001", "from 1 to 4,000 seconds", "write 4000, the highest"),
    (
        "service",
        "cpu_units = 500",
        "256, 512, 1024, 2048, 4096, 8192, 16384 CPU units",
        "write 512, the nearest",
    ),
    ("service", "desired_count = -1", "from 0 to 5,000 tasks", "write 0, the lowest"),
    ("service", "workers = 0", "a whole number from 1 to 64", "write 1, the lowest"),
    ("service", "health_check_grace_period_seconds = -1", "seconds", "write 0, the lowest"),
    ("service", "spot_percent = 91", "from 0 to 90 percent", "write 90, the highest"),
    ("service", 'container_insights = "on"', '"disabled", "enabled" or "enhanced"', "write"),
    ("scaling", "cpu_percent = 9", "from 10 to 90 percent", "write 10, the lowest"),
    ("scaling", "memory_percent = 96", "from 10 to 95 percent", "write 95, the highest"),
    ("scaling", "requests_per_target = 0", "requests in a minute", "write 1, the lowest"),
    ("scaling", "max_count = 5001", "from 0 to 5,000 tasks", "write 5000, the highest"),
    ("alarms", 'topic_arn = "alarms"', "the ARN of an SNS topic", "sns:eu-west-1:111122223333:alarms"),
    (
        "alarms",
        'topic_arn = "arn:aws:sns:eu-west-1:111122223333:alarms.fifo"',
        "an SNS topic that is not FIFO",
        "sns:eu-west-1:111122223333:alarms",
    ),
    ("alarms", 'email = "platform"', "an e-mail address", 'write it like "platform@example.com"'),
    ("alarms", "error_percent = 0", "from 1 to 100 percent", "write 1, the lowest"),
    ("logs", "retention_days = 10", "1, 3, 5, 7, 14, 30,", "write 7, the nearest"),
    ("state", 'bucket = "Example"', "3 to 63 lower-case letters", 'write it like "example-terraform-state"'),
    ("state", 'bucket = "ab"', "3 to 63", 'write it like "example-terraform-state"'),
    ("state", 'bucket = "192.168.0.1"', "3 to 63", 'write it like "example-terraform-state"'),
    ("state", 'bucket = "a..b"', "3 to 63", 'write it like "example-terraform-state"'),
    ("state", 'bucket = "xn--state"', "reserved beginnings", 'write it like "example-terraform-state"'),
    ("state", 'bucket = "state-s3alias"', "reserved beginnings and ends", 'like "example-terraform-state"'),
    ("state", 'key = "/state"', "not beginning or ending with a slash", "mlflow/demo/terraform.tfstate"),
    ("state", 'key = "state/"', "not beginning or ending with a slash", "mlflow/demo/terraform.tfstate"),
    ("state", 'key = "a//b"', "an object's key", "mlflow/demo/terraform.tfstate"),
    ("state", 'region = "eu-vest-1"', "an AWS Region", 'did you mean "eu-west-1"?'),
    ("state", 'kms_key_id = "my-key"', "a KMS key's id, its ARN, or an alias", "arn:aws:kms:eu-west-1"),
    ("state", 'kms_key_id = "arn:aws:kms:eu-west-1:1:key/x"', "a KMS key's id", "arn:aws:kms:eu-west-1"),
    (
        "state",
        'role_arn = "arn:aws:iam::111122223333:user/me"',
        "the ARN of an IAM role",
        "role/terraform-state",
    ),
    ("state", 'role_arn = "terraform-state"', "the ARN of an IAM role", "role/terraform-state"),
]


@pytest.mark.parametrize(
    ("table", "line", "allowed", "fix"), REFUSED, ids=[f"{t}.{line}" for t, line, *_ in REFUSED]
)
def test_a_value_that_is_not_accepted(refuse: Refuse, table: str, line: str, allowed: str, fix: str) -> None:
    path = f"{table}.{line}" if table else line

    report = refuse(f"[{table}]\n{line}\n" if table else f"{line}\n")

    report.says(f"environments/test.toml: {path}", allowed, fix)
    assert "unset" not in report.text


ACCEPTED: list[tuple[str, str, Any]] = [
    ("network", 'vpc_cidr = "10.0.0.0/16"', "10.0.0.0/16"),
    ("database", 'engine_version = "18"', "18"),
    ("database", 'instance_class = "db.m7g.16xlarge"', "db.m7g.16xlarge"),
    ("database", 'instance_class = "db.r6id.metal"', "db.r6id.metal"),
    ("database", "allocated_storage_gib = 65536", 65536),
    ("database", f'name = "{"m" * 63}"', "m" * 63),
    ("database", 'username = "postgres"', "postgres"),
    ("database", f'username = "{"m" * 16}"', "m" * 16),
    ("database", "backup_retention_days = 35", 35),
    (
        "image",
        f'uri = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/ml/flow@{DIGEST}"',
        f"111122223333.dkr.ecr.eu-west-1.amazonaws.com/ml/flow@{DIGEST}",
    ),
    ("image", 'uri = "localhost:5000/ml_flow:latest"', "localhost:5000/ml_flow:latest"),
    ("image", 'base_image = "python:3.12-slim"', "python:3.12-slim"),
    ("image", 'build_network_mode = "host"', "host"),
    ("image", 'platform = "linux/arm64"', "linux/arm64"),
    ("load_balancer", "allowed_cidrs = []", ()),
    (
        "load_balancer",
        'allowed_cidrs = ["203.0.113.7/32", "2001:db8::/32"]',
        ("203.0.113.7/32", "2001:db8::/32"),
    ),
    ("load_balancer", "idle_timeout_seconds = 4000", 4000),
    ("service", "desired_count = 0", 0),
    ("service", "health_check_grace_period_seconds = 0", 0),
    ("logs", "retention_days = 3653", 3653),
]


@pytest.mark.parametrize(
    ("table", "line", "value"), ACCEPTED, ids=[f"{t}.{line}"[:60] for t, line, _ in ACCEPTED]
)
def test_a_value_at_the_edge_is_accepted_as_it_was_written(
    load: Load, table: str, line: str, value: Any
) -> None:
    settings = load(f"[{table}]\n{line}")

    assert getattr(getattr(settings, table), line.split()[0]) == value


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("kms_key_id", KEY),
        ("kms_key_id", "mrk-1234abcd12ab34cd56ef1234567890ab"),
        ("kms_key_id", "alias/terraform/state"),
        ("kms_key_id", f"arn:aws:kms:eu-west-1:111122223333:key/{KEY}"),
        ("kms_key_id", "arn:aws:kms:eu-west-1:111122223333:alias/state"),
        ("role_arn", "arn:aws:iam::111122223333:role/teams/ml/terraform"),
        ("key", "a/b.tfstate"),
        ("region", "us-east-1"),
    ],
)
def test_the_state_may_be_described(load: Load, line: str, value: str) -> None:
    settings = load(f'[state]\nbucket = "my.state-1"\n{line} = "{value}"')

    assert settings.state.bucket == "my.state-1"
    assert getattr(settings.state, line) == value
