"""The whole way: `cdktf synth` as typed, and `terraform plan` of the demo platform against an emulated AWS."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from local.aws.account import EmulatedAws, without_aws
from tests.bench.measure import Figure, measure
from tests.bench.synthesis import settings_environment
from tools.setup import toolchain
from tools.setup.progress import PROJECT

STACK = "mlflow-demo"


def run_all(folder: Path, *, say: Callable[[str], None]) -> dict[str, Figure]:
    """Command as typed → its figures, without those that this machine cannot run."""
    output = folder / "cdktf.out"
    variables = {**settings_environment(), **toolchain.terraform_environment(), "CI": "true"}
    figures: dict[str, Figure] = {}

    def run(name: str, *command: str | Path, **more: str) -> None:
        say(name)
        figures[name] = measure(command, directory=PROJECT, environment={**variables, **more})

    run("`cdktf synth`", toolchain.cdktf(), "synth", "--output", output)
    if not all(toolchain.has_provider(name) for name in ("hashicorp/aws", "kreuzwerker/docker")):
        say("no plan is measured: a Terraform provider is not to be had here (docs/providers.md)")
        return figures
    terraform, at = toolchain.terraform(), f"-chdir={output / 'stacks' / STACK}"
    with EmulatedAws(folder / "aws") as aws:
        account = {**without_aws(variables), **aws.environment()}
        run("`terraform init`", terraform, at, "init", "-input=false", **account)
        run("`terraform plan` of everything", terraform, at, "plan", "-input=false", **account)
    return figures
