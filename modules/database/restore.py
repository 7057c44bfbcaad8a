"""What a new database begins with, where it is not to begin empty: a snapshot, or another database at a point in time.

Only an instance that is being made reads it. Terraform ignores it afterwards (`RESTORED_ONCE`): neither removing nor
changing it touches the instance, which is what a setting that would replace the database has to promise.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from cdktf_cdktf_provider_aws.db_instance import DbInstanceRestoreToPointInTime

RESTORED_ONCE = ("snapshot_identifier", "restore_to_point_in_time")
# Resource ids are in upper case, instance identifiers in lower case.
RESOURCE_ID = re.compile(r"db-[A-Z0-9]+")


@dataclass(frozen=True, kw_only=True)
class FromSnapshot:
    """From a snapshot (https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_RestoreFromSnapshot.html).

    Attributes:
        identifier: the snapshot's name; the ARN of one that another account shares.
    """

    identifier: str

    def arguments(self) -> dict[str, Any]:
        """Of the instance."""
        return {"snapshot_identifier": self.identifier}


@dataclass(frozen=True, kw_only=True)
class FromPointInTime:
    """From another instance's automated backups (https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIT.html).

    Attributes:
        source: the instance's identifier; its resource id (`db-…`) where it was deleted and its backups were kept.
        time: such as `2026-11-24T18:00:00Z`; None for the latest that can be restored.
    """

    source: str
    time: str | None = None

    def arguments(self) -> dict[str, Any]:
        """Of the instance."""
        deleted = RESOURCE_ID.fullmatch(self.source)
        return {
            "restore_to_point_in_time": DbInstanceRestoreToPointInTime(
                source_db_instance_identifier=None if deleted else self.source,
                source_dbi_resource_id=self.source if deleted else None,
                restore_time=self.time,
                use_latest_restorable_time=None if self.time else True,
            )
        }


Restore = FromSnapshot | FromPointInTime
