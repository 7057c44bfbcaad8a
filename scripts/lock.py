"""`make lock`: Pipfile.lock and package-lock.json made again, without the index they were made from.

Packages then come from wherever the user's pip and npm are configured to get them; the hashes say what they must be.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from scripts.progress import PROJECT
from scripts.python_environment import LOCK

PACKAGE_LOCK = PROJECT / "package-lock.json"
PIPENV = "2026.10.3"


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


def main() -> int:
    uvx = Path(sys.executable).with_name("uvx")
    variables = {
        **os.environ,
        "PIPENV_IGNORE_VIRTUALENVS": "1",
        "PIPENV_VENV_IN_PROJECT": "1",
        "PIPENV_YES": "1",
        "UV_NATIVE_TLS": "1",
    }
    commands = (
        [str(uvx), f"pipenv@{PIPENV}", "lock"],
        ["npm", "install", "--package-lock-only", "--ignore-scripts", "--omit-lockfile-registry-resolved"],
    )
    for command in commands:
        if subprocess.run(command, cwd=PROJECT, env=variables, check=False).returncode != 0:
            return 1
    LOCK.write_text(without_sources(LOCK.read_text(encoding="utf-8")), encoding="utf-8")
    PACKAGE_LOCK.write_text(without_addresses(PACKAGE_LOCK.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
