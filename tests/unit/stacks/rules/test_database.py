"""The database's windows, versions, storage, insights and restoring: what goes together."""

from __future__ import annotations

import pytest

from tests.environment_files import Load, Refuse
from tests.texts import PRODUCTION

FILE = "environments/test.toml: database"
NOT_A_WINDOW = [
    ('backup_window = "3:00-4:00"', "is not of this form", 'write it like "03:00-04:00"'),
    ('backup_window = "03:00-24:00"', "is not of this form", 'write it like "03:00-04:00"'),
    ('backup_window = "03:00-03:29"', "It is 29 minutes long", "30 minutes or more"),
    ('backup_window = "03:00-03:00"', "It is 0 minutes long", "30 minutes or more"),
    ('maintenance_window = "Sun:05:00-Sun:06:00"', "is not of this form", 'like "sun:05:00-sun:06:00"'),
    ('maintenance_window = "05:00-06:00"', "is not of this form", 'like "sun:05:00-sun:06:00"'),
    ('maintenance_window = "sun:05:00-sun:05:20"', "It is 20 minutes long", "30 minutes or more"),
    ('maintenance_window = "sun:05:00-mon:05:00"', "a day long, or longer", "write a shorter one"),
    ('maintenance_window = "mon:05:00-sun:05:00"', "a day long, or longer", "write a shorter one"),
]


@pytest.mark.parametrize(("line", "problem", "fix"), NOT_A_WINDOW)
def test_invalid_windows_are_refused(refuse: Refuse, line: str, problem: str, fix: str) -> None:
    report = refuse(f"[database]\n{line}")

    assert report.places == [f"{FILE}.{line}"]
    report.says(report.places[0], problem, fix)


NOT_OFFERED = [
    ('ca_cert_identifier = "rds-ca-2019"', '"rds-ca-rsa2048-g1", "rds-ca-rsa4096-g1"', '"rds-ca-'),
    ("monitoring_interval_seconds = 20", "0, 1, 5, 10, 15, 30, 60 seconds", "write 15, the nearest"),
    ('database_insights_mode = "standart"', '"off", "standard", "advanced"', 'did you mean "standard"?'),
    ("max_allocated_storage_gib = 65537", "from 0 to 65,536 GiB", "write 65536, the highest"),
]


@pytest.mark.parametrize(("line", "allowed", "fix"), NOT_OFFERED)
def test_unsupported_rds_values_are_refused(refuse: Refuse, line: str, allowed: str, fix: str) -> None:
    report = refuse(f"[database]\n{line}")

    assert report.places == [f"{FILE}.{line}"]
    report.says(report.places[0], allowed, fix)


def test_a_log_that_postgresql_does_not_have(refuse: Refuse) -> None:
    report = refuse('[database]\nlog_exports = ["postgresql", "audit"]')

    assert report.places == [f'{FILE}.log_exports[1] = "audit"']
    report.says(report.places[0], '"postgresql", "upgrade", "iam-db-auth-error"')


MEETING = [
    ("03:00-04:00", "sun:03:30-sun:04:30"),
    ("03:00-04:00", "sun:02:30-sun:03:30"),
    ("03:00-04:00", "sun:02:00-sun:08:00"),
    ("02:00-08:00", "wed:03:00-wed:04:00"),
    ("03:00-04:00", "sun:04:00-sun:05:00"),
    ("23:30-00:30", "mon:00:00-mon:01:00"),
    ("23:30-00:30", "sun:23:00-sun:23:45"),
    ("00:00-01:00", "sun:23:00-mon:00:30"),
]


@pytest.mark.parametrize(("backups", "maintenance"), MEETING)
def test_windows_that_meet(refuse: Refuse, backups: str, maintenance: str) -> None:
    report = refuse(f'[database]\nbackup_window = "{backups}"\nmaintenance_window = "{maintenance}"')

    assert report.places == [f'{FILE}.maintenance_window = "{maintenance}"']
    report.says(report.places[0], f"{backups} on every day", "move one of the two")


@pytest.mark.parametrize(
    ("backups", "maintenance"),
    [
        ("03:00-04:00", "sun:04:01-sun:05:00"),
        ("23:00-23:30", "sun:23:31-mon:00:30"),
        ("00:31-01:01", "sun:23:31-mon:00:30"),
    ],
)
def test_windows_that_do_not_meet(load: Load, backups: str, maintenance: str) -> None:
    database = load(f'[database]\nbackup_window = "{backups}"\nmaintenance_window = "{maintenance}"').database

    assert (database.backup_window, database.maintenance_window) == (backups, maintenance)


def test_storage_grows_by_a_tenth_at_least(refuse: Refuse, load: Load) -> None:
    report = refuse("[database]\nallocated_storage_gib = 95", base=PRODUCTION)

    assert report.places == [f"{FILE}.max_allocated_storage_gib = 100"]
    report.says(report.places[0], "a tenth above the 95 GiB", "105 GiB or more", "gib = 190")
    for most in (0, 105):
        line = f"allocated_storage_gib = 95\nmax_allocated_storage_gib = {most}"
        assert load(f"[database]\n{line}", base=PRODUCTION).database.max_allocated_storage_gib == most


