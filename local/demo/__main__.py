"""The command line: `python -m local.demo [--once]`, and `python -m local.demo down` from another terminal."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer
from rich.console import Console

from local import shell
from local.demo.flow import Demo
from local.demo.report import Report, StepFailed
from local.demo.workspace import AlreadyRunning, Workspace, stop_running

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.callback(invoke_without_command=True)
def up(
    context: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="Run through, destroy, and exit: for CI.")] = False,
) -> None:
    """Deploys the platform into an emulated AWS, serves MLflow from it, uses it; Ctrl-C destroys everything."""
    if context.invoked_subcommand is not None:
        return
    shell.forget(os.environ)
    console = Console(highlight=False)
    try:
        with Workspace.claim() as workspace:
            report = Report(console, log=workspace.logs / "demo.log")
            succeeded = Demo(workspace, report).run(wait=not once)
    except AlreadyRunning as error:
        console.print(str(error))
        raise typer.Exit(1) from None
    except StepFailed:
        raise typer.Exit(1) from None
    raise typer.Exit(0 if succeeded else 1)


@app.command()
def down() -> None:
    """Stops the demo that runs in another terminal: it destroys everything first."""
    raise typer.Exit(stop_running(Console(highlight=False)))


if __name__ == "__main__":
    app(prog_name="python -m local.demo", args=sys.argv[1:])
