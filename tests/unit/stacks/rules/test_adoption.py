"""Rules on what is adopted: it stays where it is, as it is, and is deleted on purpose only."""

from __future__ import annotations

import pytest

from tests.environment_files import Load, Refuse
from tests.given.adoption import ADOPT, DATABASE
from tests.given.existing import GIVEN
from tests.texts import DEMO, PRODUCTION

FILE = "environments/test.toml:"


def test_everything_is_adopted_by_its_name(load: Load) -> None:
    adopt = load(GIVEN + ADOPT).adopt

    assert adopt.names == {
        "artifact_bucket": "mlflow-artifacts",
        "database_instance": "mlflow-db",
        "database_subnet_group": "mlflow-db-subnet-group",
        "repository": "mlflow-server",
        "log_group": "/ecs/mlflow-server",
    }
    assert load().adopt.names == {}


def test_adopted_resources_are_protected_in_the_demo(load: Load) -> None:
    kept = load(GIVEN + ADOPT)

    assert kept.artifact_store.force_destroy is False
    assert kept.image.force_delete is False
    assert kept.database.deletion_protection is True
    assert kept.database.skip_final_snapshot is False
    # The rest is the demo's.
    assert kept.database.backup_retention_days == 0
    assert kept.load_balancer.deletion_protection is False


def test_other_resources_follow_the_profile(load: Load) -> None:
    settings = load('[adopt]\nrepository = "mlflow-server"')

    assert settings.image.force_delete is False
    assert settings.artifact_store.force_destroy is True
    assert settings.database.deletion_protection is False


def test_released_it_may_be_deleted(load: Load) -> None:
    released = load(GIVEN + ADOPT, base=f"allow_destroy = true\n{DEMO}")

    assert released.artifact_store.force_destroy and released.image.force_delete
    assert released.database.deletion_protection is False
    assert released.database.skip_final_snapshot is False


def test_production_adopts_an_encrypted_database(load: Load) -> None:
    assert load(GIVEN + DATABASE, base=PRODUCTION).adopt.database_instance == "mlflow-db"


def test_demo_may_adopt_an_unencrypted_database(load: Load, refuse: Refuse) -> None:
    lines = f"{GIVEN}{DATABASE}[database]\nstorage_encrypted = false"
    assert load(lines).database.storage_encrypted is False

    report = refuse(lines, base=PRODUCTION)
    assert report.places == [f"{FILE} database.storage_encrypted = false"]
    report.says(report.places[0], "true in production", "restore the instance from an encrypted copy")


@pytest.mark.parametrize(
    ("lines", "place", "problem", "fix"),
    [
        (
            DATABASE,
            'adopt.database_instance = "mlflow-db"',
            "would make another one",
            "network.vpc_id, network.public_subnet_ids, network.private_subnet_ids",
        ),
        (
            f'{GIVEN}[adopt]\ndatabase_instance = "mlflow-db"',
            "adopt.database_subnet_group",
            "cannot be moved to a new subnet group",
            "aws rds describe-db-instances --db-instance-identifier mlflow-db",
        ),
        (
            '[adopt]\ndatabase_subnet_group = "group"',
            'adopt.database_subnet_group = "group"',
            "none is named",
            "add to [adopt]: database_instance",
        ),
        (
            f'{GIVEN}{DATABASE}[database]\nrestore.snapshot_identifier = "before"',
            "database.restore",
            "A restore makes a new database",
            "or leave adopt.database_instance out",
        ),
        (
            "[database]\nstorage_encrypted = false",
            "database.storage_encrypted = false",
            "cannot be encrypted later",
            "remove the line",
        ),
        (
            f"{GIVEN}{ADOPT}[artifact_store]\nforce_destroy = true",
            "artifact_store.force_destroy = true",
            "adopt.artifact_bucket holds data that were there before",
            "set allow_destroy = true, apply, then destroy",
        ),
        (
            f"{GIVEN}{ADOPT}[database]\nskip_final_snapshot = true",
            "database.skip_final_snapshot = true",
            "adopt.database_instance holds data",
            "remove the line",
        ),
        (
            f"{GIVEN}{ADOPT}[database]\ndeletion_protection = false",
            "database.deletion_protection = false",
            "adopt.database_instance holds data",
            "remove the line",
        ),
        (
            f"{GIVEN}{ADOPT}[image]\nforce_delete = true",
            "image.force_delete = true",
            "adopt.repository holds data",
            "remove the line",
        ),
        (
            '[state]\nbucket = "one-for-all"\n[adopt]\nartifact_bucket = "one-for-all"',
            'adopt.artifact_bucket = "one-for-all"',
            "bucket of the state too",
            "keep the state in another bucket",
        ),
        (
            f"{GIVEN}{DATABASE.replace('mlflow-db', 'Mlflow_DB', 1)}",
            'adopt.database_instance = "Mlflow_DB"',
            "not of this form",
            'write it like "mlflow-db"',
        ),
        (
            f'{GIVEN}[adopt]\ndatabase_instance = "mlflow-db"\ndatabase_subnet_group = "default"',
            'adopt.database_subnet_group = "default"',
            "RDS owns it",
            "choose another",
        ),
        (
            '[adopt]\nrepository = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/mlflow:latest"',
            'adopt.repository = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/mlflow:latest"',
            "without its registry",
            'write it like "mlflow-server"',
        ),
        (
            '[adopt]\nlog_group = "aws/ecs"',
            'adopt.log_group = "aws/ecs"',
            "not beginning with aws/",
            'write it like "/ecs/mlflow-server"',
        ),
    ],
)
def test_invalid_adoption_is_refused(refuse: Refuse, lines: str, place: str, problem: str, fix: str) -> None:
    report = refuse(lines)

    assert report.places == [f"{FILE} {place}"]
    report.says(report.places[0], problem, fix)


def test_overlapping_refusals_are_reported_once(refuse: Refuse) -> None:
    report = refuse(f"{GIVEN}{ADOPT}[artifact_store]\nforce_destroy = true", base=PRODUCTION)

    assert report.places == [f"{FILE} artifact_store.force_destroy = true"]
