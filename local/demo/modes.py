"""How the task can be run on this machine: the best of three ways, and why not a better one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from local import docker_stack
from local.aws.account import ACCOUNT_ID
from local.child_process import ChildProcess
from local.demo.cloud import Cloud
from local.demo.report import DemoError, Report
from local.demo.server import (
    LOCAL_IMAGE,
    Overrides,
    build_local_image,
    local_engine_unavailable,
    run_container,
    run_process,
)
from local.demo.task import Task
from local.demo.workspace import PROJECT

CONTEXT = PROJECT / "docker"
# In a plan that builds no image: any finished one by digest.
STAND_IN_DIGEST = f"sha256:{'0' * 64}"


@dataclass(frozen=True)
class Mode:
    """One way to run the task.

    Attributes:
        name: of what runs.
        image: what became of the image, for the summary.
        reasons: why it is not a better way, and what else is to be known.
        plan_environment: what Terraform needs for it.
        start: starts it and returns at once.
    """

    name: str
    image: str
    reasons: tuple[str, ...]
    plan_environment: Mapping[str, str]
    start: Callable[[Task, Overrides, Path], ChildProcess]


@contextmanager
def choose_mode(cloud: Cloud, report: Report, *, logs: Path) -> Iterator[Mode]:
    """The container of the digest that the plan pushes, else a container built here, else a process."""
    with ExitStack() as opened:
        try:
            mode = opened.enter_context(_pushed_image(cloud, report))
        except docker_stack.DockerStackUnavailable as error:
            mode = _local_image(cloud, report, str(error), logs) or _process(cloud, report, str(error))
        yield mode


@contextmanager
def _pushed_image(cloud: Cloud, report: Report) -> Iterator[Mode]:
    with report.step("Docker engine and registry") as step:
        said: list[str] = []
        leg = docker_stack.DockerStack(
            account_id=ACCOUNT_ID,
            region=cloud.settings.region,
            registry_password=cloud.aws.registry_password,
            configured_base_image=cloud.settings.image.base_image,
            report=said.append,
        )
        try:
            leg.__enter__()
        except docker_stack.DockerStackUnavailable:
            raise
        except docker_stack.DockerStackError as error:
            raise DemoError(str(error)) from error
        step.detail = "; ".join([f"the registry is {leg.host}, over TLS", *said])
    try:
        engine = {**cloud.plain_environment(), **leg.environment()}

        def start(task: Task, overrides: Overrides, log: Path) -> ChildProcess:
            leg.pull(task.image)
            return run_container(task.image, task, overrides, engine=engine, log=log)

        yield Mode(
            name="the container of the digest that the plan pushed",
            image="built, pushed and pinned by its digest in the same plan",
            reasons=tuple(said),
            plan_environment=leg.environment(),
            start=start,
        )
    finally:
        leg.__exit__(None, None, None)


def _local_image(cloud: Cloud, report: Report, no_leg: str, logs: Path) -> Mode | None:
    engine = cloud.plain_environment()
    image = cloud.settings.image
    if local_engine_unavailable(engine):
        return None
    log = logs / "image-build.log"
    with report.step("Build the image") as step:
        try:
            build_local_image(
                CONTEXT,
                tag=LOCAL_IMAGE,
                base_image=image.base_image,
                environment=engine,
                log=log,
                options=[f"--platform={image.platform}"],
            )
        except DemoError as error:
            step.detail = f"not possible here ({error}; log: {log}), so the task will be a process"
            return None
        step.detail = LOCAL_IMAGE

    def start(task: Task, overrides: Overrides, log: Path) -> ChildProcess:
        return run_container(LOCAL_IMAGE, task, overrides, engine=engine, log=log)

    return Mode(
        name="a container built here",
        image="built here, not pushed; the plan names a stand-in",
        reasons=(f"no container of a pushed digest: {no_leg}",),
        plan_environment=_stand_in(cloud),
        start=start,
    )


def _process(cloud: Cloud, report: Report, no_leg: str) -> Mode:
    reason = local_engine_unavailable(cloud.plain_environment()) or "the image could not be built"
    return Mode(
        name="a process from the image's locked requirements",
        image="not built; the plan names a stand-in",
        reasons=(f"no container of a pushed digest: {no_leg}", f"no container at all: {reason}"),
        plan_environment=_stand_in(cloud),
        start=lambda task, overrides, log: run_process(task, overrides, log=log),
    )


def _stand_in(cloud: Cloud) -> dict[str, str]:
    settings = cloud.settings
    registry = f"{ACCOUNT_ID}.dkr.ecr.{settings.region}.amazonaws.com"
    return {"MLFLOW_INFRA_IMAGE__URI": f"{registry}/{settings.full_name}@{STAND_IN_DIGEST}"}
