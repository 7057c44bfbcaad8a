"""What `make compare-bindings` compares stays valid, and is more than a demo."""

from __future__ import annotations

from tests.environment_files import Environments
from tests.plans.bindings import ENVIRONMENTS


def test_the_environments_that_are_compared_load_together(environments: Environments) -> None:
    for name, text in ENVIRONMENTS.items():
        environments.write(f"{name}.toml", text)

    loaded = {one.environment: one.profile for one in environments.load()}

    assert loaded == {
        "demo": "demo",
        "given-image": "demo",
        "least": "production",
        "production": "production",
    }
