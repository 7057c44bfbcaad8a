"""Settings that would leave a state behind in a file are refused before anything is synthesized."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from settings.language.errors import SettingsError
from stacks.loading import load_environments
from stacks.local_states import local_state_file, moved_state_file, refuse_states_left_behind
from tests.synthesis import synthesize_platform
from tests.texts import DEMO

BUCKET = '[state]\nbucket = "of-the-team"\n'
FILE = local_state_file("mlflow-demo")
REGION = 'region = "eu-west-1"\n'


def state(*modes: str) -> str:
    return json.dumps({"version": 4, "resources": [{"mode": mode, "type": "aws_vpc"} for mode in modes]})


def refusal(folder: Path, variables: Mapping[str, str] | None = None, **environments: str) -> str | None:
    """The report on `environments`, the texts of their files; None where all is in order."""
    files = folder / "environments"
    files.mkdir()
    for name, text in environments.items():
        (files / f"{name}.toml").write_text(text, encoding="utf-8")
    try:
        refuse_states_left_behind(load_environments(files, variables or {}), folder)
    except SettingsError as error:
        return str(error)
    return None


@pytest.mark.parametrize(
    ("modes", "told"),
    [
        (("managed",), "the state of 1 resource."),
        (("managed", "data", "managed"), "the state of 2 resources."),
    ],
)
def test_a_bucket_is_refused_while_the_file_has_resources(
    tmp_path: Path, modes: tuple[str, ...], told: str
) -> None:
    (tmp_path / FILE).write_text(state(*modes))

    report = refusal(tmp_path, demo=DEMO + BUCKET)

    assert report is not None and told in report
    assert f'{tmp_path / FILE}: state.bucket = "of-the-team"' in report
    assert "make state ENVIRONMENT=demo" in report and f"{FILE}.old.backup" in report


def test_a_bucket_that_a_variable_names_is_refused_as_well(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(state("managed"))

    report = refusal(tmp_path, {"MLFLOW_INFRA_STATE__BUCKET": "of-the-team"}, demo=DEMO)

    assert report is not None and '"of-the-team"' in report


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"resources": 1}', '{"resources": [1]}', "\udcff"])
def test_unreadable_state_file_is_not_treated_as_empty(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text, errors="surrogateescape")

    report = refusal(tmp_path, demo=DEMO + BUCKET)

    assert report is not None and "it cannot be read as a state" in report


@pytest.mark.parametrize("modes", [(), ("data",)])
def test_a_file_without_resources_is_no_obstacle(tmp_path: Path, modes: tuple[str, ...]) -> None:
    (tmp_path / FILE).write_text(state(*modes))

    assert refusal(tmp_path, demo=DEMO + BUCKET) is None


def test_another_environments_file_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(state("managed"))

    assert refusal(tmp_path, demo=DEMO, blue=DEMO + BUCKET) is None


@pytest.mark.parametrize("number", [1, 2])
def test_removing_the_bucket_after_migration_is_refused(tmp_path: Path, number: int) -> None:
    moved = moved_state_file("mlflow-demo", number)
    (tmp_path / moved).write_text(state("managed"))

    report = refusal(tmp_path, demo=DEMO)

    assert report is not None and f"{tmp_path / moved}: state.bucket" in report
    assert "make state ENVIRONMENT=demo" in report and f"delete {moved}" in report


def test_the_state_may_come_back_into_a_file(tmp_path: Path) -> None:
    (tmp_path / moved_state_file("mlflow-demo")).write_text(state("managed"))
    (tmp_path / FILE).write_text(state("managed"))

    assert refusal(tmp_path, demo=DEMO) is None


def test_with_the_bucket_the_moved_file_is_only_a_backup(tmp_path: Path) -> None:
    (tmp_path / moved_state_file("mlflow-demo")).write_text(state("managed"))

    assert refusal(tmp_path, demo=DEMO + BUCKET) is None


NAMED = f'name = "team-c"\n{DEMO}'


@pytest.mark.parametrize("lines", [NAMED, NAMED + BUCKET], ids=["file", "bucket"])
def test_the_state_under_the_name_of_before_is_not_left_behind(tmp_path: Path, lines: str) -> None:
    """Files were named `mlflow-<environment>` whatever the settings' `name` was."""
    (tmp_path / FILE).write_text(state("managed", "managed"))

    report = refusal(tmp_path, demo=lines)

    assert report is not None and f"{tmp_path / FILE}: name" in report
    assert "the state of 2 resources" in report and '"team-c"' in report
    assert f"rename it to {local_state_file('team-c-demo')}" in report and f"{FILE}.old.backup" in report


def test_the_renamed_file_is_taken_as_it_is(tmp_path: Path) -> None:
    (tmp_path / local_state_file("team-c-demo")).write_text(state("managed"))
    assert refusal(tmp_path, demo=NAMED) is None


@pytest.mark.parametrize("modes", [(), ("data",)])
def test_a_file_of_before_without_resources_is_no_obstacle(tmp_path: Path, modes: tuple[str, ...]) -> None:
    (tmp_path / FILE).write_text(state(*modes))

    assert refusal(tmp_path, demo=NAMED) is None


def test_older_state_file_is_ignored_beside_a_new_one(tmp_path: Path) -> None:
    for stack in ("mlflow-demo", "team-c-demo"):
        (tmp_path / local_state_file(stack)).write_text(state("managed"))

    assert refusal(tmp_path, demo=NAMED) is None


def test_state_file_belongs_to_the_environment_of_its_stack(tmp_path: Path) -> None:
    """`mlflow` with `b-c` and `mlflow-b` with `c` have the same stack; here, another file has the older name."""
    (tmp_path / local_state_file("mlflow-b-c")).write_text(state("managed"))

    other = f'name = "mlflow-b"\nregion = "us-east-1"\n{DEMO.replace(REGION, "")}'
    assert refusal(tmp_path, None, **{"b-c": NAMED, "c": other}) is None


def test_all_abandoned_states_are_reported_at_once(tmp_path: Path) -> None:
    for name in ("demo", "blue"):
        (tmp_path / local_state_file(f"mlflow-{name}")).write_text(state("managed"))

    report = refusal(tmp_path, demo=DEMO + BUCKET, blue=DEMO + BUCKET)

    assert report is not None and report.startswith("2 problems")


def test_the_file_is_where_terraform_keeps_the_state(tmp_path: Path) -> None:
    backend: dict[str, Any] = synthesize_platform(DEMO, environment="demo")["terraform"]["backend"]["local"]
    stack = tmp_path / "cdktf.out" / "stacks" / "mlflow-demo"

    assert (stack / backend["path"]).resolve() == tmp_path.resolve() / FILE
