"""Virtual environments from requirements locked by hash: by uv, which is itself locked, else by pip.

Both ask the index, and trust the certificates, that the user's pip is configured for.
"""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tools.setup.progress import PROJECT, TOOLS, SetupError, Step

VENV = PROJECT / ".venv"
LOCK = PROJECT / "Pipfile.lock"

# pip's option → uv's variable, and what stands between several values.
PIP_TO_UV = {
    "index-url": ("UV_DEFAULT_INDEX", " "),
    "extra-index-url": ("UV_INDEX", " "),
    "find-links": ("UV_FIND_LINKS", ","),
    "no-index": ("UV_NO_INDEX", " "),
    "trusted-host": ("UV_INSECURE_HOST", " "),
    "cert": ("SSL_CERT_FILE", " "),
    "proxy": ("ALL_PROXY", " "),
}


def python_of(folder: Path) -> Path:
    """The interpreter of the virtual environment in `folder`."""
    return folder / "bin" / "python"


def uv_of(folder: Path) -> Path:
    return folder / "bin" / "uv"


def locked_requirements(lock: Path = LOCK) -> str:
    """Pipfile.lock, both its parts, as a requirements file with hashes."""
    document = json.loads(lock.read_text(encoding="utf-8"))
    packages: dict[str, dict[str, Any]] = {**document["develop"], **document["default"]}
    lines = []
    for name, entry in sorted(packages.items()):
        extras = f"[{','.join(entry['extras'])}]" if entry.get("extras") else ""
        marker = f" ; {entry['markers']}" if entry.get("markers") else ""
        hashes = "".join(f" \\\n    --hash={one}" for one in entry["hashes"])
        lines.append(f"{name}{extras}{entry['version']}{marker}{hashes}\n")
    return "".join(lines)


def one_requirement(requirements: str, name: str) -> str:
    """The part of locked requirements that names one package."""
    for block in requirements.replace("\\\n", "\0").splitlines():
        if block.startswith(f"{name}=="):
            return block.replace("\0", "\\\n") + "\n"
    raise KeyError(name)


def create(folder: Path, step: Step, *, interpreter: str = sys.executable) -> None:
    """An empty virtual environment with pip."""
    shutil.rmtree(folder, ignore_errors=True)
    environment = {**os.environ, "PYTHONNOUSERSITE": "1"}
    if not step.run([interpreter, "-m", "venv", folder], environment=environment):
        shutil.rmtree(folder, ignore_errors=True)
        version = ".".join(map(str, sys.version_info[:2]))
        raise step.failed(
            f"Python {version} ({interpreter}) cannot make a virtual environment with pip.\n"
            f"  On Debian and Ubuntu: apt-get install python{version}-venv. Then try again."
        )


def install(folder: Path, requirements: str, step: Step) -> None:
    """Installs locked requirements: exactly these, nothing that is not locked by hash.

    Raises:
        SetupError: neither uv nor pip could.
    """
    file = TOOLS / "requirements" / f"{step.log.stem}.txt"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(requirements, encoding="utf-8")
    if _with_uv(folder, file, step):
        return
    step.tick("with pip, as uv could not")
    pip: list[str | Path] = [
        python_of(folder),
        "-m",
        "pip",
        "install",
        "--require-hashes",
        "--no-deps",
        "--requirement",
        file,
    ]
    if not step.run([*pip, "--disable-pip-version-check", "--no-input"], environment=os.environ):
        raise step.failed(
            "The locked Python packages could not be installed, neither by uv nor by pip.\n"
            "  Behind a proxy or with an index of your own, configure pip for it (pip config, PIP_INDEX_URL,\n"
            "  PIP_CERT, HTTPS_PROXY): its configuration is used for everything."
        )


def _with_uv(folder: Path, requirements: Path, step: Step) -> bool:
    """Whether uv could; its log says why not."""
    python = python_of(folder)
    uv = uv_of(VENV)
    if not uv.exists():
        only_uv = requirements.with_name("uv.txt")
        only_uv.write_text(one_requirement(locked_requirements(), "uv"), encoding="utf-8")
        pip: list[str | Path] = [
            python,
            "-m",
            "pip",
            "install",
            "--require-hashes",
            "--no-deps",
            "--requirement",
            only_uv,
        ]
        if not step.run([*pip, "--disable-pip-version-check", "--no-input"], environment=os.environ):
            return False
        uv = uv_of(folder)
    command: list[str | Path] = [uv, "pip", "install", "--require-hashes", "--no-deps", "--python", python]
    return step.run([*command, "--requirement", requirements], environment=uv_environment(python))


def uv_environment(python: Path) -> dict[str, str]:
    """This environment, with pip's configuration in uv's words where uv is not configured itself."""
    listed = subprocess.run(
        [str(python), "-m", "pip", "config", "list"], capture_output=True, text=True, check=False
    ).stdout
    return {**os.environ, **_uv_variables(listed, os.environ)}


def _uv_variables(pip_configuration: str, environ: Mapping[str, str]) -> dict[str, str]:
    """`pip config list` says `section.option='value'`, where the section `:env:` is PIP_* and wins."""
    options: dict[str, str] = {}
    for section in ("global.", "install.", ":env:."):
        for line in pip_configuration.splitlines():
            name, _, value = line.partition("=")
            if name.startswith(section):
                options[name.removeprefix(section)] = str(ast.literal_eval(value))
    # The machine's certificates rather than uv's own: companies put theirs there. Both names: the first is newer.
    variables = {"UV_SYSTEM_CERTS": "1", "UV_NATIVE_TLS": "1", "UV_NO_PROGRESS": "1"}
    for option, (variable, separator) in PIP_TO_UV.items():
        value = separator.join(options.get(option, "").split())
        if value and variable not in environ:
            variables[variable] = value
    if seconds := options.get("default-timeout", options.get("timeout")):
        variables.setdefault("UV_HTTP_TIMEOUT", seconds)
    return variables


def require_python(environment: Path) -> Path:
    """The interpreter of an environment that `make setup` makes.

    Raises:
        SetupError: it has not been made.
    """
    python = python_of(environment)
    if not python.exists():
        raise SetupError(f"{environment} does not exist yet. Run: make setup")
    return python
