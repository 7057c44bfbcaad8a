"""checkov and parliament, in an environment of their own: their pins do not fit the project's.

Both are pinned by hash in requirements.txt beside this file:
`uv pip compile --universal --generate-hashes --no-header --no-annotate`, from `checkov` and `parliament`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from tools.setup.progress import TOOLS, Step
from tools.setup.python_environment import create, install, python_of
from tools.setup.stamps import Stamp, locked

REQUIREMENTS = Path(__file__).with_name("requirements.txt")
ENVIRONMENT = TOOLS / "policy"


def analysers() -> Path:
    """The interpreter that has them; made once for each change of the requirements.

    Raises:
        SetupError: they could not be installed.
    """
    requirements = REQUIREMENTS.read_text(encoding="utf-8")
    stamp = Stamp("policy", requirements, sys.version, str(ENVIRONMENT))
    with locked():
        if not (stamp.holds() and python_of(ENVIRONMENT).exists()):
            with Step("checkov and parliament, to judge the synthesized Terraform", log="policy") as step:
                create(ENVIRONMENT, step)
                install(ENVIRONMENT, requirements, step)
                stamp.set()
    return python_of(ENVIRONMENT)
