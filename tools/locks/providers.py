"""`make lock-providers`: the checksums of the Terraform providers for every platform people use, in one committed file.

https://developer.hashicorp.com/terraform/cli/commands/providers/lock
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from modules.common.bindings import make_lazy

make_lazy()  # before anything imports cdktf

from stacks.base import AWS_PROVIDER_VERSION, DOCKER_PROVIDER_VERSION
from stacks.loading import environments_directory
from stacks.locks import LOCK_FILE
from tools.setup import terraform_providers, toolchain
from tools.setup.progress import SetupError

PLATFORMS = ("linux_amd64", "linux_arm64", "darwin_amd64", "darwin_arm64")
PLATFORM = re.compile(r"[a-z0-9]+_[a-z0-9]+")
# As the stacks have them: `terraform init` notes them in the lock.
CONSTRAINTS = {"hashicorp/aws": AWS_PROVIDER_VERSION, "kreuzwerker/docker": DOCKER_PROVIDER_VERSION}


@dataclass(frozen=True)
class Locked:
    """One provider to lock.

    Attributes:
        address: such as `hashicorp/aws`.
        version: the exact one.
        mirror: the folder that has it; None asks its registry.
    """

    address: str
    version: str
    mirror: Path | None

    def missing(self, platforms: Sequence[str]) -> list[str]:
        """The platforms that the mirror does not have it for."""
        if self.mirror is None:
            return []
        folder = self.mirror / terraform_providers.REGISTRY / self.address
        packed = f"terraform-provider-{folder.name}_{self.version}"
        return [
            platform
            for platform in platforms
            if not (folder / self.version / platform).is_dir()
            and not (folder / f"{packed}_{platform}.zip").is_file()
        ]


def choose(versions: Mapping[str, str], mirrors: Sequence[Path]) -> list[Locked]:
    """Each provider with the mirror that `terraform init` here takes it from, where there is one."""
    chosen = []
    for address, version in versions.items():
        having = [folder for folder in mirrors if address in terraform_providers.providers_in(folder)]
        chosen.append(Locked(address, version, having[0] if having else None))
    return chosen


def refuse_missing(providers: Sequence[Locked], platforms: Sequence[str]) -> None:
    """Says all that the mirrors lack, before anything is written.

    Raises:
        SetupError: a mirror lacks a provider for a platform.
    """
    lacking = [(provider, missing) for provider in providers if (missing := provider.missing(platforms))]
    if not lacking:
        return
    lines = [
        f"  {one.mirror} lacks {one.address} {one.version} for {', '.join(missing)}"
        for one, missing in lacking
    ]
    everywhere = [one for one in platforms if all(one not in missing for _, missing in lacking)]
    fewer = " ".join(f"--platform={one}" for one in everywhere)
    options = " ".join(f"-platform={one}" for one in platforms)
    raise SetupError(
        "\n".join(
            [
                "The providers cannot be locked for every platform; nothing was written.",
                *lines,
                "  Fill the mirror, where the internet is, in a synthesized stack's folder:",
                f"    terraform providers mirror {options} <mirror>",
                *([f"  or lock what it has: make lock-providers ARGS='{fewer}'"] if fewer else []),
                "  or ask the providers' registry instead: make lock-providers ARGS=--registry",
            ]
        )
    )


def lock(providers: Sequence[Locked], platforms: Sequence[str]) -> str:
    """The lock's text, made by `terraform providers lock`.

    Raises:
        SetupError: Terraform could not get a provider; with its own words.
    """
    with tempfile.TemporaryDirectory() as folder:
        required = {
            one.address.split("/")[1]: {"source": one.address, "version": CONSTRAINTS[one.address]}
            for one in providers
        }
        configuration = {"terraform": {"required_providers": required}}
        (Path(folder) / "main.tf.json").write_text(json.dumps(configuration), encoding="utf-8")
        written = Path(folder) / LOCK_FILE
        # Terraform keeps a version that is locked already; it would take the newest otherwise.
        written.write_text("".join(map(_without_checksums, providers)), encoding="utf-8")
        for one in providers:
            source = [f"-fs-mirror={one.mirror}"] if one.mirror else []
            options = [*source, *(f"-platform={platform}" for platform in platforms)]
            _terraform(one, ["providers", "lock", "-no-color", *options, one.address], Path(folder))
        return written.read_text(encoding="utf-8")


def _without_checksums(provider: Locked) -> str:
    return (
        f'provider "{terraform_providers.REGISTRY}/{provider.address}" {{\n'
        f'  version     = "{provider.version}"\n'
        f'  constraints = "{CONSTRAINTS[provider.address]}"\n}}\n\n'
    )


def _terraform(provider: Locked, arguments: Sequence[str], folder: Path) -> None:
    ran = subprocess.run(
        [toolchain.terraform(), *arguments],
        cwd=folder,
        env={**os.environ, **toolchain.terraform_environment()},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode != 0:
        said = "\n".join(f"    {line}" for line in ran.stderr.splitlines() if line.strip())
        raise SetupError(
            f"{provider.address} {provider.version} could not be locked; nothing was written.\n{said}\n"
            f"  It was looked for in {provider.mirror or 'its registry'}. Without a way to the registry,\n"
            f"  name a mirror that has it: make lock-providers {terraform_providers.MIRROR_VARIABLE}=<folder>"
        )


def put(text: str, place: Path) -> None:
    """Writes a file whole or not at all."""
    partial = place.with_name(f"{place.name}.{os.getpid()}")
    try:
        partial.write_text(text, encoding="utf-8", newline="\n")
        partial.replace(place)
    except OSError as error:
        raise SetupError(f"{place} cannot be written: {error.strerror}") from None
    finally:
        partial.unlink(missing_ok=True)


def main(arguments: Sequence[str]) -> int:
    options = _parser().parse_args(arguments)
    platforms = tuple(dict.fromkeys(options.platform or PLATFORMS))
    versions = {**terraform_providers.TESTED, **dict(options.version)}
    place = environments_directory(os.environ) / LOCK_FILE
    try:
        providers = choose(versions, () if options.registry else toolchain.provider_mirrors())
        refuse_missing(providers, platforms)
        put(lock(providers, platforms), place)
    except SetupError as error:
        print(error, file=sys.stderr)
        return 1
    for one in providers:
        print(f"{one.address} {one.version}, from {one.mirror or 'its registry'}")
    print(
        f"{place}: locked for {', '.join(platforms)}. Commit it; every synthesis puts it where Terraform looks."
    )
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make lock-providers", description=__doc__)
    parser.add_argument(
        "--platform",
        action="append",
        type=_platform,
        help=f"one to lock for, such as linux_amd64; may be repeated (default: {', '.join(PLATFORMS)})",
    )
    parser.add_argument(
        "--version",
        action="append",
        default=[],
        type=_version,
        help="another version of a provider, such as hashicorp/aws=5.100.0 "
        f"(default: {', '.join(f'{name}={version}' for name, version in terraform_providers.TESTED.items())})",
    )
    parser.add_argument(
        "--registry", action="store_true", help="ask the providers' registry, whatever mirror there is"
    )
    return parser


def _platform(text: str) -> str:
    if not PLATFORM.fullmatch(text):
        raise argparse.ArgumentTypeError(
            f"{text!r} is no platform; write it as <system>_<machine>: linux_amd64"
        )
    return text


def _version(text: str) -> tuple[str, str]:
    address, _, version = text.partition("=")
    if address not in CONSTRAINTS or not re.fullmatch(r"\d+\.\d+\.\d+", version):
        raise argparse.ArgumentTypeError(
            f"{text!r} names no version; write <provider>=<version>, the provider one of {', '.join(CONSTRAINTS)}"
        )
    if not terraform_providers.fits(address, version):
        raise argparse.ArgumentTypeError(f"{text!r}: the stacks work with {address} {CONSTRAINTS[address]}")
    return address, version


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