def test_minor_version_needs_auto_upgrade_off(refuse: Refuse, load: Load) -> None:
    report = refuse('[database]\nengine_version = "16.8"')

    assert report.places == [f'{FILE}.engine_version = "16.8"']
    report.says(report.places[0], "the next plan would want to go back", 'engine_version = "16"')
    pinned = 'engine_version = "16.8"\nauto_minor_version_upgrade = false'
    for base in (PRODUCTION, 'profile = "demo"\nregion = "eu-west-1"\n'):
        assert load(f"[database]\n{pinned}", base=base).database.engine_version == "16.8"


def test_production_requires_minor_upgrades_or_a_pinned_version(refuse: Refuse, load: Load) -> None:
    line = "auto_minor_version_upgrade = false"
    report = refuse(f"[database]\n{line}", base=PRODUCTION)

    assert report.places == [f"{FILE}.{line}"]
    report.says(report.places[0], "Nobody would install", "remove the line")
    assert load(f"[database]\n{line}")


def test_a_major_upgrade_does_not_wait_for_the_window(refuse: Refuse, load: Load) -> None:
    line = "allow_major_version_upgrade = true"
    report = refuse(f"[database]\n{line}", base=PRODUCTION)

    assert report.places == [f"{FILE}.{line}"]
    report.says(report.places[0], "would wait for the maintenance window", "add apply_immediately = true")
    assert load(f"[database]\n{line}\napply_immediately = true", base=PRODUCTION)


def test_a_version_without_support_is_asked_for(refuse: Refuse, load: Load) -> None:
    report = refuse('[database]\nengine_version = "13"')

    assert report.places == [f'{FILE}.engine_version = "13"']
    report.says(
        report.places[0], "ended on 2026-02-28", 'write "14" or a later one', "engine_lifecycle_support"
    )
    paid = 'engine_lifecycle_support = "open-source-rds-extended-support"'
    assert load(f'[database]\nengine_version = "13.20"\nauto_minor_version_upgrade = false\n{paid}')


NOT_A_SOURCE = [
    ('restore.snapshot_identifier = "-kept"', "a snapshot's name, or the ARN", 'write it like "mlflow-'),
    (
        'restore.snapshot_identifier = "kept--twice"',
        "a snapshot's name, or the ARN",
        'write it like "mlflow-',
    ),
    (
        'restore.source_db_instance_identifier = "Before"',
        "an instance's identifier, or the resource id",
        'write it like "mlflow-',
    ),
    (
        'restore.source_db_instance_identifier = "mlflow-test"',
        "restores into another one only",
        '"mlflow-test-before"',
    ),
]


@pytest.mark.parametrize(("line", "text", "fix"), NOT_A_SOURCE)
def test_invalid_restore_sources_are_refused(refuse: Refuse, line: str, text: str, fix: str) -> None:
    report = refuse(f"[database]\n{line}")

    assert report.places == [f"{FILE}.{line}"]
    report.says(report.places[0], text, fix)


@pytest.mark.parametrize("time", ["2026-11-24 18:00:00", "2026-11-24T18:00:00+01:00", "2026-02-30T18:00:00Z"])
def test_invalid_times_are_refused(refuse: Refuse, time: str) -> None:
    report = refuse(
        f'[database]\nrestore.source_db_instance_identifier = "before"\nrestore.restore_time = "{time}"'
    )

    assert report.places == [f'{FILE}.restore.restore_time = "{time}"']
    report.says(report.places[0], "a time in UTC", 'write it like "2026-11-24T18:00:00Z"')


def test_a_database_begins_with_one_thing(refuse: Refuse) -> None:
    lines = 'restore.snapshot_identifier = "kept"\nrestore.source_db_instance_identifier = "before"'
    report = refuse(f"[database]\n{lines}")

    assert report.places == [f'{FILE}.restore.snapshot_identifier = "kept"']
    report.says(
        report.places[0],
        'source_db_instance_identifier = "before" is set, too',
        "remove one of the two",
    )


def test_restore_requires_a_source(refuse: Refuse) -> None:
    report = refuse('[database.restore]\nrestore_time = "2026-11-24T18:00:00Z"')

    report.says(f"{FILE}.restore.snapshot_identifier", "Nothing says what", "or remove the table")


def test_a_time_is_of_an_instance(refuse: Refuse) -> None:
    report = refuse(
        '[database]\nrestore.snapshot_identifier = "kept"\nrestore.restore_time = "2026-11-24T18:00:00Z"'
    )

    assert report.places == [f'{FILE}.restore.restore_time = "2026-11-24T18:00:00Z"']
    report.says(report.places[0], "of one moment", "add source_db_instance_identifier")


@pytest.mark.parametrize(
    "lines",
    [
        'restore.snapshot_identifier = "rds:mlflow-test-2026-11-24-03-05"',
        'restore.snapshot_identifier = "arn:aws:rds:eu-west-1:111122223333:snapshot:shared"',
        'restore.source_db_instance_identifier = "db-ABCDEFGHIJKLMNOPQRSTUVWXYZ"',
        'restore.source_db_instance_identifier = "mlflow-test-before"\nrestore.restore_time = "2026-11-24T18:00:00Z"',
    ],
)
def test_valid_restore_sources_are_accepted(load: Load, lines: str) -> None:
    for base in (PRODUCTION, 'profile = "demo"\nregion = "eu-west-1"\n'):
        assert load(f"[database]\n{lines}", base=base)


def test_each_kind_of_log_is_exported_once(refuse: Refuse) -> None:
    report = refuse('[database]\nlog_exports = ["upgrade", "postgresql", "upgrade"]')

    (place,) = report.places
    report.says(place, '"upgrade" is listed twice', "list each kind once")
