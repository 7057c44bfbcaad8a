"""`make lock`: Pipfile.lock, package-lock.json and docker/requirements.txt made again, without the index they were made
from. `make upgrade-mlflow VERSION=3.18.0` writes another version of MLflow into the files that name it, and locks it.

Packages then come from wherever the user's pip and npm are configured to get them; the hashes say what they must be.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from scripts.progress import PROJECT
from scripts.python_environment import LOCK, VENV, python_of, uv_environment, uv_of

PACKAGE_LOCK = PROJECT / "package-lock.json"
PIPENV = "2026.10.3"
# What names the version of MLflow → the line that does. Tests check that they agree.
MLFLOW: Mapping[Path, str] = {
    Path("docker/requirements.in"): r"^mlflow==(.+)$",
    Path("Pipfile"): r'^mlflow-skinny = "==(.+)"$',
    Path("README.md"): r"^\| MLflow \| (.+) \|$",
}
VERSION = re.compile(r"\d+\.\d+\.\d+((rc|\.dev)\d+)?")
# For every platform, and without what the server never imports; the image installs it with --no-deps.
COMPILE = (
    "pip", "compile", "--quiet", "--universal", "--python-version", "3.11", "--generate-hashes", "--no-header",
    "--excludes", "requirements-excluded.in", "requirements.in", "--output-file", "requirements.txt",
)  # fmt: skip


def without_sources(text: str) -> str:
    """A Pipfile.lock that names no index; `pipenv sync` and `pipenv verify` take it as it is."""
    document = json.loads(text)
    document["_meta"]["sources"] = []
    for part in ("default", "develop"):
        for entry in document[part].values():
            entry.pop("index", None)
    return json.dumps(document, indent=4) + "\n"


def without_addresses(text: str) -> str:
    """A package-lock.json without the pages of people who take donations: no address of any kind is left in it."""
    document = json.loads(text)
    for entry in document["packages"].values():
        entry.pop("funding", None)
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def mlflow_versions(project: Path = PROJECT) -> dict[Path, str]:
    """File → the version of MLflow that it names.

    Raises:
        ValueError: a file names none, or several.
    """
    found = {}
    for file, pattern in MLFLOW.items():
        versions = re.findall(pattern, (project / file).read_text(encoding="utf-8"), re.MULTILINE)
        if len(versions) != 1:
            raise ValueError(f"{file} has {len(versions)} lines like {pattern}; it needs exactly one.")
        found[file] = versions[0]
    return found


def write_mlflow_version(version: str, project: Path = PROJECT) -> None:
    """Writes `version` into each file that names one; into none of them when one cannot be read or written so."""
    texts = {}
    for file, old in mlflow_versions(project).items():
        text = (project / file).read_text(encoding="utf-8")
        line = re.search(MLFLOW[file], text, re.MULTILINE)
        assert line, "mlflow_versions has found it"
        texts[file] = text.replace(line[0], line[0].replace(old, version), 1)
    for file, text in texts.items():
        (project / file).write_text(text, encoding="utf-8")


def lock() -> bool:
    """Whether each lock file could be made again."""
    python = python_of(VENV)
    variables = {
        **uv_environment(python),
        "PIPENV_IGNORE_VIRTUALENVS": "1",
        "PIPENV_VENV_IN_PROJECT": "1",
        "PIPENV_YES": "1",
    }
    npm = ["npm", "install", "--package-lock-only", "--ignore-scripts", "--omit-lockfile-registry-resolved"]
    commands: tuple[tuple[Path, list[str | Path]], ...] = (
        (PROJECT / "docker", [uv_of(VENV), *COMPILE]),
        (PROJECT, [uv_of(VENV).with_name("uvx"), f"pipenv@{PIPENV}", "lock"]),
        (PROJECT, [*npm]),
    )
    for directory, command in commands:
        if subprocess.run(command, cwd=directory, env=variables, check=False).returncode != 0:
            return False
    LOCK.write_text(without_sources(LOCK.read_text(encoding="utf-8")), encoding="utf-8")
    PACKAGE_LOCK.write_text(without_addresses(PACKAGE_LOCK.read_text(encoding="utf-8")), encoding="utf-8")
    return True


def upgrade_mlflow(version: str) -> bool:
    """Whether `version` is locked now; when it cannot be, every file is as it was."""
    files = [*MLFLOW, Path("docker/requirements.txt"), LOCK.relative_to(PROJECT), Path("package-lock.json")]
    before = {file: (PROJECT / file).read_bytes() for file in files}
    write_mlflow_version(version)
    if lock():
        return True
    for file, content in before.items():
        (PROJECT / file).write_bytes(content)
    print(
        f"MLflow {version} could not be locked; the reason is above, and no file has changed.",
        file=sys.stderr,
    )
    return False


def _version(text: str) -> str:
    if not VERSION.fullmatch(text):
        raise argparse.ArgumentTypeError(
            f'"{text}" is no version of MLflow. Allowed: a release such as 3.18.0. '
            "Fix: make upgrade-mlflow VERSION=3.18.0"
        )
    return text


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m scripts.lock", description=__doc__)
    parser.add_argument("--mlflow", metavar="VERSION", type=_version, help="upgrade to this version")
    version = parser.parse_args(arguments).mlflow
    return 0 if (upgrade_mlflow(version) if version is not None else lock()) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
