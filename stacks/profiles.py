"""What the profiles differ in, all of it; what an adopted resource keeps; what `allow_destroy` gives up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Tree = Mapping[str, Any]

PROFILES: dict[str, dict[str, dict[str, Any]]] = {
    # To try it: cheap, open, and gone after `destroy`. For nothing that anyone would miss.
    "demo": {
        "network": {"service_subnets": "public", "flow_logs": False},
        "database": {
            "instance_class": "db.t4g.micro",
            "max_allocated_storage_gib": 0,
            "backup_retention_days": 0,
            "delete_automated_backups": True,
            "multi_az": False,
            "deletion_protection": False,
            "skip_final_snapshot": True,
            "apply_immediately": True,
            "create_parameter_group": False,
            "log_exports": [],
            "monitoring_interval_seconds": 0,
            "database_insights_mode": "off",
        },
        "artifact_store": {
            "force_destroy": True,
            "noncurrent_version_retention_days": 7,
            "transition_days": None,
        },
        "image": {"force_delete": True},
        "load_balancer": {"internal": False, "allowed_cidrs": ["0.0.0.0/0"], "deletion_protection": False},
        "service": {
            "desired_count": 1,
            "enable_execute_command": True,
            "audit_execute_command": False,
            "readonly_root_filesystem": False,
            "on_demand_count": 0,
            "container_insights": "disabled",
        },
        "scaling": {"enabled": False},
        "alarms": {"enabled": False},
        "firewall": {"enabled": False},
        "logs": {"retention_days": 14, "access_logs": False},
        "encryption": {"create_kms_key": False},
    },
    # To rely on: two of everything that can fail, kept after a mistake, closed but to named networks.
    # load_balancer.allowed_cidrs and state.bucket have no default: nobody else knows them.
    "production": {
        "network": {"service_subnets": "private", "flow_logs": True},
        "database": {
            "instance_class": "db.t4g.medium",
            "max_allocated_storage_gib": 100,
            "backup_retention_days": 7,
            "delete_automated_backups": False,
            "multi_az": True,
            "deletion_protection": True,
            "skip_final_snapshot": False,
            "apply_immediately": False,
            "create_parameter_group": True,
            "log_exports": ["postgresql", "upgrade"],
            "monitoring_interval_seconds": 60,
            "database_insights_mode": "standard",
        },
        "artifact_store": {
            "force_destroy": False,
            "noncurrent_version_retention_days": 90,
            "transition_days": 30,
        },
        "image": {"force_delete": False},
        "load_balancer": {"internal": True, "deletion_protection": True},
        "service": {
            "desired_count": 2,
            "enable_execute_command": False,
            "audit_execute_command": True,
            "readonly_root_filesystem": True,
            "on_demand_count": 2,
            "container_insights": "enabled",
        },
        "scaling": {"enabled": True},
        "alarms": {"enabled": True},
        "firewall": {"enabled": True},
        "logs": {"retention_days": 365, "access_logs": True},
        "encryption": {"create_kms_key": True},
    },
}

# What held data before this environment was there is kept, in the demo too: setting of `adopt` → defaults.
ADOPTED: dict[str, dict[str, dict[str, Any]]] = {
    "artifact_bucket": {"artifact_store": {"force_destroy": False}},
    "database_instance": {"database": {"deletion_protection": True, "skip_final_snapshot": False}},
    "repository": {"image": {"force_delete": False}},
}

# With `allow_destroy = true`: what else would keep `destroy` from removing everything. The final snapshot stays.
WITH_ALLOW_DESTROY: dict[str, dict[str, Any]] = {
    "database": {"deletion_protection": False, "delete_automated_backups": True},
    "artifact_store": {"force_destroy": True},
    "image": {"force_delete": True},
    "load_balancer": {"deletion_protection": False},
}


def beneath(defaults: Tree, values: Tree) -> dict[str, Any]:
    """`values` with the defaults of what they do not set, table by table."""
    merged = dict(defaults)
    for key, value in values.items():
        default = merged.get(key)
        both_tables = isinstance(default, Mapping) and isinstance(value, Mapping)
        merged[key] = beneath(default, value) if both_tables else value  # type: ignore[arg-type]
    return merged


def with_profile(values: Tree) -> dict[str, Any]:
    """`values` over their profile's defaults (the demo's, where the profile is wrong), over what they adopt keeps,
    without protections where they say so."""
    profile = values.get("profile")
    known = isinstance(profile, str) and profile in PROFILES
    defaults: Tree = PROFILES[profile if known else "demo"]  # type: ignore[index]
    adopt = values.get("adopt")
    for name, kept in ADOPTED.items():
        if isinstance(adopt, Mapping) and adopt.get(name) is not None:
            defaults = beneath(defaults, kept)
    return beneath(
        beneath(defaults, WITH_ALLOW_DESTROY) if values.get("allow_destroy") is True else defaults, values
    )
