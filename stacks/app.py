"""The CDKTF app: a stack for each environment, one for each bucket that keeps their state."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cdktf import App

from stacks.environment import EnvironmentSettings
from stacks.local_states import refuse_states_left_behind
from stacks.locks import put_provider_locks
from stacks.state import add_state_stacks
from stacks.tracking import TrackingStack

# How CDKTF's report of them begins and ends.
VALIDATION = "Validation failed with the following errors:"
SKIPPING = "If you wish to ignore these validations"


class BrokenRulesError(Exception):
    """What was synthesized breaks rules of `stacks.validations`. Its text is the whole report."""


def synthesize(environments: Sequence[EnvironmentSettings], *, directory: Path) -> None:
    """Writes the Terraform of `environments` to CDKTF's output folder.

    Args:
        environments: validated, each with a name of its own.
        directory: theirs, with the providers' lock where one is committed.

    Raises:
        BrokenRulesError: a stack breaks rules of `stacks.validations`; nothing was written.
        SettingsError: the settings would leave a state behind that is in a file beside the output folder.
    """
    app = App()
    refuse_states_left_behind(environments, Path(app.outdir).resolve().parent)
    for settings in environments:
        TrackingStack(app, settings=settings)
    add_state_stacks(app, environments)
    try:
        app.synth()
    except RuntimeError as error:
        title, validated, findings = str(error).partition(VALIDATION)
        if not validated:
            raise
        raise BrokenRulesError(f"{title}{validated}{findings.partition(SKIPPING)[0].rstrip()}") from None
    put_provider_locks(app.outdir, directory)
