"""`main.py`, as `cdktf synth` runs it: a stack for each environment, or a report and nothing else."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import main
from modules.common import limits
from tests.texts import DEMO

PROJECT = Path(__file__).resolve().parents[2]


FOLDERS = ["é and ü", 'it\'s "quoted" \\ $HOME `x` ${y} %{z} #;&']


class Run:
    """One run of main.py in an empty project folder."""

    def __init__(self, folder: Path, **environments: str) -> None:
        self.folder = folder
        (folder / "cdktf.json").write_text("{}", encoding="utf-8")
        (folder / "environments").mkdir()
        for name, text in environments.items():
            (folder / "environments" / f"{name}.toml").write_text(text, encoding="utf-8")

    def __call__(self, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, PROJECT / "main.py"],
            cwd=self.folder,
            env={**os.environ, "MLFLOW_INFRA_ENVIRONMENTS": str(self.folder / "environments"), **variables},
            capture_output=True,
            text=True,
            check=False,
        )

    @property
    def stacks(self) -> list[str]:
        return sorted(path.parent.name for path in self.folder.glob("cdktf.out/stacks/*/cdk.tf.json"))


def test_every_environment_is_a_stack(tmp_path: Path) -> None:
    run = Run(tmp_path, demo=DEMO, blue=DEMO)

    done = run()

    assert (done.returncode, done.stdout) == (0, "")
    assert run.stacks == ["mlflow-blue", "mlflow-demo"]


def test_the_same_settings_give_the_same_bytes_in_another_folder(tmp_path: Path) -> None:
    written: list[bytes] = []
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
        run = Run(tmp_path / name, demo=DEMO)
        assert run(TZ="Pacific/Auckland" if written else "UTC").returncode == 0
        file = tmp_path / name / "cdktf.out" / "stacks" / "mlflow-demo" / "cdk.tf.json"
        written.append(file.read_bytes())

    assert written[0] == written[1]
    assert str(PROJECT).encode() not in written[0]


def test_one_broken_environment_stops_all_with_every_problem(tmp_path: Path) -> None:
    broken = 'profile = "demo"\nregion = "nowhere"\n[service]\ncpu_unit = 512\n'
    run = Run(tmp_path, demo=DEMO, broken=broken)

    done = run(MLFLOW_INFRA_DATABSE__NAME="x")

    assert done.returncode == 1
    assert "Traceback" not in done.stderr and done.stdout == ""
    for told in ("nowhere", "cpu_unit", "cpu_units", "MLFLOW_INFRA_DATABSE__NAME", "broken.toml"):
        assert told in done.stderr
    assert run.stacks == []


@pytest.mark.parametrize("output", ["cdktf.out", "elsewhere/cdktf.out"])
def test_a_state_that_would_be_left_behind_in_a_file_stops_all(tmp_path: Path, output: str) -> None:
    run = Run(tmp_path, demo=DEMO, blue=DEMO + '[state]\nbucket = "of-the-team"\n')
    state = (tmp_path / output).parent / "terraform.mlflow-blue.tfstate"
    state.parent.mkdir(exist_ok=True)
    state.write_text('{"version": 4, "resources": [{"mode": "managed"}]}', encoding="utf-8")

    done = run(CDKTF_OUTDIR=output)

    assert done.returncode == 1
    assert "make state ENVIRONMENT=blue" in done.stderr and "Traceback" not in done.stderr
    assert list(tmp_path.rglob("cdk.tf.json")) == []


@pytest.mark.parametrize(
    ("environments", "told"),
    [({}, "environments"), ({"demo": "profile = "}, "demo.toml"), ({"demo": "\udcff"}, "demo.toml")],
)
def test_no_mistake_in_the_folder_ends_in_a_traceback(
    tmp_path: Path, environments: dict[str, str], told: str
) -> None:
    run = Run(tmp_path)
    for name, text in environments.items():
        file = tmp_path / "environments" / f"{name}.toml"
        file.write_text(text, encoding="utf-8", errors="surrogateescape")

    done = run()

    assert done.returncode == 1
    assert told in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize("name", FOLDERS)
def test_the_project_may_be_in_any_folder(name: str, tmp_path: Path) -> None:
    # Given a checkout in a folder whose name means something to a shell, to Node.js or to Terraform
    project = tmp_path / name
    for part in ("settings", "modules", "stacks", "docker", "environments"):
        shutil.copytree(PROJECT / part, project / part, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("main.py", "cdktf.json"):
        shutil.copy(PROJECT / file, project)

    # When it is synthesized where texts are ASCII
    done = subprocess.run(
        [sys.executable, "main.py"],
        cwd=project,
        env={**os.environ, "LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=False,
    )

    # Then its Terraform is the same as elsewhere
    assert done.returncode == 0, done.stderr
    synthesized = (project / "cdktf.out" / "stacks" / "mlflow-demo" / "cdk.tf.json").read_text("utf-8")
    assert name not in synthesized
    assert "loading the whole package" not in done.stderr and "importing it whole" not in done.stderr


@pytest.mark.parametrize(
    "variables",
    [{"HOME": os.devnull, "XDG_CACHE_HOME": ""}, {"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8"}],
    ids=["no home to write to", "another locale"],
)
def test_main_runs_for_other_users(tmp_path: Path, variables: dict[str, str]) -> None:
    done = Run(tmp_path, demo=DEMO)(**variables)

    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr


def test_main_is_short() -> None:
    assert len((PROJECT / "main.py").read_text(encoding="utf-8").splitlines()) <= 30


def test_invalid_stacks_are_reported_without_a_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given settings that pass, and a limit that what is made of them exceeds
    (tmp_path / "demo.toml").write_text(DEMO, encoding="utf-8")
    monkeypatch.setenv("MLFLOW_INFRA_ENVIRONMENTS", str(tmp_path))
    monkeypatch.setenv("CDKTF_OUTDIR", str(tmp_path / "cdktf.out"))
    monkeypatch.setattr(limits, "PARAMETER_CHARACTERS", replace(limits.PARAMETER_CHARACTERS, number=10))

    told = main.main()

    assert told is not None
    assert 'aws_ssm_parameter.outputs["' in told
    assert re.search(r"\d+ characters of the value of an SSM parameter .*: AWS takes 10\.", told)
    assert "Fix: shorten what the settings put into it" in told
    assert not (tmp_path / "cdktf.out" / "stacks").exists()


def app_in(folder: Path, *, path: Path) -> str:
    """What the app of cdktf.json runs in `folder`, with the programs of `path` and no other."""
    command = json.loads((PROJECT / "cdktf.json").read_text(encoding="utf-8"))["app"]
    done = subprocess.run(
        command, shell=True, cwd=folder, env={"PATH": str(path)}, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def program(file: Path, says: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f'#!/bin/sh\necho {says} "$@"\n', encoding="utf-8")
    file.chmod(0o755)


def test_cdktf_runs_the_projects_own_python(tmp_path: Path) -> None:
    program(tmp_path / "bin" / "python", "other")
    program(tmp_path / ".venv" / "bin" / "python", "own")

    assert app_in(tmp_path, path=tmp_path / "bin") == "own main.py"


def test_cdktf_runs_the_python_of_pipenv_without_one_of_its_own(tmp_path: Path) -> None:
    program(tmp_path / "bin" / "python", "pipenv")

    assert app_in(tmp_path, path=tmp_path / "bin") == "pipenv main.py"
