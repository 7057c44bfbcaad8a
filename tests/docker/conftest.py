"""The Docker leg: the unchanged plan with the real Docker provider, an engine, and a registry under ECR's own name.

One account, brought from one stage to the next, each stage a fixture: what a test needs is reached once, in the order
of the tests. The AWS provider waits as AWS makes it wait, so there are as few applies as can be.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NoReturn

import boto3
import pytest

from local import docker_stack
from local.aws.account import ACCOUNT_ID, EmulatedAws, without_aws
from local.demo.server import Overrides, free_port
from local.demo.task import read_task
from local.docker_stack import DockerStack, DockerStackUnavailable
from local.postgres import EmbeddedPostgres
from modules.image.image import BUILD_LOG
from stacks.environment import EnvironmentSettings
from stacks.loading import load_environments
from tests.docker.machines import PROJECT, STACK, STATE_BUCKET, Machine, copy_sources
from tests.docker.server import Server, serve
from tests.docker.stages import (
    GIVEN_IMAGE,
    Deployed,
    Failed,
    Refused,
    Switched,
    edit,
    left_in,
    look,
    without_docker_provider,
)
from tools.setup import toolchain

# A user's own would shape the build.
FOREIGN = ("DOCKER_", "BUILDX_", "BUILDKIT_", "SOURCE_DATE_EPOCH")


def skip(reason: str) -> NoReturn:
    pytest.skip(f"the Docker leg did not run: {reason}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """One line for the folder instead of one for each test."""
    report = yield
    if report.skipped and isinstance(report.longrepr, tuple):
        report.longrepr = (__file__, 1, report.longrepr[2])
    return report


@pytest.fixture(scope="session")
def settings() -> EnvironmentSettings:
    """The demo's, untouched."""
    return next(one for one in load_environments(PROJECT / "environments", {}) if one.stack_name == STACK)


@pytest.fixture(scope="session")
def aws(settings: EnvironmentSettings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatedAws]:
    if reason := docker_stack.unavailable():
        skip(reason)
    if not toolchain.has_provider("hashicorp/aws"):
        skip("the Terraform provider hashicorp/aws is not to be had here")
    with EmulatedAws(tmp_path_factory.mktemp("aws"), region=settings.region) as running:
        yield running


@pytest.fixture(scope="session")
def session(aws: EmulatedAws) -> boto3.Session:
    """An administrator's view of the account; the bucket of the states is there before everything else."""
    session = aws.session()
    s3: Any = session.client("s3")
    s3.create_bucket(Bucket=STATE_BUCKET)
    return session


@pytest.fixture(scope="session")
def leg(aws: EmulatedAws, settings: EnvironmentSettings) -> Iterator[DockerStack]:
    with ExitStack() as opened:
        leg = DockerStack(
            account_id=ACCOUNT_ID,
            region=settings.region,
            registry_password=aws.registry_password,
            configured_base_image=settings.image.base_image,
        )
        try:
            opened.enter_context(leg)
        except DockerStackUnavailable as error:
            skip(str(error))
        if leg.base_image.stand_in:
            warnings.warn(leg.base_image.description, stacklevel=1)
        yield leg


@pytest.fixture(scope="session")
def variables(aws: EmulatedAws, leg: DockerStack) -> dict[str, str]:
    """Of every machine. What shapes the plan is the leg's, and the bucket of the states."""
    own = {name: value for name, value in without_aws(os.environ).items() if not name.startswith(FOREIGN)}
    return {
        **own,
        **toolchain.terraform_environment(),
        **aws.environment(),
        **leg.environment(),
        "MLFLOW_INFRA_STATE__BUCKET": STATE_BUCKET,
    }


@pytest.fixture(scope="session")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_sources(tmp_path_factory.mktemp("repository") / "commit")


@pytest.fixture(scope="session")
def laptop(
    sources: Path, variables: dict[str, str], session: boto3.Session, tmp_path_factory: pytest.TempPathFactory
) -> Machine:
    """Where the engine is."""
    folder = tmp_path_factory.mktemp("laptop") / "clone"
    machine = Machine.clone(sources, folder, variables, umask=0o022)
    machine.synthesize()
    return machine


@pytest.fixture(scope="session")
def refused(laptop: Machine, leg: DockerStack, session: boto3.Session) -> Refused:
    """The very first apply, while the engine does not run."""
    said = laptop.apply(fails=True, variables=leg.without_engine())
    return Refused(said, laptop.resources(), left_in(session))


@pytest.fixture(scope="session")
def deployed(refused: Refused, laptop: Machine, leg: DockerStack, session: boto3.Session) -> Deployed:
    """Applied again with the engine: built, pushed, and pinned."""
    laptop.apply()
    return look(laptop, leg, session)


@pytest.fixture(scope="session")
def runner(
    deployed: Deployed,
    sources: Path,
    variables: dict[str, str],
    leg: DockerStack,
    tmp_path_factory: pytest.TempPathFactory,
) -> Machine:
    """Another machine: no engine, no image, another umask, and none of the build's own settings."""
    machines_own = ("MLFLOW_INFRA_IMAGE__BUILD_SECRETS", "MLFLOW_INFRA_IMAGE__BUILD_NETWORK_MODE")
    others = {
        name: value
        for name, value in {**variables, **leg.without_engine()}.items()
        if name not in machines_own
    }
    machine = Machine.clone(sources, tmp_path_factory.mktemp("runner") / "clone", others, umask=0o077)
    machine.synthesize()
    return machine


