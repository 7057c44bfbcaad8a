"""The values that must be written nowhere, and all the places where something of a deployment is written."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import boto3

from local.aws.account import EmulatedAws
from local.docker_stack import DockerStack
from local.registry import USER
from tests.docker.machines import STATE_BUCKET, STATE_KEY, Machine
from tests.docker.server import Server

PLAN = "plan.bin"
SECRETS_OF_THE_SERVER = {
    "MLFLOW_ADMIN_SECRET_ARN": ("password",),
    "MLFLOW_SERVER_KEYS_SECRET_ARN": (
        "MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY",
        "MLFLOW_FLASK_SERVER_SECRET_KEY",
    ),
}

Places = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Secrets:
    """The real ones of this run."""

    database: str = field(repr=False)
    registry: str = field(repr=False)
    # What the server made: the first user's password, and the keys that all tasks share.
    of_the_server: tuple[str, ...] = field(repr=False)

    @classmethod
    def of(cls, server: Server, aws: EmulatedAws) -> Secrets:
        secrets: Any = aws.session().client("secretsmanager")
        made: list[str] = []
        for variable, names in SECRETS_OF_THE_SERVER.items():
            arn = server.task.environment[variable]
            value = json.loads(secrets.get_secret_value(SecretId=arn)["SecretString"])
            made += [value[name] for name in names]
        return cls(server.task.database_password, aws.registry_password, tuple(made))

    def server_found_in(self, places: Places) -> list[str]:
        return _found(self.of_the_server, places)

    def database_found_in(self, places: Places) -> list[str]:
        return _found([self.database], places)

    def registry_found_in(self, places: Places) -> list[str]:
        # As ECR hands it out and Docker keeps it.
        login = base64.b64encode(f"{USER}:{self.registry}".encode()).decode()
        return _found([self.registry, login], places)


def said_everywhere(
    server: Server, machines: Sequence[Machine], aws: EmulatedAws, leg: DockerStack, session: boto3.Session
) -> Places:
    """Place → texts."""
    image = server.task.image
    logs = [aws.log_file, leg.engine.log, leg.registry.log, server.log]
    return {
        "plan": [text for machine in machines for text in _plan(machine)],
        "state": [_state(session)],
        "synthesized": [text for machine in machines for text in _texts(machine.folder / "cdktf.out")],
        "image": [
            leg.engine.docker("history", "--no-trunc", image).stdout,
            json.dumps(leg.engine.inspect(image)),
        ],
        "task definition": [json.dumps(dict(server.task.environment))],
        "container": [json.dumps(server.inspect()["Config"])],
        "logs": [
            *(file.read_text("utf-8", errors="replace") for file in logs),
            *(text for machine in machines for text in machine.printed),
        ],
    }


def _found(secrets: Sequence[str], places: Places) -> list[str]:
    """The places' names; what was found is not shown."""
    return [
        place
        for place, texts in places.items()
        if any(secret in text for text in texts for secret in secrets)
    ]


def _state(session: boto3.Session) -> str:
    s3: Any = session.client("s3")
    text: str = s3.get_object(Bucket=STATE_BUCKET, Key=STATE_KEY)["Body"].read().decode()
    return text


def _plan(machine: Machine) -> Iterator[str]:
    """The saved plan, the states in it too, and what Terraform shows of it."""
    with ZipFile(machine.working_directory / PLAN) as saved:
        yield from (saved.read(name).decode("utf-8", errors="replace") for name in saved.namelist())
    yield json.dumps(machine.planned())


def _texts(folder: Path) -> Iterator[str]:
    """All that was written there, the image's context and the build's log too, but for saved plans and providers."""
    for file in folder.rglob("*"):
        if file.is_file() and file.name != PLAN and "providers" not in file.parts:
            yield file.read_text(encoding="utf-8", errors="replace")
