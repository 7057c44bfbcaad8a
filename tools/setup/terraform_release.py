"""Terraform itself: the one on the PATH where it is new enough, else a pinned release, verified."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import urllib.error
import urllib.request
import zipfile
from collections.abc import Mapping
from pathlib import Path

from tools.setup.progress import TOOLS, SetupError, Step

# Write-only arguments and S3 locking without DynamoDB.
MINIMUM = (1, 11)
# What the tests run.
PINNED = "1.11.4"
RELEASES = "https://releases.hashicorp.com/terraform"
RELEASES_VARIABLE = "TERRAFORM_RELEASES_URL"
BINARY_VARIABLE = "TERRAFORM_BINARY_NAME"
FETCH_SECONDS = 30
CHUNK_BYTES = 1 << 20

MACHINES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


def operating_system() -> str:
    """As Terraform names it: `linux_amd64`, `darwin_arm64`."""
    machine = platform.machine().lower()
    return f"{platform.system().lower()}_{MACHINES.get(machine, machine)}"


def pinned_path(tools: Path = TOOLS) -> Path:
    """Where the fetched release lies."""
    return tools / "terraform" / PINNED / "terraform"


def version_of(program: str | Path) -> tuple[int, ...] | None:
    """A Terraform program's version; None where it is none."""
    try:
        ran = subprocess.run(
            [str(program), "version", "-json"],
            # A user's CLI configuration may be broken, and arguments and logs are for other commands.
            env={
                **{name: value for name, value in os.environ.items() if not name.startswith("TF_")},
                "TF_CLI_CONFIG_FILE": os.devnull,
                "CHECKPOINT_DISABLE": "1",
            },
            capture_output=True,
            text=True,
            check=False,
        )
        version = str(json.loads(ran.stdout)["terraform_version"])
    except (OSError, ValueError, KeyError):
        return None
    return tuple(int(number) for number in re.findall(r"\d+", version)[:3])


def find(environ: Mapping[str, str] = os.environ, tools: Path = TOOLS) -> Path | None:
    """TERRAFORM_BINARY_NAME's; else the PATH's, if it is new enough; else the fetched one; else None.

    Raises:
        SetupError: TERRAFORM_BINARY_NAME names something else than Terraform 1.11 or newer.
    """
    if wish := environ.get(BINARY_VARIABLE):
        return _wished(wish, environ)
    program = shutil.which("terraform", path=environ.get("PATH"))
    if program and (version_of(program) or (0,)) >= MINIMUM:
        return Path(program).absolute()
    fetched = pinned_path(tools)
    return fetched if fetched.exists() else None


def _wished(name: str, environ: Mapping[str, str]) -> Path:
    program = shutil.which(name, path=environ.get("PATH"))
    version = version_of(program) if program else None
    if program is None:
        problem = "there is no such program on the PATH"
    elif version is None:
        problem = f"{program} is no Terraform"
    elif _is_opentofu(program):
        problem = f"{program} is OpenTofu, which the tests here do not run"
    elif version < MINIMUM:
        problem = f"{program} is Terraform {'.'.join(map(str, version))}"
    else:
        return Path(program).absolute()
    raise SetupError(
        f"{BINARY_VARIABLE}={name}: {problem}.\n"
        "  Allowed: Terraform 1.11 or newer.\n"
        f"  Fix: unset {BINARY_VARIABLE}. What `cdktf synth` writes is plain Terraform for any other program."
    )


def _is_opentofu(program: str) -> bool:
    said = subprocess.run([program, "version"], capture_output=True, text=True, check=False).stdout
    return said.startswith("OpenTofu")


def fetch(step: Step, *, environ: Mapping[str, str] = os.environ, tools: Path = TOOLS) -> Path:
    """Fetches the pinned release and checks it against the release's own checksum file.

    Raises:
        SetupError: it cannot be reached, or is not what the checksum file says; nothing of it is kept then.
    """
    folder = f"{environ.get(RELEASES_VARIABLE, RELEASES).rstrip('/')}/{PINNED}"
    archive = f"terraform_{PINNED}_{operating_system()}.zip"
    target = pinned_path(tools)
    target.parent.mkdir(parents=True, exist_ok=True)
    download = target.parent / archive
    try:
        sums = _get(f"{folder}/terraform_{PINNED}_SHA256SUMS").decode()
        expected = {name: digest for digest, name in (line.split() for line in sums.splitlines())}
        if archive not in expected:
            raise SetupError(
                f"Terraform {PINNED} is not released for {operating_system()}.\n{_by_hand(environ)}"
            )
        digest = _download(f"{folder}/{archive}", download, step)
        if digest != expected[archive]:
            raise SetupError(
                f"{folder}/{archive} is not what its release says, and was thrown away.\n"
                f"  SHA-256 {digest}\n  but the release's SHA256SUMS says {expected[archive]}\n"
                "  Something between here and there changed it, or broke off; try again, or from another network."
            )
        with zipfile.ZipFile(download) as content:
            unpacked = Path(content.extract("terraform", target.parent / "unpacked"))
        unpacked.chmod(0o755)
        unpacked.replace(target)
    except (OSError, zipfile.BadZipFile, ValueError) as error:
        raise SetupError(
            f"Terraform {PINNED} could not be fetched from {folder}: {error}\n{_by_hand(environ)}"
        ) from error
    finally:
        download.unlink(missing_ok=True)
        shutil.rmtree(target.parent / "unpacked", ignore_errors=True)
    return target


def _by_hand(environ: Mapping[str, str]) -> str:
    found = shutil.which("terraform", path=environ.get("PATH"))
    version = version_of(found) if found else None
    old = f" (there is {'.'.join(map(str, version))} in {found}, which is too old)" if version else ""
    return (
        f"  Install Terraform {MINIMUM[0]}.{MINIMUM[1]} or newer so that `terraform` is on the PATH{old}:\n"
        "    https://developer.hashicorp.com/terraform/install\n"
        f"  or name a mirror of the releases: {RELEASES_VARIABLE}=https://mirror.example/terraform make setup"
    )


def _get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=FETCH_SECONDS) as answer:
        return bytes(answer.read())


def _download(url: str, target: Path, step: Step) -> str:
    """Into a file, with progress; returns its SHA-256."""
    digest = hashlib.sha256()
    with urllib.request.urlopen(url, timeout=FETCH_SECONDS) as answer, target.open("wb") as file:
        size = int(answer.headers.get("Content-Length") or 0)
        while chunk := answer.read(CHUNK_BYTES):
            digest.update(chunk)
            file.write(chunk)
            step.tick(f"{file.tell() >> 20} of {size >> 20} MiB")
    return digest.hexdigest()
