"""Synthesizes Terraform for every environment in environments/*.toml (`cdktf synth` runs this)."""

import gc
import os
import sys

gc.disable()  # lives for a second: collecting takes longer than it frees

from modules.image.build_context import BuildContextError
from stacks.app import BrokenRulesError, synthesize
from stacks.settings import SettingsError, environments_directory, load_environments


def main() -> str | None:
    directory = environments_directory(os.environ)
    try:
        synthesize(load_environments(directory, os.environ), directory=directory)
    except (SettingsError, BuildContextError, BrokenRulesError) as error:
        return str(error)
    return None


if __name__ == "__main__":
    sys.exit(main())  # a text goes to stderr, with exit code 1
