"""`python -m tests.emulator.state.cut_off STEP ENVIRONMENT`: `make state`, whose process dies after a step."""

from __future__ import annotations

import os
import sys
from typing import Any

from tools.setup.progress import Step
from tools.state import __main__ as program
from tools.state import flow

STATUS = 99


def main() -> None:
    step, environment = sys.argv[1:]
    title = flow.Bootstrap.STEPS[step]

    class LastStep(Step):
        def __exit__(self, *error: Any) -> None:
            super().__exit__(*error)
            if self.name == title:
                os._exit(STATUS)

    flow.Step = LastStep  # type: ignore[attr-defined]
    program.app(prog_name="make state", args=[environment])


if __name__ == "__main__":
    main()
