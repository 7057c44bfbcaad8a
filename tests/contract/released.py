"""What other teams rely on, as it is now and as it was last released.

`releases/<version>/` has the contract of a release, two environments, and the Terraform that the release made of them.
`python -m tests.contract.released 0.2.0` writes all three for a new release: part of a release, never of a change.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modules.common.bindings import make_lazy

make_lazy()  # before anything imports cdktf

from stacks.environment import parameter_prefix
from stacks.outputs import PARAMETER_TYPES, TRACKING_OUTPUTS, Output
from tests.synthesis import synthesize_platform
from tests.texts import DEMO, GIVEN_IMAGE, PRODUCTION

RELEASES = Path(__file__).with_name("releases")
CONTRACT = "contract.json"
# The environments whose Terraform a release keeps.
ENVIRONMENTS = ("demo", "production")
# What is gone with these cannot be made again.
HOLDS_DATA = (
    "aws_cloudwatch_log_group",
    "aws_db_instance",
    "aws_ecr_repository",
    "aws_kms_key",
    "aws_route53_zone",
    "aws_s3_bucket",
    "aws_secretsmanager_secret",
)
CHANGELOG = "Write it in CHANGELOG.md under `### Breaking`, raise the major version"


@dataclass(frozen=True)
class Contract:
    """Attributes:
    outputs: name → Terraform's type, and the setting without which there is none.
    parameters: SSM parameter's name, with the default `name` → its type, likewise.
    addresses: resources of every profile; an instance of a `for_each` is its resource's.
    moved: old address → new one, of the stack's `moved` entries.
    """

    outputs: Mapping[str, str]
    parameters: Mapping[str, str]
    addresses: frozenset[str]
    moved: Mapping[str, str]

    def as_json(self) -> dict[str, Any]:
        return {
            "outputs": dict(self.outputs),
            "parameters": dict(self.parameters),
            "addresses": sorted(self.addresses),
        }


def current() -> Contract:
    """As the code has it."""
    addresses: set[str] = set()
    moved: dict[str, str] = {}
    for lines in (DEMO, PRODUCTION, GIVEN_IMAGE):
        synthesized = synthesize_platform(lines)
        addresses |= {f"{kind}.{name}" for kind, named in synthesized["resource"].items() for name in named}
        moved |= {entry["from"]: entry["to"] for entry in synthesized.get("moved", [])}
    return Contract(
        outputs={one.name: one.type + _limit(one) for one in TRACKING_OUTPUTS},
        parameters={
            f"{parameter_prefix('mlflow', '<environment>')}{one.name}": PARAMETER_TYPES[one.type]
            + _limit(one)
            for one in TRACKING_OUTPUTS
        },
        addresses=frozenset(addresses),
        moved=moved,
    )


def _limit(output: Output) -> str:
    """Part of the promise: what there always was must not come to need a setting."""
    return f", only with {output.only_with}" if output.only_with else ""


def released() -> Contract:
    """As the last release has it."""
    read = json.loads((last_release() / CONTRACT).read_text(encoding="utf-8"))
    return Contract(read["outputs"], read["parameters"], frozenset(read["addresses"]), {})


def last_release() -> Path:
    """Its folder, named by its version."""
    return max(RELEASES.iterdir(), key=lambda folder: [int(number) for number in folder.name.split(".")])


def lost_data(plan: Mapping[str, Any]) -> list[str]:
    """The resources that hold data and that a plan deletes or replaces, from `terraform show -json`."""
    return [
        f"{change['address']}: {' and '.join(change['change']['actions'])}"
        for change in plan.get("resource_changes", [])
        if change["type"] in HOLDS_DATA and "delete" in change["change"]["actions"]
    ]


def broken_promises(before: Contract, now: Contract) -> list[str]:
    """What a user of `before` would miss in `now`, each with what to do about it."""
    broken: list[str] = []
    kinds = (("output", before.outputs, now.outputs), ("SSM parameter", before.parameters, now.parameters))
    for kind, old, new in kinds:
        for name, type_ in old.items():
            if name not in new:
                broken.append(
                    f"The {kind} {name} is gone. Bring it back; or: {CHANGELOG}: "
                    f"`- Removed: {kind} {name}. Use … instead.`"
                )
            elif new[name] != type_:
                broken.append(
                    f"The {kind} {name} was {type_} and is {new[name]}. Publish the new one under a new name; or: "
                    f"{CHANGELOG}: `- Changed: {kind} {name} is {new[name]}, was {type_}.`"
                )
    for address in sorted(before.addresses - now.addresses):
        target = destination(address, now.moved)
        if target == address:
            broken.append(
                f"The resource {address} is gone: an apply would destroy it. If it has another address now, add it to "
                f"MOVED in stacks/moves.py; if it is meant to go: {CHANGELOG}: `- Removed: {address}.`"
            )
        elif target not in now.addresses:
            broken.append(f"stacks/moves.py moves {address} to {target}, which does not exist.")
    return [*broken, *wrong_moves(now)]


def destination(address: str, moved: Mapping[str, str]) -> str:
    """Where a resource is in the end: one that was renamed twice has two entries."""
    passed = {address}
    while (address := moved.get(address, address)) not in passed:
        passed.add(address)
    return address


def wrong_moves(now: Contract) -> list[str]:
    """Entries that Terraform would refuse, or that would do nothing."""
    wrong: list[str] = []
    for old, new in sorted(now.moved.items()):
        if old in now.addresses:
            wrong.append(f"stacks/moves.py moves {old}, which is still there: Terraform refuses that.")
        if old.split(".")[0] != new.split(".")[0]:
            wrong.append(
                f"stacks/moves.py moves {old} to {new}: the AWS provider moves no resource to another type."
            )
    return wrong


def write(version: str) -> None:
    """Writes the release `version`, with the environments of the one before it."""
    before, folder = last_release(), RELEASES / version
    folder.mkdir(exist_ok=True)
    contract = json.dumps(current().as_json(), indent=2) + "\n"
    (folder / CONTRACT).write_text(contract, encoding="utf-8")
    for environment in ENVIRONMENTS:
        settings = (before / f"{environment}.toml").read_text(encoding="utf-8")
        (folder / f"{environment}.toml").write_text(settings, encoding="utf-8")
        document = without_metadata(synthesize_platform(settings, environment=environment))
        terraform = json.dumps(document, indent=1, sort_keys=True) + "\n"
        (folder / f"{environment}.tf.json").write_text(terraform, encoding="utf-8")


def without_metadata(document: Any) -> Any:
    """Terraform without CDKTF's notes, which change with its version."""
    if isinstance(document, dict):
        return {key: without_metadata(value) for key, value in document.items() if key != "//"}
    return [without_metadata(one) for one in document] if isinstance(document, list) else document


if __name__ == "__main__":
    if len(sys.argv) != 2 or not re.fullmatch(r"\d+\.\d+\.\d+", sys.argv[1]):
        sys.exit("Usage: python -m tests.contract.released 0.2.0")
    write(sys.argv[1])
