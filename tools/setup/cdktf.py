"""`pipenv run cdktf …`: the cdktf of package-lock.json with the Terraform and the providers of `make setup`."""

from __future__ import annotations

import os
import sys

from tools.setup import toolchain
from tools.setup.progress import SetupError
from tools.setup.stamps import locked
from tools.setup.steps import set_up_programs


def main() -> None:
    try:
        with locked():
            set_up_programs()
        environment = {**os.environ, **toolchain.terraform_environment()}
        program = toolchain.cdktf()
    except SetupError as error:
        sys.exit(str(error))
    os.execve(program, [str(program), *sys.argv[1:]], environment)


if __name__ == "__main__":
    main()
