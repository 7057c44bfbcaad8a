"""Settings as files hold them, before they are checked: tables in tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Tree = Mapping[str, Any]


def beneath(defaults: Tree, values: Tree) -> dict[str, Any]:
    """`values` with the defaults of what they do not set, table by table."""
    merged = dict(defaults)
    for key, value in values.items():
        default = merged.get(key)
        both_tables = isinstance(default, Mapping) and isinstance(value, Mapping)
        merged[key] = beneath(default, value) if both_tables else value  # type: ignore[arg-type]
    return merged
