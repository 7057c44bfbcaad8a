"""An emulated AWS with databases that are lost, spoilt and copied, and restored as docs/restore-database.md says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest

from local.aws.account import EmulatedAws
from tests.emulator.environments import (
    ACCOUNT,
    REGION,
    STATE_BUCKET,
    Platform,
    skip_without_provider,
    variables_in,
)
from tests.iam.enforcement import emulated_aws

SNAPSHOT = "kept"
THEN = "2026-11-24T18:00:00Z"
APPLY = ("apply", "-auto-approve", "-input=false", "-no-color")
# The demo, with all that a restored database would have to be given again.
SETTINGS = f"""\
profile = "demo"
region = "{REGION}"
[state]
bucket = "{STATE_BUCKET}"
[image]
uri = "{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/mlflow@sha256:{"0" * 64}"
[database]
backup_retention_days = 7
delete_automated_backups = false
deletion_protection = true
iam_database_authentication_enabled = true
database_insights_mode = "standard"
log_exports = ["postgresql", "upgrade"]
max_allocated_storage_gib = 100
monitoring_interval_seconds = 60
create_parameter_group = true
"""


@dataclass
class Drill:
    """An environment whose database is restored.

    Attributes:
        platform: the environment.
        changes: address → actions, of the plan that was applied last.
    """

    platform: Platform
    changes: dict[str, list[str]] = field(default_factory=dict)

    @property
    def database(self) -> str:
        """The instance's identifier."""
        return self.platform.stack

    def write(self, lines: str = "") -> None:
        """Writes the settings, with `lines` at the end of `[database]`, and synthesizes."""
        self.platform.write(SETTINGS + lines)
        self.platform.synthesize()

    def destroy(self) -> None:
        self.platform.terraform("destroy", "-auto-approve", "-input=false", "-no-color")

    def deploy(self) -> None:
        self.write()
        self.platform.terraform("init", "-input=false", "-no-color")
        self.platform.terraform(*APPLY)

    def apply_with(self, lines: str) -> None:
        """Plans and applies with `lines` in the file."""
        self.write(lines)
        self.platform.terraform("init", "-input=false", "-no-color")
        self.platform.plan()
        self.changes = self.platform.changes()
        self.platform.terraform("apply", "-input=false", "-no-color", "plan.bin")


@dataclass(frozen=True)
class Drills:
    """Three environments at one point of their lives.

    Attributes:
        gone: its database was deleted.
        wrong: its database is there, and its data is of no use.
        copy: made only to have a copy of another's database.
    """

    gone: Drill
    wrong: Drill
    copy: Drill


@pytest.fixture(scope="session")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatedAws]:
    skip_without_provider()
    with emulated_aws(tmp_path_factory.mktemp("restore-aws"), region=REGION) as running:
        yield running


@pytest.fixture(scope="session")
def rds(account: EmulatedAws) -> Any:
    client: Any = account.session().client("rds")
    return client


@pytest.fixture(scope="session")
def deployed(account: EmulatedAws, tmp_path_factory: pytest.TempPathFactory) -> Drills:
    """Two of them are there."""
    s3: Any = account.session().client("s3")
    s3.create_bucket(Bucket=STATE_BUCKET)
    variables = variables_in(account)
    drills = Drills(
        *(
            Drill(Platform(name, tmp_path_factory.mktemp(name), variables))
            for name in ("gone", "wrong", "copy")
        )
    )
    at_once(drills.gone.deploy, drills.wrong.deploy)
    return drills


@pytest.fixture(scope="session")
def restored(deployed: Drills, rds: Any) -> Drills:
    """All three, each as that page says."""
    gone, wrong, copy = deployed.gone, deployed.wrong, deployed.copy
    rds.create_db_snapshot(DBInstanceIdentifier=gone.database, DBSnapshotIdentifier=SNAPSHOT)
    rds.modify_db_instance(DBInstanceIdentifier=gone.database, DeletionProtection=False)
    rds.delete_db_instance(
        DBInstanceIdentifier=gone.database, SkipFinalSnapshot=True, DeleteAutomatedBackups=False
    )
    (backups,) = rds.describe_db_instance_automated_backups(DBInstanceIdentifier=gone.database)[
        "DBInstanceAutomatedBackups"
    ]
    rds.modify_db_instance(
        DBInstanceIdentifier=wrong.database,
        NewDBInstanceIdentifier=f"{wrong.database}-before",
        DBParameterGroupName="default.postgres16",
        ApplyImmediately=True,
    )
    wrong.platform.terraform("state", "rm", "aws_db_instance.database")
    at_once(
        lambda: gone.apply_with(f'restore.source_db_instance_identifier = "{backups["DbiResourceId"]}"\n'),
        lambda: wrong.apply_with(
            f'restore.source_db_instance_identifier = "{wrong.database}-before"\nrestore.restore_time = "{THEN}"\n'
        ),
        lambda: copy.apply_with(f'restore.snapshot_identifier = "{SNAPSHOT}"\n'),
    )
    return deployed


@pytest.fixture(scope="session")
def settled(restored: Drills) -> Drills:
    """All three, without the lines, as that page ends."""
    at_once(
        *(
            lambda drill=drill: drill.apply_with("")
            for drill in (restored.gone, restored.wrong, restored.copy)
        )
    )
    return restored


def at_once(*acts: Callable[[], object]) -> None:
    """The first failure is raised when all are done."""
    with ThreadPoolExecutor(max_workers=len(acts)) as pool:
        for future in [pool.submit(act) for act in acts]:
            future.result()
