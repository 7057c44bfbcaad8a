"""What is synthesized, whole, for each profile: a change shows in review as the Terraform that it makes.

After a change that is meant: `make snapshots`. An address that went or came is a breaking change or wants a `moved`
entry; both belong into CHANGELOG.md.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from tests.synthesis import Json, synthesize_platform
from tests.texts import DEMO, GIVEN_IMAGE, PRODUCTION

STACKS = {"demo": DEMO, "production": PRODUCTION, "given-image": GIVEN_IMAGE}
# Under this key CDKTF writes where in the construct tree something was made.
METADATA = "//"


class TextExtension(SingleFileSnapshotExtension):
    """One text file for each snapshot."""

    _write_mode = WriteMode.TEXT
    file_extension = "txt"


@pytest.fixture(params=STACKS)
def synthesized(request: pytest.FixtureRequest) -> Json:
    return synthesize_platform(STACKS[request.param], environment=request.param)


def without_metadata(value: Any) -> Any:
    """The same JSON, without what CDKTF tells itself."""
    if isinstance(value, dict):
        return {name: without_metadata(inner) for name, inner in value.items() if name != METADATA}
    if isinstance(value, list):
        return [without_metadata(inner) for inner in value]
    # The tag and the context's folder are a hash of docker/, which has tests and a history of its own.
    return re.sub(r"\b[0-9a-f]{16}\b", "HASH", value) if isinstance(value, str) else value


def test_the_json_is_as_reviewed(synthesized: Json, snapshot: SnapshotAssertion) -> None:
    assert without_metadata(synthesized) == snapshot(extension_class=JSONSnapshotExtension)


def test_the_addresses_are_as_reviewed(synthesized: Json, snapshot: SnapshotAssertion) -> None:
    addresses = [f"{kind}.{name}" for kind, named in synthesized["resource"].items() for name in named]
    addresses += [f"data.{kind}.{name}" for kind, named in synthesized["data"].items() for name in named]
    addresses += [f"output.{name}" for name in synthesized["output"]]

    assert "\n".join(sorted(addresses)) + "\n" == snapshot(extension_class=TextExtension)
