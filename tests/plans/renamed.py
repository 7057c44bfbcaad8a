"""Settings and outputs that have another name, place or shape than in the environments that an earlier commit wrote."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

# Old path → new path.
MOVED: Mapping[str, str] = {
    "release": "allow_destroy",
    "access.create_github_oidc_provider": "access.github.create_oidc_provider",
    "access.github_branch": "access.github.branch",
    "access.github_environment": "access.github.environment",
    "access.github_oidc_provider_arn": "access.github.oidc_provider_arn",
    "access.github_repository": "access.github.repository",
    "artifact_store.object_lock_days": "artifact_store.object_lock.days",
    "artifact_store.object_lock_mode": "artifact_store.object_lock.mode",
    "artifact_store.replica_account_id": "artifact_store.replica.account_id",
    "artifact_store.replica_bucket_arn": "artifact_store.replica.bucket_arn",
    "artifact_store.replica_kms_key_arn": "artifact_store.replica.kms_key_arn",
    "database.insights_mode": "database.database_insights_mode",
    "database.insights_retention_days": "database.database_insights_retention_days",
    "database.own_parameter_group": "database.create_parameter_group",
    "database.restore_snapshot_identifier": "database.restore.snapshot_identifier",
    "database.restore_source_identifier": "database.restore.source_db_instance_identifier",
    "database.restore_time": "database.restore.restore_time",
    "encryption.own_key": "encryption.create_kms_key",
    "state.own_kms_key": "state.create_kms_key",
    **{
        f"sign_in.{name}": f"sign_in.openid.{name}"
        for name in (
            "issuer",
            "authorization_endpoint",
            "token_endpoint",
            "user_info_endpoint",
            "jwks_uri",
            "client_id",
            "client_secret_arn",
            "client_secret_version_id",
            "audiences",
            "scopes",
            "session_timeout_seconds",
        )
    },
}
# Settings that are constants now, or follow from others.
DROPPED = (
    "access.max_session_duration_seconds",
    "alarms.cpu_percent",
    "alarms.database_connections",
    "alarms.database_cpu_percent",
    "alarms.database_free_storage_percent",
    "alarms.memory_percent",
    "database.database_insights_retention_days",
    "encryption.deletion_window_days",
    "logs.access_log_retention_days",
    "service.platform_version",
    "state.noncurrent_version_retention_days",
)
# Old name → new name.
OUTPUTS: Mapping[str, str] = {"left_by_destroy": "retained_resources"}


def with_new_names(tree: Mapping[str, Any]) -> dict[str, Any]:
    """The settings as a file has to hold them now."""
    renamed: dict[str, Any] = copy.deepcopy(dict(tree))
    for old, new in MOVED.items():
        *tables, name = old.split(".")
        table = _table(renamed, tables)
        if name in table:
            *inner, new_name = new.split(".")
            _table(renamed, inner)[new_name] = table.pop(name)
    for path in DROPPED:
        *tables, name = path.split(".")
        if _has(renamed, tables):
            _table(renamed, tables).pop(name, None)
    if "openid" in renamed.get("sign_in", {}):
        renamed["sign_in"].setdefault("mode", "openid")
    if renamed.get("network", {}).get("endpoints") == "theirs":
        renamed["network"]["endpoints"] = "existing"
    return renamed


def with_new_outputs(document: Mapping[str, Any]) -> dict[str, Any]:
    """The Terraform with the names that outputs have now."""
    renamed: dict[str, Any] = copy.deepcopy(dict(document))
    parameters = renamed["resource"]["aws_ssm_parameter"]["outputs"]["for_each"]
    for old, new in OUTPUTS.items():
        for outputs in (renamed["output"], parameters):
            if old in outputs:
                outputs[new] = outputs.pop(old)
    return renamed


def _has(tree: Mapping[str, Any], path: list[str]) -> bool:
    for key in path:
        if key not in tree:
            return False
        tree = tree[key]
    return True


def _table(tree: dict[str, Any], path: list[str]) -> dict[str, Any]:
    for key in path:
        tree = tree.setdefault(key, {})
    return tree
