"""The synthesized stacks of both profiles, as the analysers read them."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.policy.environment import analysers
from tests.synthesis import Json, synthesize_platform
from tests.texts import DEMO, PRODUCTION
from tools.setup.progress import SetupError

EVERYTHING = Path(__file__).parents[1] / "emulator" / "production" / "production.toml"
# `everything`: production with all that it offers switched on.
STACKS = {"demo": DEMO, "production": PRODUCTION, "everything": EVERYTHING.read_text(encoding="utf-8")}


@pytest.fixture(scope="session")
def stacks() -> dict[str, Json]:
    return {name: synthesize_platform(text, environment=name) for name, text in STACKS.items()}


@pytest.fixture(scope="session")
def python() -> Path:
    """The analysers' interpreter."""
    try:
        return analysers()
    except SetupError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"checkov and parliament did not run: {str(error).splitlines()[0]}")


@pytest.fixture(scope="session")
def findings(
    stacks: dict[str, Json], python: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """Stack → what checkov found: check id → names of resources."""
    folder = tmp_path_factory.mktemp("checkov")
    for name, stack in stacks.items():
        (folder / name).mkdir()
        # checkov stumbles over `terraform` blocks as CDKTF writes them; there is nothing in them to check.
        blocks = {block: stack[block] for block in ("data", "resource", "provider")}
        (folder / name / "cdk.tf.json").write_text(json.dumps(blocks, indent=1), encoding="utf-8")
    options = ["--framework", "terraform_json", "--skip-download", "--quiet", "--compact", "--output", "json"]
    done = subprocess.run(
        [python, "-m", "checkov.main", "--directory", folder, *options],
        cwd=folder,
        env={**os.environ, "LOG_LEVEL": "ERROR"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr
    report = json.loads(done.stdout)
    assert report["summary"]["parsing_errors"] == 0, done.stderr
    assert report["summary"]["passed"] > 0, done.stdout
    found: dict[str, Any] = {name: {} for name in stacks}
    for one in report["results"]["failed_checks"]:
        name = Path(one["file_path"]).parts[1]
        found[name].setdefault(one["check_id"], set()).add(_name(one["resource"]))
    return found


def _name(resource: str) -> str:
    """A resource's name, without the instance of a `for_each`."""
    return resource.split("[")[0].rpartition(".")[2]
