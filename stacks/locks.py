"""The committed dependency lock, put where `terraform init` of each synthesized stack finds it.

https://developer.hashicorp.com/terraform/language/files/dependency-lock
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

LOCK_FILE = ".terraform.lock.hcl"
REGISTRY = "registry.terraform.io"
ENTRY = re.compile(r'\n?^provider "([^"]+)" \{$.*?^\}$\n?', re.MULTILINE | re.DOTALL)


def put_provider_locks(outdir: str, environments: Path) -> None:
    """Writes each stack's part of the lock into the stack's folder; does nothing where none is committed.

    A stack gets the entries of its own providers: Terraform would remove others, and refuse them with
    `-lockfile=readonly`.

    Args:
        outdir: the folder an App was synthesized to.
        environments: that of the settings, where `make lock-providers` writes the lock.
    """
    output, committed = Path(outdir), environments / LOCK_FILE
    if not committed.is_file():
        return
    lock = committed.read_text(encoding="utf-8")
    manifest = json.loads((output / "manifest.json").read_text(encoding="utf-8"))
    for stack in manifest["stacks"].values():
        # As HCL, what CDKTF knows of a stack is in a file of its own.
        described = [output / stack[path] for path in ("synthesizedStackPath", "stackMetadataPath")]
        file = next(one for one in described if one.suffix == ".json")
        required = providers_of(json.loads(file.read_text(encoding="utf-8")))
        place = output / stack["workingDirectory"] / LOCK_FILE
        place.write_text(only(lock, required), encoding="utf-8", newline="\n")


def providers_of(document: Mapping[str, Mapping[str, Mapping[str, Mapping[str, str]]]]) -> set[str]:
    """The full addresses of the providers that a stack requires."""
    sources = [one["source"] for one in document["terraform"].get("required_providers", {}).values()]
    return {full_address(source) for source in sources}


def full_address(source: str) -> str:
    """`registry.terraform.io/hashicorp/aws` of `aws` and of `hashicorp/aws`."""
    parts = source.split("/")
    return "/".join([REGISTRY, "hashicorp"][: 3 - len(parts)] + parts)


def only(lock: str, providers: set[str]) -> str:
    """A lock's text without the entries of other providers."""
    return ENTRY.sub(lambda entry: entry[0] if entry[1] in providers else "", lock)
