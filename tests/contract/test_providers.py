"""What is synthesized is valid for the real providers: every argument known, every required one there."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest

from tests.contract.conftest import Stack
from tools.setup import terraform_providers

ENVIRONMENTS = ("demo", "production", "everything")
WITHOUT_DOCKER = ("given-image", "given-in-production", "given-in-everything")

Ready = Callable[[str], Stack]


@pytest.mark.parametrize("environment", [*WITHOUT_DOCKER, *ENVIRONMENTS])
def test_terraform_finds_nothing_wrong(initialized: Ready, environment: str) -> None:
    answer = json.loads(initialized(environment).terraform("validate", "-json").stdout)
    # Warnings too: a deprecated argument is an error of the next major version.
    assert answer["diagnostics"] == []
    assert answer["valid"] is True


def test_an_argument_that_the_provider_does_not_know_is_found(initialized: Ready) -> None:
    stack = initialized("given-image")
    file = stack.folder / "broken.tf.json"
    file.write_text('{"resource": {"aws_vpc": {"broken": {"cidr": "10.0.0.0/16"}}}}', encoding="utf-8")
    try:
        answer = json.loads(stack.terraform("validate", "-json").stdout)
    finally:
        file.unlink()
    assert answer["valid"] is False
    assert any("cidr" in found["detail"] for found in answer["diagnostics"])


@pytest.mark.parametrize("environment", WITHOUT_DOCKER)
def test_a_given_image_needs_no_docker_provider(initialized: Ready, environment: str) -> None:
    stack = initialized(environment)
    assert set(stack.required_providers) == {"hashicorp/aws"}
    assert "docker" not in stack.document["provider"]
    lock = (stack.folder / ".terraform.lock.hcl").read_text(encoding="utf-8")
    assert "kreuzwerker" not in lock


def test_toolchain_and_stacks_require_the_same_versions(stacks: dict[str, Stack]) -> None:
    versions = stacks["demo"].required_providers
    assert set(versions) == set(terraform_providers.TESTED) == set(terraform_providers.FITTING)
    for address, constraint in versions.items():
        lowest, below = terraform_providers.FITTING[address]
        # `>= 5.100.0, < 6.0.0` says both ends; `~> 4.5` says the first and means below the next major version.
        numbers = [tuple(map(int, part.split("."))) for part in re.findall(r"[\d.]+", constraint)]
        assert numbers[0][: len(lowest)] == lowest
        assert below == (numbers[1][:1] if len(numbers) > 1 else (numbers[0][0] + 1,))
        assert terraform_providers.fits(address, terraform_providers.TESTED[address])
