"""What tests of the roles of CI share: environments that have them, and IAM's judgement on their policies."""

from __future__ import annotations

from pathlib import Path

from tests.given.existing import BOUNDARY
from tests.given.github import GITHUB
from tests.iam.judge import Verdict, judge
from tests.rendered import ACCOUNT, REGION
from tests.synthesis import Json
from tests.texts import PRODUCTION

BOUNDED = f'{PRODUCTION}{GITHUB}permissions_boundary_arn = "{BOUNDARY}"\n'
NAME = "mlflow-test"
EVERYTHING = (Path(__file__).parent / "emulator/production/production.toml").read_text(encoding="utf-8")


def of(role: str, policies: dict[str, list[Json]]) -> list[Json]:
    return [
        statement
        for address, document in policies.items()
        if address.startswith(f"aws_iam_policy.access_ci_{role}_")
        for statement in document
    ]


def tags(prefix: str, values: dict[str, str]) -> dict[str, str]:
    return {f"aws:{prefix}/{key}": value for key, value in values.items()}


def arn(service: str, resource: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}"


def iam(resource: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:{resource}"


def allowed(document: list[Json], action: str, arn: str, **context: str | list[str] | None) -> bool:
    return judge(document, action, arn, context, knows_all=True) is Verdict.ALLOWED
