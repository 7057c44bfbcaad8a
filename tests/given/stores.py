"""Artifact stores to build in a stack."""

from __future__ import annotations

from typing import Any

from modules.storage.artifact_store import ArtifactStore
from modules.storage.settings import ArtifactStoreSettings
from stacks.base import AppStack
from tests.synthesis import key_in, table


def store_in(stack: AppStack, *, with_key: bool = False, **settings: Any) -> ArtifactStore:
    """The demo's, but for these settings; a full one is not deleted."""
    return ArtifactStore(
        stack,
        "artifact_store",
        settings=table(ArtifactStoreSettings, **{"force_destroy": False, **settings}),
        bucket_name="mlflow-test-artifacts",
        key=key_in(stack) if with_key else None,
    )
