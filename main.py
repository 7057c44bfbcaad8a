"""Synthesizes Terraform for every environment in environments/*.toml (`cdktf synth` runs this)."""

import os
import sys

from modules.common.bindings import make_lazy

make_lazy()  # before anything imports cdktf: ten seconds and 500 MB less (modules/common/bindings.py)

from modules.image.build_context import BuildContextError
from settings.language.errors import SettingsError
from stacks.app import BrokenRulesError, synthesize
from stacks.loading import environments_directory, load_environments


def main() -> str | None:
    directory = environments_directory(os.environ)
    try:
        synthesize(load_environments(directory, os.environ), directory=directory)
    except (SettingsError, BuildContextError, BrokenRulesError) as error:
        return str(error)
    return None


if __name__ == "__main__":
    sys.exit(main())  # a text goes to stderr, with exit code 1
