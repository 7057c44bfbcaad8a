"""What an adopted resource keeps, what `allow_destroy` gives up, and how defaults are put beneath a file's settings.

Where the profiles differ, each setting says so itself (`Defaults`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modules.common.sizes import SIZES
from settings.reading.trees import Tree, beneath

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


def with_defaults(values: Tree, profiles: Mapping[str, Tree]) -> dict[str, Any]:
    """`values` over the defaults of their profile (the demo's, where the profile is wrong) and of their size, over what
    they adopt keeps, without protections where they say so."""
    profile = values.get("profile")
    known = isinstance(profile, str) and profile in profiles
    defaults = profiles[profile if known else "demo"]  # type: ignore[index]
    size = values.get("size", defaults["size"])
    if isinstance(size, str) and size in SIZES:
        defaults = beneath(defaults, SIZES[size].settings)
    adopt = values.get("adopt")
    for name, kept in ADOPTED.items():
        if isinstance(adopt, Mapping) and adopt.get(name) is not None:
            defaults = beneath(defaults, kept)
    if values.get("allow_destroy") is True:
        defaults = beneath(defaults, WITH_ALLOW_DESTROY)
    return beneath(defaults, values)
