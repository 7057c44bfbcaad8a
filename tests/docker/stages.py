"""What came of each stage, for the tests to look at when the next one has been reached."""

from __future__ import annotations

from dataclasses import dataclass

import boto3

from scripts.demo.task import Task, read_task
from scripts.emulation.docker_leg import DockerLeg
from scripts.emulation.inventory import inventory
from tests.docker.machines import STACK, STATE_BUCKET, Machine


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


def edit(machine: Machine) -> None:
    """The same change of the image on every machine."""
    file = machine.folder / "docker" / "tracking_server" / "server.py"
    file.write_text(file.read_text("utf-8") + "\n# Edited.\n", encoding="utf-8")


def look(machine: Machine, leg: DockerLeg, session: boto3.Session) -> Deployed:
    """At what the last apply of `machine` made."""
    tag = machine.tag()
    return Deployed(tag, leg.registry.manifest_digest(STACK, tag), read_task(session, STACK))


def left_in(session: boto3.Session) -> list[str]:
    """What is in the account, but for the bucket that the tests made."""
    return [line for line in inventory(session) if line != f"bucket {STATE_BUCKET}"]