@pytest.fixture(scope="session")
def changed(deployed: Deployed, laptop: Machine, leg: DockerStack) -> Machine:
    """A file of the image edited, synthesized and planned where no engine runs."""
    edit(laptop)
    laptop.synthesize()
    laptop.plan(leg.without_engine())
    return laptop


@pytest.fixture(scope="session")
def applied(changed: Machine, leg: DockerStack, session: boto3.Session) -> Deployed:
    """That very plan, applied where one does."""
    changed.apply("plan.bin")
    return look(changed, leg, session)


@pytest.fixture(scope="session")
def failed(applied: Deployed, laptop: Machine, leg: DockerStack, session: boto3.Session) -> Failed:
    """Another change, whose build fails; then taken back."""
    dockerfile = laptop.folder / "docker" / "Dockerfile"
    good = dockerfile.read_text("utf-8")
    dockerfile.write_text(f"{good}RUN echo 'the disk is made of cheese' && exit 7\n", encoding="utf-8")
    laptop.synthesize()
    said = laptop.apply(fails=True)
    log = (laptop.working_directory / BUILD_LOG).read_text("utf-8")
    failed = Failed(said, log, look(laptop, leg, session))
    dockerfile.write_text(good, encoding="utf-8")
    laptop.synthesize()
    laptop.apply()
    return failed


@pytest.fixture(scope="session")
def postgres(applied: Deployed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """What RDS made: a certificate for the endpoint, the master user with the secret's password, the database."""
    task = applied.task
    with EmbeddedPostgres(tmp_path_factory.mktemp("postgres"), server_names=[task.database_host]) as running:
        running.create_role(task.database_user, task.database_password)
        running.create_database(task.database_name, owner=task.database_user)
        yield running


@pytest.fixture(scope="session")
def server(
    applied: Deployed,
    postgres: EmbeddedPostgres,
    aws: EmulatedAws,
    leg: DockerStack,
    session: boto3.Session,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Server]:
    """The container of the digest that the changed task definition names."""
    given = ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    overrides = Overrides(
        aws={name: aws.environment()[name] for name in given},
        database_port=postgres.port,
        ca_bundle=postgres.ca_bundle,
        port=free_port(),
    )
    log = tmp_path_factory.mktemp("server") / "server.log"
    with serve(leg, applied.task, overrides, log=log, session=session) as running:
        yield running


@pytest.fixture(scope="session")
def colleague(
    applied: Deployed,
    sources: Path,
    variables: dict[str, str],
    leg: DockerStack,
    tmp_path_factory: pytest.TempPathFactory,
) -> Machine:
    """Who has pulled the change, has no engine, and logs in to registries with Docker's own command line."""
    others = {
        **variables,
        **leg.without_engine(),
        "MLFLOW_INFRA_IMAGE__REGISTRY_CREDENTIALS": "docker_config",
    }
    machine = Machine.clone(sources, tmp_path_factory.mktemp("colleague") / "clone", others, umask=0o027)
    edit(machine)
    machine.synthesize()
    return machine


@pytest.fixture(scope="session")
def switched(applied: Deployed, laptop: Machine, leg: DockerStack, session: boto3.Session) -> Switched:
    """Given the very image that it has built, where no engine runs and nobody is logged in to the registry."""
    uri, bare = applied.task.image, leg.without_engine()
    laptop.synthesize({GIVEN_IMAGE: uri})
    destroyed = laptop.terraform("plan", "-destroy", "-input=false", "-no-color", variables=bare).stdout
    laptop.plan(bare)
    changes = laptop.changes()
    laptop.apply("plan.bin", variables=bare)
    return Switched(uri, destroyed, changes, Deployed(applied.tag, applied.digest, read_task(session, STACK)))


@pytest.fixture(scope="session")
def tenant(
    switched: Switched, sources: Path, variables: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Machine:
    """A machine without engine and Docker provider, for the environment with a given image."""
    folder = tmp_path_factory.mktemp("tenant")
    bare = without_docker_provider(folder / "terraform.rc")
    machine = Machine.clone(
        sources, folder / "clone", {**variables, **bare, GIVEN_IMAGE: switched.uri}, umask=0o022
    )
    machine.synthesize()
    return machine


@pytest.fixture(scope="session")
def switched_back(switched: Switched, laptop: Machine, leg: DockerStack, session: boto3.Session) -> Deployed:
    """Built in the plan again, on the machine that has built it before."""
    laptop.synthesize()
    laptop.apply()
    return look(laptop, leg, session)


@pytest.fixture(scope="session")
def destroyed(applied: Deployed, laptop: Machine, leg: DockerStack) -> str:
    """What destroy said, where no engine runs."""
    return laptop.apply("-destroy", variables=leg.without_engine())
