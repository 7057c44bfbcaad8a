"""`make which ADDRESS=aws_db_instance.database`: the line that creates a resource, and the constructs around it."""

from __future__ import annotations

import contextlib
import io
import linecache
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from modules.common.bindings import make_lazy

make_lazy()  # before anything imports cdktf

import jsii
from cdktf import App, TerraformElement

from modules.image.build_context import BuildContextError
from settings.language.errors import SettingsError, nearest
from stacks.base import AppStack, kind_of
from stacks.environment import EnvironmentSettings
from stacks.loading import ENVIRONMENT, environments_directory, load_environments
from stacks.state import add_state_stacks
from stacks.tracking import TrackingStack
from tools.setup.progress import PROJECT

CODE = tuple(f"{PROJECT / folder}{os.sep}" for folder in ("stacks", "modules"))


@dataclass(frozen=True)
class Place:
    """A line of code."""

    file: Path
    line: int

    def __str__(self) -> str:
        code = linecache.getline(str(self.file), self.line).strip()
        return f"{self.file.relative_to(PROJECT).as_posix()}:{self.line}: {code}"


def places(environments: Sequence[EnvironmentSettings]) -> dict[str, tuple[Place, ...]]:
    """Address → the lines that create the resource or data source, the innermost first."""
    created: dict[str, tuple[Place, ...]] = {}
    bindings: Any = jsii
    create = bindings.create

    def recorded(kind: Any, instance: Any, *arguments: Any) -> Any:
        made = create(kind, instance, *arguments)
        created[instance.__jsii_ref__.ref] = tuple(_lines(sys._getframe(1)))
        return made

    bindings.create = recorded
    try:
        # What a synthesis says on standard error is of no interest here.
        with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stderr(io.StringIO()):
            app = App(outdir=folder)
            for settings in environments:
                TrackingStack(app, settings=settings)
            add_state_stacks(app, environments)
            elements: list[tuple[str, Any]] = [
                (f"{kind_of(element)}.{element.friendly_unique_id}", element)
                for stack in app.node.children
                if isinstance(stack, AppStack)
                for element in stack.node.find_all()
                if isinstance(element, TerraformElement) and hasattr(element, "terraform_resource_type")
            ]
            return {address: created[element.__jsii_ref__.ref] for address, element in elements}
    finally:
        bindings.create = create


def _lines(frame: FrameType | None) -> Iterator[Place]:
    while frame is not None:
        if frame.f_code.co_filename.startswith(CODE):
            yield Place(Path(frame.f_code.co_filename), frame.f_lineno)
        frame = frame.f_back


def main(arguments: list[str]) -> str | None:
    """Prints the lines.

    Returns:
        What is wrong, for people; None if the address was found.
    """
    if len(arguments) != 1 or "." not in arguments[0]:
        return "Usage: make which ADDRESS=aws_db_instance.database"
    # An instance of a `for_each` or `count` is its resource's.
    address = arguments[0].partition("[")[0]
    try:
        environments = load_environments(environments_directory(os.environ), os.environ)
    except SettingsError as error:
        return str(error)
    try:
        known = places(environments)
    except BuildContextError as error:
        return str(error)
    if address not in known:
        meant = nearest(address, list(known))
        names = ", ".join(settings.environment for settings in environments)
        return f"{address} is in no plan of these environments: {names}." + (
            f" Did you mean {meant}?"
            if meant
            else f" {ENVIRONMENT.directory_variable} names the folder of other ones."
        )
    for place in known[address]:
        print(place)
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
