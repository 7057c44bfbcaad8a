"""Environments that differ in as much as they can, applied at once in one emulated AWS, to be planned a second time.

They are the files beside this one; what stands in braces there is made first. None is destroyed: other folders do that.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from local.aws.account import EmulatedAws
from tests.emulator.environments import (
    REGION,
    STATE_BUCKET,
    Platform,
    skip_without_provider,
    variables_in,
)
from tests.iam.enforcement import emulated_aws

HERE = Path(__file__).parent
FILES = {file.stem: file for file in sorted(HERE.glob("*.toml"))}
LOG_BUCKET = "their-access-logs"
# Its log group there is already when it is applied for the first time.
TAKES_LOG_GROUP_IN = "old"
LOG_GROUP = f"/aws/ecs/containerinsights/mlflow-{TAKES_LOG_GROUP_IN}/performance"
LOG_GROUP_ADDRESS = "aws_cloudwatch_log_group.service_container_insights"

Client = Callable[[str], Any]


class Environment(Platform):
    """One whose `name` is its own: its stack is the only one that there is."""

    @property
    def working_directory(self) -> Path:
        (stack,) = (self.output / "stacks").iterdir()
        return stack


@pytest.fixture(scope="session")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatedAws]:
    skip_without_provider()
    with emulated_aws(tmp_path_factory.mktemp("second-plan-aws"), region=REGION) as running:
        yield running


@pytest.fixture(scope="session")
def client(account: EmulatedAws) -> Client:
    """boto3's clients, untyped."""
    make: Any = account.session().client
    return lambda service: make(service)


@pytest.fixture(scope="session")
def given(client: Client) -> dict[str, str]:
    """What others made, by the name that it has in the files."""
    allow_logs_into(client("s3"), LOG_BUCKET)
    client("s3").create_bucket(Bucket=STATE_BUCKET)
    client("iam").create_role(RoleName="state", AssumeRolePolicyDocument="{}")
    client("logs").create_log_group(logGroupName=LOG_GROUP)
    provider = client("iam").create_open_id_connect_provider(
        Url="https://token.actions.githubusercontent.com", ClientIDList=["sts.amazonaws.com"]
    )
    secret = client("secretsmanager").create_secret(Name="sign-in", SecretString="only-of-this-test")
    zone = client("route53").create_hosted_zone(Name="example.com", CallerReference="1")["HostedZone"]
    return {
        "certificate_arn": client("acm").request_certificate(DomainName="given.example.com")[
            "CertificateArn"
        ],
        "key_arn": client("kms").create_key()["KeyMetadata"]["Arn"],
        "oidc_provider_arn": provider["OpenIDConnectProviderArn"],
        "secret_arn": secret["ARN"],
        "secret_version_id": secret["VersionId"],
        "topic_arn": client("sns").create_topic(Name="pager")["TopicArn"],
        "zone_id": zone["Id"].removeprefix("/hostedzone/"),
    }


@pytest.fixture(scope="session")
def applied(
    account: EmulatedAws, given: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Platform]:
    """Name of a file → its environment, applied once. All at once, as each waits far more than it computes."""
    variables = variables_in(account)

    def apply(name: str) -> Platform:
        platform = Environment(name, tmp_path_factory.mktemp(name), variables)
        platform.write(with_given(FILES[name].read_text(encoding="utf-8"), given))
        platform.synthesize()
        platform.terraform("init", "-input=false", "-no-color")
        if name == TAKES_LOG_GROUP_IN:
            platform.terraform("import", "-input=false", "-no-color", LOG_GROUP_ADDRESS, LOG_GROUP)
        platform.terraform("apply", "-auto-approve", "-input=false", "-no-color")
        return platform

    with ThreadPoolExecutor(max_workers=len(FILES)) as pool:
        return dict(zip(FILES, pool.map(apply, FILES), strict=True))


@pytest.fixture(scope="session")
def planned(applied: dict[str, Platform]) -> dict[str, int]:
    """Name of a file → the exit code of its environment's second plan, after another synthesis."""

    def plan(name: str) -> int:
        applied[name].synthesize()
        return applied[name].plan()

    with ThreadPoolExecutor(max_workers=len(FILES)) as pool:
        return dict(zip(FILES, pool.map(plan, FILES), strict=True))


def with_given(text: str, given: dict[str, str]) -> str:
    """`text` with what others made in place of the names in braces."""
    for name, value in given.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def allow_logs_into(s3: Any, bucket: str) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "logging.s3.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{bucket}/*",
    }
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_policy(
        Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    )
