"""What a new database begins with, where it is not to begin empty: a snapshot, or another database at a point in time.

Only an instance that is being made reads it. Terraform ignores it afterwards (`RESTORED_ONCE`): neither removing nor
changing it touches the instance, which is what a setting that would replace the database has to promise.
"""

from __future__ import annotations

import re
from typing import Any

from cdktf_cdktf_provider_aws.db_instance import DbInstanceRestoreToPointInTime

from modules.database.settings import RestoreSettings

RESTORED_ONCE = ("snapshot_identifier", "restore_to_point_in_time")
# Resource ids are in upper case, instance identifiers in lower case.
RESOURCE_ID = re.compile(r"db-[A-Z0-9]+")


def restore_arguments(restore: RestoreSettings | None) -> dict[str, Any]:
    """Of the instance: a snapshot (https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_RestoreFromSnapshot.html),
    or the automated backups of another instance, which is named by its identifier or, where it was deleted and its
    backups were kept, by its resource id (https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIT.html)."""
    if restore is None:
        return {}
    if restore.snapshot_identifier:
        return {"snapshot_identifier": restore.snapshot_identifier}
    # One of the two is set (stacks/rules/database.py).
    source = str(restore.source_db_instance_identifier)
    deleted = RESOURCE_ID.fullmatch(source)
    return {
        "restore_to_point_in_time": DbInstanceRestoreToPointInTime(
            source_db_instance_identifier=None if deleted else source,
            source_dbi_resource_id=source if deleted else None,
            restore_time=restore.restore_time,
            use_latest_restorable_time=None if restore.restore_time else True,
        )
    }
