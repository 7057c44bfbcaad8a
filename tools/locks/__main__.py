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
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tools.setup.progress import PROJECT
from tools.setup.python_environment import VENV, python_of, uv_environment, uv_of

PIPENV = "2026.10.3"
# What names the version of MLflow → the line that does. Tests check that they agree.
MLFLOW: Mapping[Path, str] = {
    Path("docker/requirements.in"): r"^mlflow==(.+)$",
    Path("Pipfile"): r'^mlflow-skinny = "==(.+)"$',
    Path("README.md"): r"^\| MLflow \| (.+) \|$",
}
LOCKS = (Path("docker/requirements.txt"), Path("Pipfile.lock"), Path("package-lock.json"))
VERSION = re.compile(r"\d+\.\d+\.\d+((rc|\.dev)\d+)?")
# For every platform, and without what the server never imports; the image installs it with --no-deps.
COMPILE = (
    "pip", "compile", "--quiet", "--universal", "--python-version", "3.11", "--generate-hashes", "--no-header",
    "--excludes", "requirements-excluded.in", "requirements.in", "--output-file", "requirements.txt",
)  # fmt: skip
NPM_INSTALL = ("install", "--package-lock-only", "--ignore-scripts", "--omit-lockfile-registry-resolved")


class LockError(Exception):
    """Why a lock file cannot be made, a sentence or two."""


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


def mlflow_versions(project: Path) -> dict[Path, str]:
    """File → the version of MLflow that it names.

    Raises:
        LockError: a file names none, or several.
    """
    found = {}
    for file, pattern in MLFLOW.items():
        versions = re.findall(pattern, (project / file).read_text(encoding="utf-8"), re.MULTILINE)
        if len(versions) != 1:
            raise LockError(f"{file} has {len(versions)} lines like {pattern}. It needs exactly one.")
        found[file] = versions[0]
    return found


def write_mlflow_version(version: str, project: Path) -> None:
    """Writes `version` into each file that names one; into none of them when one cannot be read or written so."""
    texts = {}
    for file, old in mlflow_versions(project).items():
        text = (project / file).read_text(encoding="utf-8")
        line = re.search(MLFLOW[file], text, re.MULTILINE)
        assert line, "mlflow_versions has found it"
        texts[file] = text.replace(line[0], line[0].replace(old, version), 1)
    for file, text in texts.items():
        (project / file).write_text(text, encoding="utf-8")


@contextmanager
def all_or_nothing(*files: Path) -> Iterator[None]:
    """Puts the files back as they were when what is done within fails, or is interrupted."""
    before = {file: file.read_bytes() for file in files}
    try:
        yield
    except BaseException:
        for file, content in before.items():
            file.write_bytes(content)
        raise


def lock() -> None:
    """Makes each lock file again.

    Raises:
        LockError: one of them cannot be made.
    """
    variables = {
        **uv_environment(python_of(VENV)),
        "PIPENV_IGNORE_VIRTUALENVS": "1",
        "PIPENV_VENV_IN_PROJECT": "1",
        "PIPENV_YES": "1",
    }
    _run([uv_of(VENV), *COMPILE], PROJECT / "docker", variables)
    _run([uv_of(VENV).with_name("uvx"), f"pipenv@{PIPENV}", "lock"], PROJECT, variables)
    _run(["npm", *NPM_INSTALL], PROJECT, variables)
    for name, cleaned in (("Pipfile.lock", without_sources), ("package-lock.json", without_addresses)):
        file = PROJECT / name
        file.write_text(cleaned(file.read_text(encoding="utf-8")), encoding="utf-8")


def _run(command: Sequence[str | Path], directory: Path, variables: Mapping[str, str]) -> None:
    try:
        done = subprocess.run(command, cwd=directory, env=variables, check=False)
    except OSError as error:
        raise LockError(f"{command[0]} cannot be run: {error.strerror}. Run `make setup` first.") from None
    if done.returncode != 0:
        raise LockError(f"{Path(command[0]).name} has ended with {done.returncode}; the reason is above.")


def _version(text: str) -> str:
    if not VERSION.fullmatch(text):
        raise argparse.ArgumentTypeError(
            f'"{text}" is no version of MLflow. Allowed: a release such as 3.18.0. '
            "Fix: make upgrade-mlflow VERSION=3.18.0"
        )
    return text


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.locks", description=__doc__)
    parser.add_argument("--mlflow", metavar="VERSION", type=_version, help="upgrade to this version")
    version = parser.parse_args(arguments).mlflow
    try:
        with all_or_nothing(*(PROJECT / file for file in (*MLFLOW, *LOCKS))):
            if version is not None:
                write_mlflow_version(version, PROJECT)
            lock()
    except LockError as error:
        print(f"{error} No file has changed.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
