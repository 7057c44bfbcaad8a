"""The steps of `make setup`: Python packages, cdktf, Terraform, and its providers where they are available."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tools.setup import terraform_providers, terraform_release, toolchain
from tools.setup.progress import PROJECT, TOOLS, SetupError, Step
from tools.setup.python_environment import LOCK, VENV, create, install, locked_requirements, python_of
from tools.setup.stamps import Stamp, locked

NODE_MINIMUM = 20
# Prebuilt for cdktf's own native module; with others npm needs a compiler, and `allowScripts` in package.json.
NODE_TESTED = "20 or 22"
COMPILED = "@cdktf/node-pty-prebuilt-multiarch"
STEPS_MISSING_PROVIDER = {
    "hashicorp/aws": "without it neither the demo nor the emulator and contract tests can run",
    "kreuzwerker/docker": "without it the demo runs the task with an image that is not built by the plan",
}


def set_up() -> None:
    """Does what has not been done yet for this checkout's lock files, showing each step.

    Raises:
        SetupError: what is missing, and how to get it.
    """
    with locked():
        _python_packages()
        set_up_programs()


def set_up_programs() -> None:
    """The same without the Python packages, for an environment that pipenv made."""
    _cdktf()
    _terraform()
    _providers()


def _python_packages() -> None:
    # A checkout that was moved, or another Python: made again, as its programs name both.
    stamp = Stamp("python", LOCK.read_text(encoding="utf-8"), str(VENV), sys.version, sys.base_prefix)
    _once(stamp, python_of(VENV).exists(), "Python packages (Pipfile.lock)", "python", _make_python)


def _make_python(step: Step) -> None:
    create(VENV, step)
    install(VENV, locked_requirements(), step)


def _cdktf() -> None:
    # What was compiled for one version of Node.js does not load in another.
    node = _require_node()
    lock = (PROJECT / "package-lock.json").read_text(encoding="utf-8")
    stamp = Stamp("npm", lock, str(PROJECT), node)
    _once(stamp, toolchain.CDKTF.exists(), "cdktf (package-lock.json)", "npm", _npm_ci)


def _require_node() -> str:
    """Its major version."""
    node, npm = shutil.which("node"), shutil.which("npm")
    remedy = f"  Install Node.js {NODE_TESTED}, with npm, so that `node` is on the PATH: https://nodejs.org/en/download"
    if not node or not npm:
        raise SetupError(f"{'npm' if node else 'Node.js'} is needed, and is not on the PATH.\n{remedy}")
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    numbers = re.findall(r"\d+", version)
    if not numbers or int(numbers[0]) < NODE_MINIMUM:
        raise SetupError(
            f"Node.js {NODE_MINIMUM} or newer is needed, and {node} is {version or 'broken'}.\n{remedy}"
        )
    return str(numbers[0])


def _npm_ci(step: Step) -> None:
    # Whatever NODE_ENV and the user's npm configuration say: cdktf is a development dependency, and one of the packages
    # that it needs has an install script.
    options = ["--include=dev", "--ignore-scripts=false", "--no-audit", "--no-fund", "--no-progress"]
    environment = {**os.environ, **_headers()}
    if not step.run([str(shutil.which("npm")), "ci", *options], environment=environment):
        raise step.failed(
            "`npm ci` could not install the locked cdktf-cli.\n"
            "  Behind a proxy or with a registry of your own, configure npm for it (npm config, HTTPS_PROXY,\n"
            f"  NODE_EXTRA_CA_CERTS). Where it compiles node-pty: Node.js {NODE_TESTED} needs no compiler."
        )
    # npm ends well also where it left something out.
    program = [str(shutil.which("node")), "-e", f"require('{COMPILED}')"]
    if not step.run(program, environment=os.environ):
        raise step.failed(
            f"`npm ci` ended well, and {COMPILED}, which cdktf needs, does not run.\n"
            f"  It is a compiled module, which is there for Node.js {NODE_TESTED}. Other versions need a compiler,\n"
            "  and an npm that runs install scripts (npm config get ignore-scripts)."
        )


def _headers() -> dict[str, str]:
    """Compiles with the headers that this Node.js came with, if it came with any: npm's configuration may name those of
    another version (https://github.com/nodejs/node-gyp#command-options, `--nodedir`)."""
    node = [str(shutil.which("node")), "-p", "process.execPath"]
    said = subprocess.run(node, capture_output=True, text=True, check=False).stdout.strip()
    folder = Path(said).parent.parent
    return {"npm_config_nodedir": str(folder)} if (folder / "include" / "node" / "node.h").exists() else {}


def _terraform() -> None:
    if terraform_release.find() is None:
        with Step(f"Terraform {terraform_release.PINNED}", log="terraform") as step:
            terraform_release.fetch(step)
            step.detail = "fetched, and verified against its SHA256SUMS"


def _providers() -> None:
    """Fetches once what no mirror has, so that no `terraform init` need. Not fatal: most tests need none."""
    missing = {
        address: version
        for address, version in terraform_providers.TESTED.items()
        if not any(address in terraform_providers.providers_in(one) for one in toolchain.provider_mirrors())
    }
    # A user's own configuration says where providers come from, and caches them if it likes.
    if not missing or terraform_providers.user_configuration(os.environ):
        return
    stamp = Stamp("providers", json.dumps(missing), str(PROJECT))
    if stamp.holds():
        return
    for address in missing:
        with Step(f"Terraform provider {address} {missing[address]}", log="providers") as step:
            if not _fetch_provider(address, missing[address], step):
                step.detail = f"not to be had here; {STEPS_MISSING_PROVIDER[address]} (docs/providers.md)"
    stamp.set()


def _fetch_provider(address: str, version: str, step: Step) -> bool:
    if not terraform_providers.registry_has(address):
        return False
    folder = TOOLS / "providers"
    folder.mkdir(exist_ok=True)
    required = {address.replace("/", "_"): {"source": address, "version": version}}
    document = {"terraform": {"required_providers": required}}
    for other in terraform_providers.providers_in(terraform_providers.FETCHED):
        document["terraform"]["required_providers"][other.replace("/", "_")] = {
            "source": other,
            "version": terraform_providers.TESTED[other],
        }
    (folder / "main.tf.json").write_text(json.dumps(document), encoding="utf-8")
    (folder / ".terraform.lock.hcl").unlink(missing_ok=True)
    options = ["-backend=false", "-input=false", "-no-color"]
    command = [str(toolchain.terraform()), f"-chdir={folder}", "init", *options]
    return step.run(command, environment={**os.environ, **toolchain.terraform_environment()})


def _once(stamp: Stamp, made: bool, name: str, log: str, make: Callable[[Step], None]) -> None:
    if stamp.holds() and made:
        return
    with Step(name, log=log) as step:
        stamp.forget()
        make(step)
        stamp.set()
