"""Rules on the database's settings together: windows, storage, versions, Database Insights, restoring."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from modules.common import aws
from modules.database import authorities as rds_authorities
from modules.database import values as rds
from modules.database import versions
from settings.language.errors import Refusal
from settings.language.rules import Rule, Violation

if TYPE_CHECKING:
    from stacks.environment import EnvironmentSettings


def windows_are_apart(settings: EnvironmentSettings) -> Iterator[Violation]:
    """https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html"""
    backups, maintenance = settings.database.backup_window, settings.database.maintenance_window
    daily, weekly = rds.daily(backups), rds.weekly(maintenance)
    if daily and weekly and rds.overlap(daily, weekly):
        refusal = Refusal(
            f"It meets the backups' window, {backups} on every day.",
            "a window that does not overlap or touch database.backup_window",
            "move one of the two; the defaults are 03:00-04:00 and sun:05:00-sun:06:00.",
        )
        yield Violation(("database", "maintenance_window"), refusal)


def storage_can_grow(settings: EnvironmentSettings) -> Iterator[Violation]:
    """https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIOPS.Autoscaling.html"""
    storage, most = settings.database.allocated_storage_gib, settings.database.max_allocated_storage_gib
    least = -(-storage * 11 // 10)
    if most and most < least:
        refusal = Refusal(
            f"RDS wants it a tenth above the {storage} GiB of database.allocated_storage_gib.",
            f"{least} GiB or more; 0 for storage that does not grow",
            f"set database.max_allocated_storage_gib = {min(2 * storage, 65536)}.",
        )
        yield Violation(("database", "max_allocated_storage_gib"), refusal)


def minor_versions_have_one_master(settings: EnvironmentSettings) -> Iterator[Violation]:
    """RDS chooses the minor version, or the settings do
    (https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_UpgradeDBInstance.PostgreSQL.Minor.html)."""
    version, automatic = settings.database.engine_version, settings.database.auto_minor_version_upgrade
    major, _, minor = version.partition(".")
    if minor and automatic:
        refusal = Refusal(
            f"RDS goes on from {version} by itself, and the next plan would want to go back, which RDS refuses.",
            "a major version alone, or both and database.auto_minor_version_upgrade = false",
            f'write engine_version = "{major}"; or add auto_minor_version_upgrade = false, and upgrade by hand.',
        )
        yield Violation(("database", "engine_version"), refusal)
    if settings.profile == "production" and not (minor or automatic):
        refusal = Refusal(
            "Nobody would install PostgreSQL's security fixes.",
            "true in production; false where database.engine_version names the minor version, too",
            'remove the line; or write the minor version, such as engine_version = "16.8", and keep it up to date.',
        )
        yield Violation(("database", "auto_minor_version_upgrade"), refusal)


def a_major_upgrade_does_not_wait(settings: EnvironmentSettings) -> Iterator[Violation]:
    """The old version's parameter group goes in the same apply, and cannot while the instance has it."""
    if settings.database.allow_major_version_upgrade and not settings.database.apply_immediately:
        refusal = Refusal(
            "The upgrade would wait for the maintenance window, and the apply would fail on what is still in use.",
            "true together with database.apply_immediately = true",
            "add apply_immediately = true for this one apply (docs/upgrade-postgresql.md).",
        )
        yield Violation(("database", "allow_major_version_upgrade"), refusal)


def one_source_is_restored(settings: EnvironmentSettings) -> Iterator[Violation]:
    """https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIT.html"""
    restore = settings.database.restore
    if restore is None:
        return
    snapshot, source = restore.snapshot_identifier, restore.source_db_instance_identifier
    if bool(snapshot) == bool(source):
        refusal = Refusal(
            f'A database begins with one of them, and source_db_instance_identifier = "{source}" is set, too.'
            if source
            else "Nothing says what the database begins with.",
            "snapshot_identifier or source_db_instance_identifier",
            "remove one of the two."
            if source
            else "add one of the two; or remove the table, for an empty database.",
        )
        yield Violation(("database", "restore", "snapshot_identifier"), refusal)
    if restore.restore_time and not source:
        refusal = Refusal(
            "A snapshot is of one moment.",
            "together with source_db_instance_identifier",
            "add source_db_instance_identifier, or remove this line.",
        )
        yield Violation(("database", "restore", "restore_time"), refusal)
    own_name = f"{settings.name}-{settings.environment}"
    if source == own_name:
        refusal = Refusal(
            "This environment's own instance has that name, and RDS restores into another one only.",
            "an instance of another name",
            f'rename it first, such as to "{own_name}-before" (docs/restore-database.md), and write that.',
        )
        yield Violation(("database", "restore", "source_db_instance_identifier"), refusal)


def the_version_is_supported(settings: EnvironmentSettings) -> Iterator[Violation]:
    """RDS upgrades a version whose support has ended, or charges for it
    (https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/extended-support-overview.html)."""
    major = settings.database.engine_version.partition(".")[0]
    version = versions.MAJOR_VERSIONS[major]
    if version.has_ended and settings.database.engine_lifecycle_support != versions.EXTENDED:
        refusal = Refusal(
            f"Standard support of PostgreSQL {major} ended on {version.end_of_standard_support}.",
            f"PostgreSQL {', '.join(versions.SUPPORTED)}; an older one with Extended Support, which RDS charges for",
            f'write "{versions.SUPPORTED[0]}" or a later one (docs/upgrade-postgresql.md); or add to [database]: '
            f'engine_lifecycle_support = "{versions.EXTENDED}".',
        )
        yield Violation(("database", "engine_version"), refusal)


def the_image_knows_the_authority(settings: EnvironmentSettings) -> Iterator[Violation]:
    """The server checks the database's certificate; what a given image knows is its maker's to say
    (https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html)."""
    if settings.image.uri is not None:
        return
    region, authority = settings.region, settings.database.ca_cert_identifier
    known = rds_authorities.known_authorities(rds_authorities.FOLDER)
    if (region, authority) in known:
        return
    others = sorted(other for where, other in known if where == region)
    if others:
        problem = f"The image does not have this authority's certificate in {region}: no task would start."
        allowed = f"in {region}: {', '.join(others)}"
        yield Violation(
            ("database", "ca_cert_identifier"), Refusal(problem, allowed, f'write "{others[0]}".')
        )
        return
    partition = aws.PARTITION_OF[region]
    problem = (
        f"The image has no certificate of RDS's authorities in {region}: no task could verify its database."
    )
    allowed = ", ".join(sorted(where for where, other in known if other == authority))
    fix = (
        f"run `{rds_authorities.command(partition)}` and commit what it writes "
        "(docs/image.md#authorities-of-the-database); or name an image that has them in image.uri. "
        f'AWS\'s stores are one for each partition, and this is "{partition}".'
    )
    yield Violation(("region",), Refusal(problem, f"regions whose authorities the image has: {allowed}", fix))


DATABASE_RULES: tuple[Rule, ...] = (
    windows_are_apart,
    storage_can_grow,
    minor_versions_have_one_master,
    a_major_upgrade_does_not_wait,
    one_source_is_restored,
    the_version_is_supported,
    the_image_knows_the_authority,
)
