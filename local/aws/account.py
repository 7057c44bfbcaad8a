"""An AWS account on 127.0.0.1: moto's server in a process of its own, with `aws_overrides` where moto falls short."""

from __future__ import annotations

import os
import re
import secrets
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import boto3

from local.aws.requests import AwsRequest
from local.child_process import ChildProcess

ACCOUNT_ID = "123456789012"
DEFAULT_REGION = "us-east-1"
START_SECONDS = 60
REGISTRY_PASSWORD_VARIABLE = "EMULATED_ECR_PASSWORD"
# How an image ends whose tasks never start, whatever its repository.
BROKEN_IMAGE = "@sha256:" + "f" * 64
# Begins the log line of what it cannot do.
GAP = "EMULATION GAP"
# And of the port that the server has.
LISTENING = "listening on 127.0.0.1:"


class EmulatedAwsError(Exception):
    """The emulated AWS does not run; the text says why, and where its log is."""


class EmulatedAws:
    """A context manager: an empty AWS account, all of it gone afterwards.

    Args:
        directory: for the log.
        region: the default one of `environment`.
        extensions: modules with more overrides, each with a function `apply`.

    Attributes:
        endpoint_url: of every service.
        registry_password: in the tokens that its ECR hands out.
        log_file: one line for each request, and a loud one for each that it cannot answer.
        requests_file: what was asked, for `requests`.
    """

    endpoint_url: str
    registry_password: str

    def __init__(
        self, directory: Path, *, region: str = DEFAULT_REGION, extensions: Sequence[str] = ()
    ) -> None:
        self.region = region
        self.log_file = directory / "aws.log"
        self.requests_file = directory / "requests.jsonl"
        self._directory = directory
        self._extensions = [argument for name in extensions for argument in ("--extension", name)]

    def __enter__(self) -> Self:
        self._directory.mkdir(parents=True, exist_ok=True)
        self.log_file.write_bytes(b"")
        self.requests_file.write_bytes(b"")
        # Real ones are base64 of JSON, and the Docker provider wants this beginning of them.
        self.registry_password = "ey" + secrets.token_urlsafe(48)
        self._server = ChildProcess(
            [sys.executable, "-m", "local.aws.server", "--record", self.requests_file, *self._extensions],
            log=self.log_file,
            environment={**without_aws(os.environ), REGISTRY_PASSWORD_VARIABLE: self.registry_password},
        )
        try:
            self._wait_until_it_answers()
        except BaseException:
            self._server.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._server.stop()

    @property
    def pid(self) -> int:
        return self._server.pid

    def environment(self) -> dict[str, str]:
        """All that Terraform, its provider and backend, boto3 and MLflow need; on top of `without_aws`."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_ACCESS_KEY_ID": "emulated",
            "AWS_SECRET_ACCESS_KEY": "emulated",
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_EC2_METADATA_DISABLED": "true",
            # Nobody's profile is read.
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }

    def session(self, region: str | None = None) -> boto3.Session:
        """A boto3 session whose clients come here, whatever the environment says."""
        return _Session(self.endpoint_url, region or self.region)

    def gaps(self) -> list[str]:
        """What was asked of it that it cannot do, as its log has it."""
        return sorted({line for line in self._log().splitlines() if line.startswith(GAP)})

    def requests(self) -> list[AwsRequest]:
        """What was asked of it until now, in order."""
        with self.requests_file.open(encoding="utf-8") as lines:
            return [AwsRequest.of_line(line) for line in lines]

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not (said := re.search(rf"^{LISTENING}(\d+)$", self._log(), re.MULTILINE)):
            if self._server.exit_status() is not None or time.monotonic() > deadline:
                raise EmulatedAwsError(
                    f"The emulated AWS does not answer:\n{self._server.last_lines()}\nlog: {self.log_file}"
                )
            time.sleep(0.1)
        self.endpoint_url = f"http://127.0.0.1:{said[1]}"

    def _log(self) -> str:
        return self.log_file.read_text(encoding="utf-8", errors="replace")


class _Session(boto3.Session):
    def __init__(self, endpoint_url: str, region: str) -> None:
        super().__init__(aws_access_key_id="emulated", aws_secret_access_key="emulated", region_name=region)
        self._endpoint_url = endpoint_url

    def client(self, service_name: str, **options: Any) -> Any:  # type: ignore[override]
        return super().client(service_name, **{"endpoint_url": self._endpoint_url, **options})  # type: ignore[call-overload]


def without_aws(environ: Mapping[str, str]) -> dict[str, str]:
    """`environ` without anything of a real account, and with no proxy in front of this machine."""
    kept = {name: value for name, value in environ.items() if not name.startswith("AWS_")}
    for name in ("NO_PROXY", "no_proxy"):
        kept[name] = ",".join(filter(None, [environ.get(name), "127.0.0.1", "localhost"]))
    return kept
