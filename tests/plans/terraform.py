"""The Terraform of an environment, and what is different of it. A module of its own for processes of a pool."""

from __future__ import annotations

import contextlib
import io
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from cdktf import Testing
from pydantic import ValidationError

from stacks.tracking import TrackingStack
from tests.plans.environments import settings_of
from tests.plans.renamed import with_new_names, with_new_outputs


def synthesized(name: str, tree: Mapping[str, Any]) -> dict[str, Any]:
    """The Terraform of one environment, without CDKTF's metadata."""
    settings = settings_of(name, tree)
    with contextlib.redirect_stderr(io.StringIO()):
        text = Testing.synth(TrackingStack(Testing.app(), settings=settings), True)
    return json.loads(text, object_hook=lambda found: {k: v for k, v in found.items() if k != "//"})  # type: ignore[no-any-return]


def compared(file: Path) -> list[str]:
    """What is different of one environment, a line for each argument."""
    was = json.loads(file.read_text(encoding="utf-8"))
    try:
        now = synthesized(file.stem, with_new_names(was["settings"]))
    except ValidationError as error:
        return [f"refused now: {error}"]
    before = with_new_outputs(of_any_image(was["terraform"]))
    return sorted(differences(with_rights(before), with_rights(of_any_image(now))))


def of_any_image(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document without the tag of the image that is built, which is the content of `docker/`."""
    text = json.dumps(document)
    if tag := re.search(r'"assets/image_context/([0-9a-f]{16})"', text):
        text = text.replace(tag[1], "0" * 16)
    return dict(json.loads(text))


def with_rights(document: dict[str, Any]) -> dict[str, Any]:
    """The document with what its CI policies allow, each action on each resource, in place of how that is written:
    which statement and which of a role's policies it is in says nothing."""
    resources = dict(document["resource"])
    rights: dict[str, list[str]] = {}
    policies = dict(resources.get("aws_iam_policy", {}))
    for name, body in policies.items():
        if found := re.fullmatch(r"access_ci_(plan|apply)_[a-z_]+?(_\d+)?", name):
            rights.setdefault(found[1], []).extend(_rights_of(body["policy"]))
            policies[name] = {**body, "policy": "in rights"}
    if rights:
        resources["aws_iam_policy"] = policies
    return {
        **document,
        "resource": resources,
        "rights": {role: sorted(set(of)) for role, of in rights.items()},
    }


def _rights_of(policy: str) -> Iterator[str]:
    for statement in json.loads(policy)["Statement"]:
        condition = json.dumps(statement.get("Condition"), sort_keys=True)
        for action in statement["Action"]:
            for one in statement["Resource"]:
                yield f"{statement['Effect']} {action} {one} {condition}"


def differences(old: Any, new: Any, path: str = "") -> Iterator[str]:
    """A line for each argument that is not the same."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted({*old, *new}):
            yield from differences(old.get(key), new.get(key), f"{path}.{key}" if path else key)
    elif path.endswith(".depends_on") or path.startswith("rights."):
        # The order says nothing.
        for one in sorted({*(old or [])} - {*(new or [])}):
            yield f"{path} - {one}"
        for one in sorted({*(new or [])} - {*(old or [])}):
            yield f"{path} + {one}"
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for at, (before, after) in enumerate(zip(old, new, strict=True)):
            yield from differences(before, after, f"{path}[{at}]")
    elif old != new:
        yield f"{path}: {json.dumps(old)} -> {json.dumps(new)}"
