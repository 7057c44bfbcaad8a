"""The emulated cloud: an AWS account, a PostgreSQL for its RDS instance, a bucket for Terraform's state."""

from __future__ import annotations

import os
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self

from local.aws.account import ACCOUNT_ID, EmulatedAws, EmulatedAwsError, without_aws
from local.demo.report import DemoError, Report
from local.demo.server import Overrides
from local.demo.task import Task
from local.demo.workspace import PROJECT, Workspace
from local.postgres import EmbeddedPostgres, PostgresError
from settings.language.errors import SettingsError
from stacks.environment import EnvironmentSettings
from stacks.loading import load_environments
from tools.setup import toolchain

ENVIRONMENT = "demo"
STATE_BUCKET = f"mlflow-demo-state-{ACCOUNT_ID}"


class Cloud:
    """A context manager: all of it is empty at first and gone afterwards.

    Attributes:
        settings: those of environments/demo.toml.
        aws, postgres: the servers.
        session: boto3, for `aws`.
    """

    settings: EnvironmentSettings
    aws: EmulatedAws
    postgres: EmbeddedPostgres

    def __init__(self, workspace: Workspace, report: Report) -> None:
        self._workspace = workspace
        self._report = report
        self._open = ExitStack()
        # Before anything is imported that adds to it.
        self._base = without_aws(os.environ)

    def __enter__(self) -> Self:
        logs = self._workspace.logs
        with ExitStack() as opened:
            with self._report.step("Settings") as step:
                self.settings = self._settings()
                step.detail = f"environments/{ENVIRONMENT}.toml, region {self.settings.region}"
            with self._report.step("Emulated AWS") as step:
                try:
                    self.aws = opened.enter_context(EmulatedAws(logs, region=self.settings.region))
                except EmulatedAwsError as error:
                    raise DemoError(str(error)) from error
                self.session = self.aws.session()
                self._make_state_bucket()
                step.detail = f"{self.aws.endpoint_url} (moto), with a bucket for Terraform's state"
            with self._report.step("Embedded PostgreSQL") as step:
                try:
                    self.postgres = opened.enter_context(
                        EmbeddedPostgres(self._workspace.folder / "postgres")
                    )
                except PostgresError as error:
                    raise DemoError(str(error)) from error
                step.detail = f"{self.postgres.version}, 127.0.0.1:{self.postgres.port}, TLS only"
            self._open = opened.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._open.close()

    def environment(self) -> dict[str, str]:
        """The whole environment for cdktf and Terraform; nothing of the user's AWS is in it."""
        return {
            **self._base,
            **toolchain.terraform_environment(),
            **self.aws.environment(),
            "MLFLOW_INFRA_STATE__BUCKET": STATE_BUCKET,
        }

    def plain_environment(self) -> dict[str, str]:
        """The user's own, without AWS: for other programs."""
        return dict(self._base)

    def be_the_database_of(self, task: Task) -> None:
        """What RDS did when it made the instance: the certificate, the master user with the secret's password, the
        database."""
        self.postgres.answer_for(task.database_host)
        self.postgres.create_role(task.database_user, task.database_password)
        self.postgres.create_database(task.database_name, owner=task.database_user)

    def overrides(self, port: int) -> Overrides:
        """The variables of a task that runs outside AWS."""
        aws = self.aws.environment()
        told = ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
        return Overrides(
            aws={name: aws[name] for name in told},
            database_port=self.postgres.port,
            ca_bundle=self.postgres.ca_bundle,
            port=port,
        )

    def remove_state_bucket(self) -> None:
        """The demo's own bucket, with every version in it."""
        s3: Any = self.session.client("s3")
        listed = s3.list_object_versions(Bucket=STATE_BUCKET)
        for item in [*listed.get("Versions", []), *listed.get("DeleteMarkers", [])]:
            s3.delete_object(Bucket=STATE_BUCKET, Key=item["Key"], VersionId=item["VersionId"])
        s3.delete_bucket(Bucket=STATE_BUCKET)

    def _settings(self) -> EnvironmentSettings:
        try:
            environments = load_environments(PROJECT / "environments", {**self._base})
        except SettingsError as error:
            raise DemoError(str(error)) from error
        for settings in environments:
            if settings.environment == ENVIRONMENT:
                return settings
        raise DemoError(f"environments/{ENVIRONMENT}.toml is missing; `git checkout` brings it back")

    def _make_state_bucket(self) -> None:
        s3: Any = self.session.client("s3")
        region = self.settings.region
        elsewhere = (
            {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        )
        s3.create_bucket(Bucket=STATE_BUCKET, **elsewhere)
        s3.put_bucket_versioning(Bucket=STATE_BUCKET, VersioningConfiguration={"Status": "Enabled"})
