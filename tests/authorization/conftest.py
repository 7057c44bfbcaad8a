"""The reference, read once."""

from __future__ import annotations

import pytest

from tests.authorization.reference import Reference, load_or_skip


@pytest.fixture(scope="session")
def reference() -> Reference:
    return load_or_skip()
