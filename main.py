"""Synthesizes Terraform for every environment in environments/*.toml (`cdktf synth` runs this)."""

import os
import sys

from stacks.locks import put_provider_locks
from stacks.settings import SettingsError, environments_directory, load_environments
from stacks.state import add_state_stacks
from stacks.tracking import TrackingStack  # before cdktf: it makes the bindings lazy

from cdktf import App  # isort: skip


def main() -> int:
    try:
        environments = load_environments(environments_directory(os.environ), os.environ)
    except SettingsError as error:
        print(error, file=sys.stderr)
        return 1
    app = App()
    for settings in environments:
        TrackingStack(app, settings=settings)
    add_state_stacks(app, environments)
    app.synth()
    put_provider_locks(app.outdir, environments_directory(os.environ))
    return 0


if __name__ == "__main__":
    sys.exit(main())
