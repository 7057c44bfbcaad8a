"""An environment that has built its image is given a finished one: Terraform drops the built one from the state."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.contract.conftest import Stack
from tools.setup import toolchain

DIGEST = "sha256:" + "0" * 64
# As an apply that has built and pushed leaves it, what needs AWS left out.
STATE: dict[str, Any] = {
    "version": 4,
    "terraform_version": "1.11.4",
    "serial": 1,
    "lineage": "0d2e1c0e-5f0e-4a43-9d6b-2f6a8e9d7c11",
    "outputs": {},
    "resources": [
        {
            "mode": "managed",
            "type": "docker_registry_image",
            "name": "image",
            "provider": 'provider["registry.terraform.io/kreuzwerker/docker"]',
            "instances": [
                {
                    "schema_version": 0,
                    "create_before_destroy": True,
                    "attributes": {
                        "id": DIGEST,
                        "name": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/mlflow-test:0123456789abcdef",
                        "sha256_digest": DIGEST,
                        "keep_remotely": True,
                    },
                }
            ],
        },
        {
            "mode": "managed",
            "type": "terraform_data",
            "name": "image_engine_check",
            "provider": 'provider["terraform.io/builtin/terraform"]',
            "instances": [
                {"schema_version": 0, "attributes": {"id": "1"}},
            ],
        },
    ],
}
PLAN = ("plan", "-input=false", "-no-color", "-out=plan.bin")


@pytest.fixture
def folder(stacks: dict[str, Stack], tmp_path: Path) -> Callable[[bool], Stack]:
    """Makes a folder with that state, and of the stack with a given image only what concerns it."""
    if not toolchain.has_provider("kreuzwerker/docker"):
        pytest.skip(
            "the switch to a given image did not run: the Terraform provider kreuzwerker/docker is not here"
        )

    def make(forgets: bool) -> Stack:
        given = stacks["given-image"]
        document = {"removed": given.document["removed"]} if forgets else {}
        (tmp_path / "main.tf.json").write_text(json.dumps(document), encoding="utf-8")
        (tmp_path / "terraform.tfstate").write_text(json.dumps(STATE), encoding="utf-8")
        stack = Stack(tmp_path, given.environment)
        ready = stack.terraform("init", "-input=false", "-no-color")
        assert ready.returncode == 0, ready.stderr
        return stack

    return make


def planned(stack: Stack) -> dict[str, list[str]]:
    """Address → actions."""
    plan = json.loads(stack.terraform("show", "-json", "plan.bin").stdout)
    return {change["address"]: change["change"]["actions"] for change in plan["resource_changes"]}


def test_the_built_image_is_forgotten_and_needs_no_login(folder: Callable[[bool], Stack]) -> None:
    stack = folder(True)

    done = stack.terraform(*PLAN)

    assert done.returncode == 0, done.stderr
    assert planned(stack) == {
        "docker_registry_image.image": ["forget"],
        "terraform_data.image_engine_check": ["delete"],
    }
    assert stack.terraform("apply", "-input=false", "-no-color", "plan.bin").returncode == 0
    assert stack.terraform("state", "list").stdout == ""


def test_an_environment_can_be_destroyed_before_that_was_applied(folder: Callable[[bool], Stack]) -> None:
    stack = folder(True)

    done = stack.terraform("destroy", "-auto-approve", "-input=false", "-no-color")

    assert done.returncode == 0, done.stderr
    assert stack.terraform("state", "list").stdout == ""


def test_only_because_the_stack_says_so(folder: Callable[[bool], Stack]) -> None:
    stack = folder(False)

    done = stack.terraform(*PLAN)

    assert done.returncode == 1
    assert "Unable to get authConfig for registry" in done.stderr
