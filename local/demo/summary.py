"""The tables at the end: what was done, what stood in for what, how long it took."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.table import Table

from local.demo.cloud import Cloud
from local.demo.modes import Mode
from local.demo.report import Report
from local.demo.task import Task
from local.demo.use import Done


def show_summary(
    report: Report, *, client: Mapping[str, str], task: Task, mode: Mode, cloud: Cloud, done: Sequence[Done]
) -> None:
    """Everything a reader wants to know after the steps have scrolled by; `client` has the client's variables."""
    report.say("")
    report.table(_table("What the MLflow client did", ("what", "result", "seconds"), _done(done)))
    report.table(_table("What stood in for what", ("on AWS", "here"), _stand_ins(task, mode, cloud)))
    report.table(_table("How long each step took", ("step", "seconds"), _times(report)))
    for reason in mode.reasons:
        report.say(f"Note: {reason}")
    report.say("")
    for name, value in client.items():
        report.say(f"{name}={value}")
    for item in done:
        if item.link.startswith("http"):
            report.say(f"{item.name}: {item.link}")


def _table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    for column in columns:
        table.add_column(column, justify="right" if column == "seconds" else "left", overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table


def _done(done: Sequence[Done]) -> list[tuple[str, str, str]]:
    return [(item.name, item.what, f"{item.seconds:.1f}") for item in done]


def _times(report: Report) -> list[tuple[str, str]]:
    rows = [(name, f"{seconds:.1f}") for name, seconds, _ in report.steps]
    return [*rows, ("together", f"{sum(seconds for _, seconds, _ in report.steps):.1f}")]


def _stand_ins(task: Task, mode: Mode, cloud: Cloud) -> list[tuple[str, str]]:
    told = sorted(cloud.overrides(0).environment(ca_bundle=""))
    return [
        (
            "AWS's API, S3 and Secrets Manager",
            f"moto's server at {cloud.aws.endpoint_url}, not changed but for its gaps",
        ),
        (
            f"RDS, {task.database_host}",
            f"PostgreSQL {cloud.postgres.version} on 127.0.0.1:{cloud.postgres.port}, certified for that name",
        ),
        (
            f"Fargate, {task.cpu_units} CPU units and {task.memory_mib} MiB × {task.desired_count}",
            f"{mode.name}, × 1",
        ),
        (f"the image {task.image}", mode.image),
        (
            f"ALB, {task.load_balancer_host}:{task.listener_port}",
            "none: requests go to the task itself; its health check is asked as the target group says",
        ),
        (
            f"the task's {len(task.environment)} variables",
            f"the same, and for being outside of AWS: {', '.join(told)}",
        ),
    ]
