"""Which resources Terraform would make first, read off the finished stack, and what they wait for instead."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from cdktf import TerraformResource

from modules.common.addresses import address_of
from stacks.base import AppStack

# `aws_vpc.network`, but not `data.aws_vpc.network`: Terraform reads a data source in the plan, or when it has to.
REFERENCE = re.compile(r"(?<!data\.)\b([a-z]+_[a-z0-9_]+\.[A-Za-z0-9_]+)\b")


def start_with(stack: AppStack, first: TerraformResource) -> None:
    """Has every other resource of the stack wait for `first`, but for those that `first` itself waits for.

    Only resources that refer to no other managed resource get it; the others depend on those.

    Args:
        stack: with all its resources.
        first: what is made before anything else.
    """
    references = references_in(stack.to_terraform())
    address = address_of(first)
    before = {address, *_needed_by(address, references)}
    for other, found in references.items():
        if other not in before and found <= before:
            resource = stack.resource(other)
            resource.depends_on = [*(resource.depends_on or []), address]


def references_in(document: Mapping[str, Any]) -> dict[str, set[str]]:
    """Address → the other resources that its arguments and its `depends_on` name.

    Args:
        document: a stack's JSON.
    """
    bodies = {
        f"{kind}.{name}": {key: value for key, value in body.items() if key != "//"}
        for kind, named in document.get("resource", {}).items()
        for name, body in named.items()
    }
    return {
        address: {found for found in REFERENCE.findall(json.dumps(body)) if found in bodies} - {address}
        for address, body in bodies.items()
    }


def _needed_by(address: str, references: Mapping[str, set[str]]) -> Iterator[str]:
    for found in references[address]:
        yield found
        yield from _needed_by(found, references)
