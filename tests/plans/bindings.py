"""`make compare-bindings`: the stacks synthesized with bindings for AWS provider 5 and for 6 are the same Terraform.

Each version has an environment of its own in `.tools/`, from Pipfile.lock but for the bindings: only they differ.
Compared is the JSON without CDKTF's metadata and without version numbers of providers and bindings.
"""

from __future__ import annotations

import difflib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.texts import GIVEN_IMAGE, PRODUCTION
from tools.setup.progress import PROJECT, TOOLS, SetupError, Step
from tools.setup.python_environment import VENV, create, locked_requirements, python_of, uv_environment, uv_of
from tools.setup.stamps import Stamp, locked

BINDINGS = "cdktf-cdktf-provider-aws"
# For the AWS providers 5.100.0 and 6.25.0; the second is the last that was released.
VERSIONS = ("20.1.0", "21.22.1")
# What one environment leaves out, another has. The tests keep these valid.
ENVIRONMENTS = {
    "demo": (PROJECT / "environments" / "demo.toml").read_text(encoding="utf-8"),
    "least": PRODUCTION.replace("mlflow.", "least."),
    "production": (PROJECT / "tests/emulator/production/production.toml").read_text(encoding="utf-8"),
    "given-image": GIVEN_IMAGE,
}


def synthesize(python: Path, folder: Path) -> dict[str, str]:
    """Stack → its JSON as comparable text."""
    environments = folder / "environments"
    environments.mkdir()
    for name, text in ENVIRONMENTS.items():
        (environments / f"{name}.toml").write_text(text, encoding="utf-8")
    # CDKTF wants one above the folder that it writes assets to.
    (folder / "cdktf.json").write_text("{}", encoding="utf-8")
    foreign = ("MLFLOW_", "CDKTF_", "NODE_OPTIONS")
    variables = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    variables |= {"MLFLOW_INFRA_ENVIRONMENTS": str(environments), "CDKTF_OUTDIR": str(folder / "cdktf.out")}
    done = subprocess.run(
        [python, PROJECT / "main.py"], cwd=folder, env=variables, capture_output=True, text=True, check=False
    )
    if done.returncode != 0 or "importing it whole" in done.stderr:
        raise SetupError(f"main.py with {python}:\n{done.stderr}")
    files = sorted((folder / "cdktf.out" / "stacks").glob("*/cdk.tf.json"))
    return {file.parent.name: comparable(json.loads(file.read_text(encoding="utf-8"))) for file in files}


def comparable(document: dict[str, Any]) -> str:
    """The JSON without metadata (`//`) and without what only says which bindings wrote it."""
    return json.dumps(_without_metadata(document), indent=1, sort_keys=True) + "\n"


def _without_metadata(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_metadata(inner) for key, inner in value.items() if key != "//"}
    if isinstance(value, list):
        return [_without_metadata(inner) for inner in value]
    return value


def environment_with(version: str) -> Path:
    """The interpreter of an environment with this version of the bindings; made once and kept."""
    folder = TOOLS / f"bindings-{version}"
    requirements = locked_requirements()
    stamp = Stamp(f"bindings-{version}", requirements, sys.version, str(folder))
    python = python_of(folder)
    if stamp.holds() and python.exists():
        return python
    with Step(f"Bindings {version}", log=f"bindings-{version}") as step:
        create(folder, step)
        others = "".join(block for block in _blocks(requirements) if not block.startswith(f"{BINDINGS}=="))
        constraints = TOOLS / "requirements" / f"without-bindings-{version}.txt"
        constraints.parent.mkdir(exist_ok=True)
        constraints.write_text(others, encoding="utf-8")
        uv: list[str | Path] = [uv_of(VENV), "pip", "install", "--python", python, "--no-deps"]
        variables = uv_environment(python)
        done = step.run([*uv, "--require-hashes", "--requirement", constraints], environment=variables)
        # Not in the lock, as nothing but this comparison has a use for it.
        if not (done and step.run([*uv, f"{BINDINGS}=={version}"], environment=variables)):
            raise step.failed(f"{BINDINGS} {version} could not be installed.")
        stamp.set()
    return python


def _blocks(requirements: str) -> list[str]:
    return [f"{block}\n".replace("\0", "\\\n") for block in requirements.replace("\\\n", "\0").splitlines()]


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="mlflow-bindings-") as temporary:
        synthesized = []
        try:
            for version in VERSIONS:
                folder = Path(temporary) / version
                folder.mkdir()
                with locked():
                    python = environment_with(version)
                synthesized.append(synthesize(python, folder))
                shutil.rmtree(folder)
        except SetupError as error:
            print(error, file=sys.stderr)
            return 1
    first, second = synthesized
    differs = False
    for stack in sorted({*first, *second}):
        old, new = (one.get(stack, "").splitlines(keepends=True) for one in synthesized)
        before, after = (f"{stack} with {version}" for version in VERSIONS)
        difference = list(difflib.unified_diff(old, new, before, after))
        differs |= bool(difference)
        print(
            f"{stack}: {'differs' if difference else f'the same, {len(old)} lines'} with {' and '.join(VERSIONS)}"
        )
        sys.stdout.writelines(difference)
    return 1 if differs else 0


if __name__ == "__main__":
    sys.exit(main())
