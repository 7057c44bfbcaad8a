"""The demo from beginning to end: emulated cloud, deploy, serve, use, destroy, and a look at what is left."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType
from typing import NoReturn

from local.aws.inventory import inventory
from local.child_process import ChildProcess
from local.demo import health, use
from local.demo.cloud import Cloud
from local.demo.modes import Mode, choose_mode
from local.demo.report import DemoError, Report, StepFailed
from local.demo.server import free_port
from local.demo.summary import show_summary
from local.demo.task import Task, read_credentials, read_task
from local.demo.terraform import cdktf
from local.demo.workspace import Workspace


class Stop(BaseException):
    """Ctrl-C, or SIGTERM of `make demo-down`."""


class Demo:
    """One run of the demo.

    Args:
        workspace: where it writes.
        report: what it shows.
    """

    def __init__(self, workspace: Workspace, report: Report) -> None:
        self._workspace = workspace
        self._report = report
        self._left_behind: list[str] = []

    def run(self, *, wait: bool) -> bool:
        """Runs the whole demo; with `wait` the server stays up until it is stopped.

        Returns:
            Whether everything worked and nothing was left behind.
        """
        with _stoppable():
            try:
                with ExitStack() as opened:
                    self._run(opened, wait=wait)
            except Stop:
                self._report.say("Stopped before it was ready.")
                return False
            except StepFailed:
                return False
        return not self._report.failed and not self._left_behind

    def _run(self, opened: ExitStack, *, wait: bool) -> None:
        report, logs = self._report, self._workspace.logs
        cloud = Cloud(self._workspace, report)
        opened.enter_context(cloud)
        mode = opened.enter_context(choose_mode(cloud, report, logs=logs))
        environment = {**cloud.environment(), **mode.plan_environment}
        output = self._workspace.folder / "cdktf.out"
        stack = cloud.settings.stack_name
        # From here on there is something to destroy, also after half a deploy.
        opened.callback(self._show_what_is_left, cloud)
        opened.callback(self._destroy, cloud, environment)
        with report.step(f"Deploy: cdktf deploy {stack}") as step:
            count = cdktf(
                "deploy", stack, environment=environment, output=output, log=logs / "deploy.log", step=step
            )
            step.detail = f"{count} resources, by real Terraform and the real AWS provider"
        with report.step("Read the deployed task back") as step:
            task = read_task(cloud.session, cloud.settings.full_name)
            step.detail = f"{task.arn.split('/')[-1]}, {len(task.environment)} variables, the secret"
        with report.step("Database") as step:
            cloud.be_the_database_of(task)
            step.detail = f"{task.database_host} is the PostgreSQL on 127.0.0.1:{cloud.postgres.port}"
        port = free_port()
        server = self._serve(opened, mode, task, cloud, port)
        uri = f"http://127.0.0.1:{port}"
        with report.step("Behind the load balancer's name") as step:
            credentials = read_credentials(cloud.session, task)
            step.detail = health.check_host_names(
                port, load_balancer_host=task.load_balancer_host, credentials=credentials
            )
        done = use.use_as_a_client(uri, credentials=credentials, report=report, log=logs / "client.log")
        client = {"MLFLOW_TRACKING_URI": uri, **credentials}
        show_summary(report, client=client, task=task, mode=mode, cloud=cloud, done=done)
        if wait:
            self._wait(server, uri)

    def _serve(self, opened: ExitStack, mode: Mode, task: Task, cloud: Cloud, port: int) -> ChildProcess:
        check, log = task.health_check, self._workspace.logs / "server.log"
        with self._report.step(f"Start the task as {mode.name}") as step:
            server = mode.start(task, cloud.overrides(port), log)
            opened.callback(self._stop_server, server)

            def stopped() -> str | None:
                status = server.exit_status()
                return None if status is None else f"the server ended with status {status}"

            try:
                seconds = health.wait_until_healthy(
                    check, port=port, within_seconds=task.grace_period_seconds, stopped=stopped, step=step
                )
            except DemoError as error:
                raise DemoError(str(error), log=log, last_lines=server.last_lines()) from None
            step.detail = (
                f"healthy after {seconds:.1f} s by the target group's own check (GET {check.path}, "
                f"{check.healthy_threshold} in a row, time-out {check.timeout_seconds} s; asked every "
                f"{health.POLL_SECONDS:.0f} s instead of every {check.interval_seconds} s)"
            )
        return server

    def _wait(self, server: ChildProcess, uri: str) -> None:
        self._report.say(f"\nMLflow runs at {uri} until Ctrl-C, or `make demo-down` in another terminal.")
        try:
            while server.exit_status() is None:
                time.sleep(0.5)
        except Stop:
            self._report.say("")
            return
        self._report.failed = True
        self._report.say(f"✗ The server ended with status {server.exit_status()}; log: {server.log}")

    def _stop_server(self, server: ChildProcess) -> None:
        with self._report.step("Stop the server") as step:
            server.stop()
            step.detail = f"exit status {server.exit_status()}"

    def _destroy(self, cloud: Cloud, environment: dict[str, str]) -> None:
        output, log = self._workspace.folder / "cdktf.out", self._workspace.logs / "destroy.log"
        stack = cloud.settings.stack_name
        with self._report.step(f"Destroy: cdktf destroy {stack}") as step:
            count = cdktf("destroy", stack, environment=environment, output=output, log=log, step=step)
            step.detail = f"{count} resources"

    def _show_what_is_left(self, cloud: Cloud) -> None:
        with self._report.step("What is left in the account") as step:
            cloud.remove_state_bucket()
            self._left_behind = inventory(cloud.session)
            if self._left_behind:
                raise DemoError(
                    f"{len(self._left_behind)} resources", last_lines="\n".join(self._left_behind)
                )
            if gaps := cloud.aws.gaps():
                raise DemoError(
                    "nothing, but the emulation was asked what it cannot do", last_lines="\n".join(gaps)
                )
            step.detail = "nothing"


@contextmanager
def _stoppable() -> Iterator[None]:
    """SIGINT and SIGTERM raise Stop once; a second one ends the program at once, and the wrappers end the rest."""
    previous = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}

    def stop(number: int, frame: FrameType | None) -> NoReturn:
        for again in previous:
            signal.signal(again, _leave)
        raise Stop

    for number in previous:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _leave(number: int, frame: FrameType | None) -> NoReturn:
    os.write(2, b"\nLeaving at once; the emulated AWS is gone with everything in it.\n")
    os._exit(130)
