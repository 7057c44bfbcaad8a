"""Refuses settings that would leave an environment's state behind in a file, and so make everything a second time.

A guard, not an input: where there is no such file, which is so on every other machine, nothing depends on it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from settings.language.errors import Problem, Refusal, report
from stacks.environment import EnvironmentSettings

ALLOWED = "one state for each environment"


def local_state_file(stack: str) -> str:
    """The name of a stack's state file, beside `cdktf.json`."""
    return f"terraform.{stack}.tfstate"


def moved_state_file(stack: str, number: int = 1) -> str:
    """What `make state` calls the file when its content is in the bucket; `number` tells several apart."""
    return f"{local_state_file(stack)}.moved{'' if number == 1 else f'-{number}'}.backup"


def refuse_states_left_behind(environments: Sequence[EnvironmentSettings], folder: Path) -> None:
    """Looks for the files of `environments` in `folder`.

    Raises:
        SettingsError: a bucket is set, and the file still has resources; or no bucket is set, and the state was moved
            into one from here; or the file still has the name that did not depend on the setting `name`.
    """
    stacks = {one.stack_name for one in environments}
    problems = [
        problem
        for one in environments
        for problem in (*_problems(one, folder), *_under_the_older_name(one, folder, stacks=stacks))
    ]
    if problems:
        raise report(problems)


def _problems(settings: EnvironmentSettings, folder: Path) -> Iterator[Problem]:
    file, bucket = folder / local_state_file(settings.stack_name), settings.state.bucket
    make_state = f"make state ENVIRONMENT={settings.environment}"
    if bucket is not None and (found := _resources(file)):
        yield Problem(
            str(file),
            Refusal(
                f"The file has the state of {found}. With the state in the bucket instead, Terraform would not know of "
                "them: it would make all of them a second time.",
                ALLOWED,
                f"run `{make_state}`, which moves the state into the bucket; or remove state.bucket. Where the bucket "
                f"has the environment's state already, rename the file, such as to {file.name}.old.backup.",
            ),
            path="state.bucket",
            given=f'"{bucket}"',
            environments=(settings.environment,),
        )
    backups = sorted(folder.glob(f"{file.name}.moved*.backup"))
    if bucket is None and not file.exists() and (moved := next(filter(_resources, backups), None)):
        yield Problem(
            str(moved),
            Refusal(
                f"`make state` moved the state of {_resources(moved)} from here into a bucket, and state.bucket is not "
                "set: Terraform would not know of them, and make all of them a second time.",
                ALLOWED,
                f"set state.bucket to that bucket (`{make_state}` writes it); docs/state.md has the way back into a "
                f"file. Where the environment was destroyed since, delete {moved.name}.",
            ),
            path="state.bucket",
            environments=(settings.environment,),
        )


def _under_the_older_name(
    settings: EnvironmentSettings, folder: Path, *, stacks: Collection[str]
) -> Iterator[Problem]:
    """Stacks were called `mlflow-<environment>` whatever `name` was; `stacks` are those of all environments."""
    older, present = f"mlflow-{settings.environment}", folder / local_state_file(settings.stack_name)
    file = folder / local_state_file(older)
    if older in stacks or present.exists() or not (found := _resources(file)):
        return
    then = ""
    if settings.state.bucket is not None:
        then = f", and run `make state ENVIRONMENT={settings.environment}`, which moves the state into the bucket"
    yield Problem(
        str(file),
        Refusal(
            f"The file has the state of {found}, and the state of this environment is expected in {present.name}: "
            "Terraform would not know of them, and make all of them a second time.",
            ALLOWED,
            f"rename it to {present.name}{then}; where it is not this environment's, rename it, such as to "
            f"{file.name}.old.backup.",
        ),
        path="name",
        given=f'"{settings.name}"',
        environments=(settings.environment,),
    )


def _resources(file: Path) -> str | None:
    """How many resources the state in `file` has, in words; None where there is none, or no file."""
    try:
        document = json.loads(file.read_bytes())
        count = sum(one["mode"] == "managed" for one in document["resources"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError):
        return "an unknown number of resources (it cannot be read as a state)"
    return {0: None, 1: "1 resource"}.get(count, f"{count} resources")
