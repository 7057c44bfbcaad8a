"""What the container is given: the synthesized task definition's variables, their references filled in as on AWS."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from local.aws.account import ACCOUNT_ID
from tests.synthesis import resource, synthesize_platform
from tests.texts import WITHOUT_SIGN_IN

REGION = "eu-west-1"
BUCKET = f"mlflow-test-artifacts-{ACCOUNT_ID}-{REGION}"
DATABASE_HOST = f"mlflow-test.abcdefghij.{REGION}.rds.amazonaws.com"
LOAD_BALANCER_HOST = f"mlflow-test-1234567890.{REGION}.elb.amazonaws.com"
USER = "mlflow_user"
_REFERENCE = re.compile(r"\$\{[^}]+\}")


@dataclass(frozen=True)
class Task:
    """The task definition of a demo environment.

    Attributes:
        environment: the container's, exactly.
        memory_mib: the task's.
    """

    environment: Mapping[str, str] = field(repr=False)
    memory_mib: int


def task_definition(*, secret_arn: str, keys_arn: str) -> Task:
    """Synthesized here, so that the image is tried with what the platform really sets."""
    definition = resource(synthesize_platform(WITHOUT_SIGN_IN), "aws_ecs_task_definition.service")
    (container,) = json.loads(definition["container_definitions"])
    values = {
        "${aws_s3_bucket.artifact_store.bucket}": BUCKET,
        "${aws_db_instance.database.address}": DATABASE_HOST,
        "${aws_db_instance.database.master_user_secret[0].secret_arn}": secret_arn,
        "${aws_secretsmanager_secret.server_keys.arn}": keys_arn,
        "${data.aws_caller_identity.account.account_id}": ACCOUNT_ID,
        "${aws_lb.load_balancer.dns_name}": LOAD_BALANCER_HOST,
    }

    def filled(variable: dict[str, Any]) -> str:
        return _REFERENCE.sub(lambda found: values[found.group()], variable["value"])

    return Task(
        environment={variable["name"]: filled(variable) for variable in container["environment"]},
        memory_mib=int(definition["memory"]),
    )


def with_database(environment: Mapping[str, str], database: str) -> dict[str, str]:
    """The same environment, another database of the same server."""
    uri, _, _ = environment["MLFLOW_BACKEND_STORE_URI"].rpartition("/")
    return {**environment, "MLFLOW_BACKEND_STORE_URI": f"{uri}/{database}"}
