"""Artifact stores to build in a stack."""

from __future__ import annotations

from typing import Any

from modules.storage.artifact_store import ArtifactStore
from modules.storage.settings import ArtifactStoreSettings
from stacks.base import AppStack
from stacks.environment import DEFAULTS
from tests.synthesis import key_in


def store_in(stack: AppStack, *, with_key: bool = False, **settings: Any) -> ArtifactStore:
    """The demo's, but for these settings; a full one is not deleted."""
    options = {**DEFAULTS["demo"]["artifact_store"], "force_destroy": False, **settings}
    return ArtifactStore(
        stack,
        "artifact_store",
        settings=ArtifactStoreSettings.model_validate(options),
        bucket_name="mlflow-test-artifacts",
        key=key_in(stack) if with_key else None,
    )
