"""Synthesizes Terraform for every environment in environments/*.toml (`cdktf synth` runs this)."""

import gc
import os
import sys

gc.disable()  # lives for a second: collecting takes longer than it frees

from stacks.settings import SettingsError, environments_directory, load_environments
from stacks.state import add_state_stacks
from stacks.tracking import TrackingStack  # before cdktf: it makes the bindings lazy

from cdktf import App  # isort: skip


def main() -> str | None:
    try:
        environments = load_environments(environments_directory(os.environ), os.environ)
    except SettingsError as error:
        return str(error)
    app = App()
    for settings in environments:
        TrackingStack(app, settings=settings)
    add_state_stacks(app, environments)
    app.synth()
    return None


if __name__ == "__main__":
    sys.exit(main())  # a text goes to stderr, with exit code 1
