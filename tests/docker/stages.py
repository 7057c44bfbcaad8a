"""What came of each stage, for the tests to look at when the next one has been reached."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import boto3

from local.aws.inventory import inventory
from local.demo.task import Task, read_task
from local.docker_stack import DockerStack
from tests.docker.machines import STACK, STATE_BUCKET, Machine
from tools.setup import toolchain
from tools.setup.terraform_providers import CONFIGURATION_VARIABLE, REGISTRY, providers_in


@dataclass(frozen=True)
class Refused:
    """An apply that could not build.

    Attributes:
        said: by it.
        state: what it holds afterwards, and was not only read.
        account: what is in it afterwards.
    """

    said: str
    state: list[str]
    account: list[str]


@dataclass(frozen=True)
class Deployed:
    """What was deployed.

    Attributes:
        tag: of the image.
        digest: what the registry has under it.
        task: as ECS would run it.
    """

    tag: str
    digest: str | None
    task: Task


@dataclass(frozen=True)
class Failed:
    """A build that failed, and what it left.

    Attributes:
        said: by the apply.
        log: of the build.
        left: deployed.
    """

    said: str
    log: str
    left: Deployed


@dataclass(frozen=True)
class Switched:
    """An environment that has built its image, and is given a finished one.

    Attributes:
        uri: of that image.
        destroyed: what a plan to destroy everything said before the switch was applied.
        changes: address → actions, of the switch's plan.
        left: deployed by it.
    """

    uri: str
    destroyed: str
    changes: Mapping[str, Sequence[str]]
    left: Deployed


GIVEN_IMAGE = "MLFLOW_INFRA_IMAGE__URI"


def without_docker_provider(file: Path) -> dict[str, str]:
    """Variables of a machine where Terraform gets the AWS provider as it does here, and the Docker provider nowhere."""
    aws, docker = (f"{REGISTRY}/{name}" for name in ("hashicorp/aws", "kreuzwerker/docker"))
    folders = [one for one in toolchain.provider_mirrors() if "hashicorp/aws" in providers_in(one)]
    blocks = [f'filesystem_mirror {{\n path = "{one}"\n include = ["{aws}"]\n}}\n' for one in folders]
    elsewhere = [docker, aws] if folders else [docker]
    blocks.append(f"direct {{\n exclude = {json.dumps(elsewhere)}\n}}\n")
    file.write_text(f"provider_installation {{\n{''.join(blocks)}}}\n", encoding="utf-8")
    return {CONFIGURATION_VARIABLE: str(file)}


def edit(machine: Machine) -> None:
    """The same change of the image on every machine."""
    file = machine.folder / "docker" / "tracking_server" / "server.py"
    file.write_text(file.read_text("utf-8") + "\n# Edited.\n", encoding="utf-8")


def look(machine: Machine, leg: DockerStack, session: boto3.Session) -> Deployed:
    """At what the last apply of `machine` made."""
    tag = machine.tag()
    return Deployed(tag, leg.registry.manifest_digest(STACK, tag), read_task(session, STACK))


def left_in(session: boto3.Session) -> list[str]:
    """What is in the account, but for the bucket that the tests made."""
    return [line for line in inventory(session) if line != f"bucket {STATE_BUCKET}"]
