"""What RDS accepts: windows, snapshots, times, authorities, and how long Database Insights keeps what it saw."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence

from settings.language.errors import Refusal
from settings.language.setting import Allowed, between, matching, one_of, one_of_numbers

MINUTES_OF_DAY = 24 * 60
MINUTES_OF_WEEK = 7 * MINUTES_OF_DAY
SHORTEST_WINDOW_MINUTES = 30
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TIME = r"([01][0-9]|2[0-3]):([0-5][0-9])"
_DAILY = re.compile(rf"{_TIME}-{_TIME}")
_WEEKLY = re.compile(rf"({'|'.join(DAYS)}):{_TIME}-({'|'.join(DAYS)}):{_TIME}")

# Minutes from the day's or the week's beginning, and the length in minutes.
Window = tuple[int, int]


def daily(window: str) -> Window | None:
    """`03:00-04:00`, in UTC; None where it is not of this form."""
    found = _DAILY.fullmatch(window)
    if not found:
        return None
    hour, minute, end_hour, end_minute = map(int, found.groups())
    begin = 60 * hour + minute
    return begin, (60 * end_hour + end_minute - begin) % MINUTES_OF_DAY


def weekly(window: str) -> Window | None:
    """`sun:05:00-sun:06:00`, in UTC; None where it is not of this form."""
    found = _WEEKLY.fullmatch(window)
    if not found:
        return None
    day, hour, minute, end_day, end_hour, end_minute = found.groups()
    begin, end = (
        MINUTES_OF_DAY * DAYS.index(name) + 60 * int(hours) + int(minutes)
        for name, hours, minutes in ((day, hour, minute), (end_day, end_hour, end_minute))
    )
    return begin, (end - begin) % MINUTES_OF_WEEK


def overlap(backups: Window, maintenance: Window) -> bool:
    """Whether the daily window meets the weekly one on any day; windows that touch do, too."""
    begin, length = maintenance
    week = range(-1, 9)  # a window of the last day reaches into the next week
    return any(
        day * MINUTES_OF_DAY + backups[0] <= begin + length
        and begin <= day * MINUTES_OF_DAY + backups[0] + backups[1]
        for day in week
    )


def _refuse_daily(window: str) -> Refusal | None:
    return _refuse(window, daily(window), BACKUP_WINDOW.text, "03:00-04:00")


def _refuse_weekly(window: str) -> Refusal | None:
    return _refuse(window, weekly(window), MAINTENANCE_WINDOW.text, "sun:05:00-sun:06:00")


def _refuse(text: str, window: Window | None, allowed: str, example: str) -> Refusal | None:
    if window is None:
        return Refusal(f'"{text}" is not of this form.', allowed, f'write it like "{example}".')
    length = window[1]
    if length < SHORTEST_WINDOW_MINUTES:
        return Refusal(
            f"It is {length} minutes long.",
            allowed,
            f'write {SHORTEST_WINDOW_MINUTES} minutes or more, "{example}".',
        )
    if length >= MINUTES_OF_DAY:
        return Refusal("It is a day long, or longer.", allowed, f'write a shorter one, such as "{example}".')
    return None


# https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html (PreferredBackupWindow,
# PreferredMaintenanceWindow)
BACKUP_WINDOW = Allowed("hh:mm-hh:mm in UTC, 30 minutes or more", _refuse_daily)
MAINTENANCE_WINDOW = Allowed(
    f"ddd:hh:mm-ddd:hh:mm in UTC (ddd: {', '.join(DAYS)}), 30 minutes or more, less than a day",
    _refuse_weekly,
)

# PostgreSQL's own: `SELECT max_val FROM pg_settings WHERE name = 'max_connections'`.
MOST_CONNECTIONS = 262_143
# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html
CA_CERT_IDENTIFIERS = ("rds-ca-rsa2048-g1", "rds-ca-rsa4096-g1", "rds-ca-ecc384-g1")
CA_CERT_IDENTIFIER = one_of(CA_CERT_IDENTIFIERS)
# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_Monitoring.OS.Enabling.html
MONITORING_INTERVAL_SECONDS = one_of_numbers(
    (0, 1, 5, 10, 15, 30, 60), "seconds; 0 is no enhanced monitoring"
)
# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_DatabaseInsights.html
INSIGHTS_MODE = one_of(("off", "standard", "advanced"))
# What each mode keeps at least: what is free, and what the price of the mode advanced includes
# (https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_DatabaseInsights.html).
FREE_INSIGHTS_DAYS, ADVANCED_INSIGHTS_DAYS = 7, 465
# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_LogAccess.Concepts.PostgreSQL.overview.html
LOG_EXPORT = one_of(("postgresql", "upgrade", "iam-db-auth-error"))


def _refuse_log_exports(kinds: Sequence[str]) -> Refusal | None:
    twice = sorted({kind for kind in kinds if kinds.count(kind) > 1})
    if not twice:
        return None
    return Refusal(f'"{twice[0]}" is listed twice.', LOG_EXPORTS.text, "list each kind once.")


LOG_EXPORTS = Allowed(f"different kinds of logs: {LOG_EXPORT.text}", _refuse_log_exports)
# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIOPS.Autoscaling.html
MAX_ALLOCATED_STORAGE_GIB = between(
    0, 65536, "GiB, a tenth more than allocated_storage_gib or above; 0 is no growth"
)
_IDENTIFIER = r"[a-z](-?[a-z0-9])*"
# https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_RestoreDBInstanceFromDBSnapshot.html
SNAPSHOT_IDENTIFIER = matching(
    rf"(?=.{{1,255}}$)(rds:)?{_IDENTIFIER}|arn:aws[a-z-]*:rds:[a-z0-9-]+:\d{{12}}:snapshot:(rds:)?{_IDENTIFIER}",
    "a snapshot's name, or the ARN of one that is shared",
    example="mlflow-production-sg-0a1b2c3d4e5f67890",
)
# https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_RestoreDBInstanceToPointInTime.html
SOURCE_IDENTIFIER = matching(
    rf"(?=.{{1,63}}$){_IDENTIFIER}|db-[A-Z0-9]{{1,60}}",
    "an instance's identifier, or the resource id (db-…, in upper case) of one that was deleted",
    example="mlflow-production-before",
)


def _refuse_time(text: str) -> Refusal | None:
    try:
        datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ")
    except ValueError:
        return Refusal(
            f'"{text}" is no time of this form.', RESTORE_TIME.text, f'write it like "{EXAMPLE_TIME}".'
        )
    return None


EXAMPLE_TIME = "2026-11-24T18:00:00Z"
RESTORE_TIME = Allowed("a time in UTC, YYYY-MM-DDThh:mm:ssZ, within the backups' retention", _refuse_time)
