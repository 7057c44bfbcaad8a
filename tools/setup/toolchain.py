"""The tools that `make setup` made ready, for the demo and the tests, and for people: `eval "$(make -s env)"`."""

from __future__ import annotations

import hashlib
import os
import shlex
import sys
from pathlib import Path

from tools.setup import terraform_providers, terraform_release
from tools.setup.progress import PROJECT, TOOLS, SetupError, Step
from tools.setup.python_environment import (
    VENV,
    create,
    install,
    python_of,
    require_python,
    uv_environment,
    uv_of,
)
from tools.setup.stamps import Stamp, locked

CDKTF = PROJECT / "node_modules" / ".bin" / "cdktf"
SERVER = TOOLS / "server"
IMAGE = PROJECT / "docker"


def terraform() -> Path:
    """The Terraform program, 1.11 or newer.

    Raises:
        SetupError: there is none; says what to do.
    """
    program = terraform_release.find()
    if program is None:
        raise SetupError("There is no Terraform 1.11 or newer here. Run: make setup")
    return program


def cdktf() -> Path:
    """The cdktf program of the locked package.json.

    Raises:
        SetupError: it is not installed.
    """
    if not CDKTF.exists():
        raise SetupError(f"{CDKTF} does not exist yet. Run: make setup")
    return CDKTF


def provider_mirrors() -> tuple[Path, ...]:
    """Folders on this machine that Terraform takes providers from."""
    return terraform_providers.mirrors(os.environ)


def has_provider(address: str) -> bool:
    """Whether Terraform can get a provider such as `kreuzwerker/docker` here: from a mirror, or from its registry."""
    if any(address in terraform_providers.providers_in(folder) for folder in provider_mirrors()):
        return True
    return terraform_providers.registry_has(address)


def terraform_environment() -> dict[str, str]:
    """Variables for cdktf and Terraform, on top of the environment as it is."""
    variables = {
        "TERRAFORM_BINARY_NAME": str(terraform()),
        # Neither asks for newer versions of itself, and cdktf does not report its use.
        "CHECKPOINT_DISABLE": "1",
    }
    text = terraform_providers.configuration(os.environ, provider_mirrors())
    if text is not None:
        file = TOOLS / f"terraform-{hashlib.sha256(text.encode()).hexdigest()[:12]}.rc"
        if not file.exists():
            file.parent.mkdir(exist_ok=True)
            partial = file.with_suffix(f".{os.getpid()}")
            partial.write_text(text, encoding="utf-8")
            partial.replace(file)
        variables[terraform_providers.CONFIGURATION_VARIABLE] = str(file)
    return variables


def server_python() -> Path:
    """The interpreter of an environment like the image's: its locked requirements and its package `tracking_server`.

    Made on first use, and again when either changes.

    Raises:
        SetupError: it could not be made; says where the log is.
    """
    requirements = (IMAGE / "requirements.txt").read_text(encoding="utf-8")
    packages = Stamp("server-packages", requirements, sys.version, str(SERVER))
    ours = [IMAGE / "pyproject.toml", *sorted((IMAGE / "tracking_server").glob("*.py"))]
    package = Stamp("server-package", packages.key, *(file.read_text(encoding="utf-8") for file in ours))
    python = python_of(SERVER)
    if package.holds() and python.exists():
        return python
    with locked():
        if not (packages.holds() and python.exists()):
            with Step("MLflow server packages, as locked for the image", log="server-packages") as step:
                packages.forget()
                create(SERVER, step)
                install(SERVER, requirements, step)
                packages.set()
        if not package.holds():
            with Step("The image's own package", log="server-package") as step:
                _install_package(python, step)
                package.set()
    return python


def _install_package(python: Path, step: Step) -> None:
    # Its build backend is among the locked requirements, so nothing is fetched.
    options = ["--no-deps", "--no-build-isolation", "--no-index", str(IMAGE)]
    uv = uv_of(VENV)
    if uv.exists():
        command: list[str | Path] = [
            uv,
            "pip",
            "install",
            "--python",
            python,
            "--reinstall-package",
            "tracking-server",
        ]
        done = step.run([*command, *options], environment=uv_environment(python))
    else:
        pip: list[str | Path] = [python, "-m", "pip", "install", "--force-reinstall", "--no-input"]
        done = step.run([*pip, *options], environment=os.environ)
    if not done:
        raise step.failed(f"{IMAGE} could not be installed into {SERVER}.")


def shell_exports() -> str:
    """Lines for a shell, so that `cdktf` and `terraform` typed by hand are the ones used here."""
    require_python(VENV)
    folders = dict.fromkeys([str(cdktf().parent), str(terraform().parent)])
    lines = [f"export {name}={shlex.quote(value)}" for name, value in sorted(terraform_environment().items())]
    if unfit := [folder for folder in folders if os.pathsep in folder]:
        raise SetupError(
            f"{unfit[0]} cannot be on the PATH: its name has a {os.pathsep} in it. Move the project elsewhere."
        )
    path = ":".join(map(shlex.quote, folders))
    return "\n".join([*lines, f'export PATH={path}:"$PATH"'])


def main() -> int:
    if sys.argv[1:] != ["env"]:
        print('Usage: eval "$(make -s env)"', file=sys.stderr)
        return 2
    try:
        print(shell_exports())
    except SetupError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
