"""One emulated AWS, and in it three first runs of `make state` at once: the provider waits a minute for S3 in each.

- `demo` is cut off behind every single step;
- `team` is made by two people at the same time;
- `own` has a key of its own, and its Terraform is killed while it applies.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest

from local.aws.account import EmulatedAws, without_aws
from tests.emulator.environments import skip_without_provider
from tests.emulator.state import cut_off
from tests.emulator.state.project import (
    DEMO_TOML,
    LOCAL_STATE,
    OWN_TOML,
    TEAM_TOML,
    Checkout,
    CutOff,
    FirstRuns,
    contents,
    state_in_bucket,
)
from tests.iam.enforcement import emulated_aws
from tools.setup import toolchain
from tools.state.flow import Bootstrap

MakeCheckout = Callable[[str], Checkout]


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatedAws]:
    skip_without_provider()
    with emulated_aws(tmp_path_factory.mktemp("state-aws")) as running:
        yield running


@pytest.fixture(scope="session")
def client(aws: EmulatedAws) -> Callable[[str], Any]:
    """boto3's clients, untyped."""
    make: Any = aws.session().client
    return lambda service: make(service)


@pytest.fixture(scope="session")
def checkout(aws: EmulatedAws, tmp_path_factory: pytest.TempPathFactory) -> MakeCheckout:
    """A person's own, empty folder."""
    foreign = ("MLFLOW_INFRA_", "TF_CLI_CONFIG_FILE")
    kept = {name: value for name, value in without_aws(os.environ).items() if not name.startswith(foreign)}
    variables = {**kept, **toolchain.terraform_environment(), **aws.environment()}
    return lambda name: Checkout(tmp_path_factory.mktemp(name), variables)


@pytest.fixture(scope="session")
def first_runs(checkout: MakeCheckout, client: Callable[[str], Any]) -> FirstRuns:
    allow_logs_into(client("s3"), "logs-of-the-company")
    with ThreadPoolExecutor(max_workers=3) as pool:
        demo = pool.submit(cut_off_behind_every_step, checkout("demo"), client("s3"))
        team = pool.submit(two_people_at_once, checkout("ann"), checkout("bob"))
        own = pool.submit(killed_while_applying, checkout("own"))
        return FirstRuns(demo=demo.result(), team=team.result(), own=own.result())


def cut_off_behind_every_step(person: Checkout, s3: Any) -> tuple[Checkout, list[CutOff], str]:
    file = person.write("demo", DEMO_TOML)
    local = person.keep_locally("demo")
    cut_offs = []
    for step in Bootstrap.STEPS:
        said = person.make_state("demo", ends_with=cut_off.STATUS, cut_off_after=step)
        remote = state_in_bucket(s3, "mlflow-state-123456789012-us-east-1", "mlflow/demo/terraform.tfstate")
        kept = [path for path in person.folder.glob(f"{local.name}*") if path.is_file()]
        cut_offs.append(
            CutOff(
                step=step,
                said=said,
                settings=file.read_text(encoding="utf-8"),
                files=sorted(path.name for path in kept),
                in_bucket=remote is not None and contents(remote) == contents(LOCAL_STATE),
            )
        )
    return person, cut_offs, person.make_state("demo")


def two_people_at_once(ann: Checkout, bob: Checkout) -> tuple[Checkout, Checkout, list[tuple[int, str]]]:
    for person in (ann, bob):
        person.write("team", TEAM_TOML)
    both = [person.start("team") for person in (ann, bob)]
    said = [process.communicate()[0] for process in both]
    ended = [(process.returncode, text) for process, text in zip(both, said, strict=True)]
    return ann, bob, ended


def killed_while_applying(person: Checkout) -> tuple[Checkout, str, str]:
    person.write("own", OWN_TOML)
    process = person.start("own")
    log = person.folder / ".tools" / "state" / "own" / "log"
    while process.poll() is None and "Still creating" not in text_of(log):
        time.sleep(0.2)
    before = text_of(log)
    family = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    for child in family:
        child.kill()
    process.communicate()
    psutil.wait_procs(family)
    return person, before, person.make_state("own")


def text_of(file: Path) -> str:
    return file.read_text(encoding="utf-8", errors="replace") if file.exists() else ""


def allow_logs_into(s3: Any, bucket: str) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "logging.s3.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{bucket}/*",
    }
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_policy(
        Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    )
