"""PostgreSQL's major versions on RDS, and when their support ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from settings.language.errors import Refusal
from settings.language.setting import Allowed

EXTENDED, NOT_EXTENDED = "open-source-rds-extended-support", "open-source-rds-extended-support-disabled"
# When the table was last compared with its source. Synthesis reads no clock: the same commit gives the same plan.
REVIEWED = date(2026, 11, 26)


@dataclass(frozen=True)
class MajorVersion:
    """One major version.

    Attributes:
        end_of_standard_support: the last day of it; from the next day RDS charges for Extended Support, or upgrades.
    """

    end_of_standard_support: date

    @property
    def has_ended(self) -> bool:
        return self.end_of_standard_support < REVIEWED


# https://docs.aws.amazon.com/AmazonRDS/latest/PostgreSQLReleaseNotes/postgresql-release-calendar.html
MAJOR_VERSIONS: Mapping[str, MajorVersion] = {
    "13": MajorVersion(date(2026, 2, 28)),
    "14": MajorVersion(date(2027, 2, 28)),
    "15": MajorVersion(date(2028, 2, 29)),
    "16": MajorVersion(date(2029, 2, 28)),
    "17": MajorVersion(date(2030, 2, 28)),
    "18": MajorVersion(date(2031, 2, 28)),
}
SUPPORTED = tuple(major for major, version in MAJOR_VERSIONS.items() if not version.has_ended)


def _refuse_engine_version(version: str) -> Refusal | None:
    major, dot, minor = version.partition(".")
    if major in MAJOR_VERSIONS and (not dot or (minor.isascii() and minor.isdigit())):
        return None
    return Refusal(
        f'"{version}" is not a PostgreSQL version of RDS.',
        ENGINE_VERSION.text,
        'write a major version, such as "16" (RDS picks the minor one), or both, such as "16.8".',
    )


ENGINE_VERSION = Allowed(
    f"PostgreSQL {', '.join(MAJOR_VERSIONS)}, with or without a minor version", _refuse_engine_version
)
