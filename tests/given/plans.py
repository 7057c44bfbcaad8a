"""What tests ask of a synthesized plan: its resources, what waits for what, and the container."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.synthesis import Json, resource

ENGINE_CHECK = "terraform_data.image_engine_check"


def resources(synthesized: Json) -> dict[str, Json]:
    """Address → body."""
    return {
        f"{kind}.{name}": body
        for kind, named in synthesized["resource"].items()
        for name, body in named.items()
    }


def container(synthesized: Json) -> Json:
    (found,) = json.loads(resource(synthesized, "aws_ecs_task_definition.service")["container_definitions"])
    return dict(found)


def variables(synthesized: Json) -> dict[str, str]:
    return {variable["name"]: variable["value"] for variable in container(synthesized)["environment"]}


def texts(value: Any) -> Iterator[str]:
    """Every string in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)


def waits_for(synthesized: Json, target: str) -> set[str]:
    """The managed resources that Terraform touches only after `target`."""
    managed = resources(synthesized)
    needs = {
        address: {
            other
            for other in managed
            if other in body.get("depends_on", []) or any(f"{other}." in text for text in texts(body))
        }
        for address, body in managed.items()
    }
    reached = {target}
    while more := {address for address, needed in needs.items() if needed & reached} - reached:
        reached |= more
    return reached
