"""Settings that have another name, place or shape than in the environments that were written."""

from __future__ import annotations

from typing import Any


def with_new_names(tree: dict[str, Any]) -> dict[str, Any]:
    """The settings as a file has to hold them now."""
    return tree
