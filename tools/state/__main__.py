"""The command line: `python -m tools.state [ENVIRONMENT]`, in the project's folder."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from settings.language.errors import SettingsError
from tools.setup.progress import SetupError
from tools.state.errors import StateError
from tools.state.flow import Bootstrap
from tools.state.workspace import Workspace

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def state(
    environment: Annotated[str, typer.Argument(help="The stem of its file in environments/.")] = "demo",
) -> None:
    """Makes the bucket of the state, moves local state into it, and writes it into the environment's file."""
    try:
        with Workspace.claim(Path.cwd(), environment) as workspace:
            Bootstrap(workspace, os.environ).run()
    except (StateError, SettingsError, SetupError) as error:
        print(error, file=sys.stderr)
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        print("Interrupted. Run it again: it goes on from here.", file=sys.stderr)
        raise typer.Exit(130) from None


if __name__ == "__main__":
    app(prog_name="python -m tools.state", args=sys.argv[1:])
