"""The modules of the other team that uses what we publish."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from tests.emulator.root_module import RootModule

OTHER_TEAM = Path(__file__).with_name("other_team")
# Both modules read into this local value. One that has no resources shows in its plan that it could be read.
ONLY_READ = 'output "read" {\n  value = local.mlflow.vpc_id\n}\n'

Made = TypeVar("Made", bound=RootModule)


class ReadingModule(RootModule):
    """One that has no resources: its plan shows that it could read, or why not."""

    def read(self, user: Mapping[str, str] | None = None) -> str:
        """What `ONLY_READ` puts out, planned by `user`."""
        self.terraform("plan", "-input=false", "-out=plan.bin", user=user)
        shown: dict[str, Any] = json.loads(self.terraform("show", "-json", "plan.bin").stdout)
        return str(shown["planned_values"]["outputs"]["read"]["value"])

    def refusal(self, user: Mapping[str, str]) -> str:
        """What Terraform says when a plan by `user` fails."""
        return self.terraform("plan", "-input=false", user=user, ends_with=(1,)).stderr


def whole(name: str, folder: Path, variables: Mapping[str, str]) -> RootModule:
    """The module `name` of the other team, made ready in `folder`."""
    shutil.copytree(OTHER_TEAM / name, folder)
    return _ready(RootModule(folder, variables))


def only_reading(
    name: str, folder: Path, variables: Mapping[str, str], *, instead: str = ""
) -> ReadingModule:
    """The part of it that reads what we publish; of another environment than `demo` where `instead` names one."""
    folder.mkdir()
    text = (OTHER_TEAM / name / "mlflow.tf").read_text(encoding="utf-8")
    reading = text.replace("mlflow/demo/", f"mlflow/{instead}/") if instead else text
    (folder / "mlflow.tf").write_text(reading, encoding="utf-8")
    (folder / "output.tf").write_text(ONLY_READ, encoding="utf-8")
    return _ready(ReadingModule(folder, variables))


def _ready(module: Made) -> Made:
    module.terraform("init", "-input=false")
    return module
