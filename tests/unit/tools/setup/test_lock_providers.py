"""The provider lock: made from a mirror for chosen platforms, and given to each stack as far as it concerns it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from stacks.locks import LOCK_FILE
from tests.texts import DEMO, GIVEN_IMAGE
from tools.locks.providers import main
from tools.setup import toolchain
from tools.setup.terraform_release import operating_system

PROJECT = Path(__file__).resolve().parents[4]
PROVIDERS = ("hashicorp/aws", "kreuzwerker/docker")
HERE = f"--platform={operating_system()}"
COMMITTED = """\
# This file is maintained automatically by "terraform init".
# Manual edits may be lost in future updates.

provider "registry.terraform.io/hashicorp/aws" {
  version     = "5.100.0"
  constraints = ">= 5.100.0, < 6.0.0"
  hashes = [
    "h1:aws",
  ]
}

provider "registry.terraform.io/kreuzwerker/docker" {
  version     = "4.5.0"
  constraints = "~> 4.5"
  hashes = [
    "h1:docker",
  ]
}
"""


class Project:
    """Settings of two environments, and what is synthesized of them: with a built image, and with a given one."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.environments = folder / "environments"
        self.environments.mkdir()
        (self.environments / "built.toml").write_text(DEMO, encoding="utf-8")
        (self.environments / "given.toml").write_text(GIVEN_IMAGE, encoding="utf-8")
        program = f"{sys.executable} {PROJECT / 'main.py'}"
        described = {"language": "python", "app": program}
        (folder / "cdktf.json").write_text(json.dumps(described), encoding="utf-8")
        self.lock = self.environments / LOCK_FILE
        self.output = folder / "cdktf.out"
        monkeypatch.chdir(folder)
        monkeypatch.setenv("MLFLOW_INFRA_ENVIRONMENTS", str(self.environments))
        monkeypatch.setenv("CDKTF_OUTDIR", str(self.output))

    def synthesize(self, **variables: str) -> None:
        command = [sys.executable, str(PROJECT / "main.py")]
        subprocess.run(command, env={**os.environ, **variables}, check=True, capture_output=True)

    def lock_of(self, environment: str) -> Path:
        return self.output / "stacks" / f"mlflow-{environment}" / LOCK_FILE

    def initialize(self, environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [
                toolchain.terraform(),
                "init",
                "-backend=false",
                "-input=false",
                "-no-color",
                "-lockfile=readonly",
            ],
            cwd=self.lock_of(environment).parent,
            env={**os.environ, **toolchain.terraform_environment()},
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    return Project(tmp_path, monkeypatch)


@pytest.fixture
def mirrored() -> None:
    for address in PROVIDERS:
        if not any(
            (one / "registry.terraform.io" / address).is_dir() for one in toolchain.provider_mirrors()
        ):
            pytest.skip(f"the provider lock was not tried with Terraform: no mirror here has {address}")


def test_without_a_committed_lock_nothing_is_put(project: Project) -> None:
    project.synthesize()
    assert not project.lock_of("built").exists() and not project.lock_of("given").exists()


@pytest.mark.parametrize("hcl", ["false", "true"])
def test_each_stack_gets_the_entries_of_its_own_providers(project: Project, hcl: str) -> None:
    project.lock.write_text(COMMITTED, encoding="utf-8")
    project.synthesize(SYNTH_HCL_OUTPUT=hcl)
    assert project.lock_of("built").read_text(encoding="utf-8") == COMMITTED
    without_docker = COMMITTED[: COMMITTED.index('\nprovider "registry.terraform.io/kreuzwerker')]
    assert project.lock_of("given").read_text(encoding="utf-8") == without_docker


def test_committed_lock_is_restored_in_cdktf_out(
    project: Project,
) -> None:
    project.lock.write_text(COMMITTED, encoding="utf-8")
    project.synthesize()
    project.lock_of("built").write_text("changed", encoding="utf-8")
    project.synthesize()
    assert project.lock_of("built").read_text(encoding="utf-8") == COMMITTED
    shutil.rmtree(project.output)
    project.synthesize()
    assert project.lock_of("built").read_text(encoding="utf-8") == COMMITTED


@pytest.mark.usefixtures("mirrored")
def test_terraform_takes_the_lock_as_it_is(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([HERE]) == 0
    assert str(project.lock) in capsys.readouterr().out
    project.synthesize()
    for environment in ("built", "given"):
        put = project.lock_of(environment).read_bytes()
        ready = project.initialize(environment)
        assert ready.returncode == 0, ready.stdout + ready.stderr
        assert project.lock_of(environment).read_bytes() == put


@pytest.mark.usefixtures("mirrored")
def test_another_checksum_is_refused(project: Project) -> None:
    project.lock.write_text(COMMITTED.replace('"h1:aws"', f'"h1:{"0" * 43}="'), encoding="utf-8")
    project.synthesize()
    refused = project.initialize("given")
    assert refused.returncode == 1
    assert "doesn't match any of the checksums" in " ".join(refused.stderr.split())


def test_everything_missing_in_a_mirror_is_reported_at_once(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # given a mirror with one provider unpacked, and the other packed
    mirror = tmp_path / "mirror" / "registry.terraform.io"
    (mirror / "hashicorp" / "aws" / "5.100.0" / operating_system()).mkdir(parents=True)
    (mirror / "kreuzwerker" / "docker").mkdir(parents=True)
    for platform in (operating_system(), "plan9_mips"):
        packed = f"terraform-provider-docker_4.5.0_{platform}.zip"
        (mirror / "kreuzwerker" / "docker" / packed).write_bytes(b"")
    monkeypatch.setenv("TF_PROVIDER_MIRROR", str(mirror.parent))
    project.lock.write_text("as it was", encoding="utf-8")

    # when more platforms are to be locked than it has
    status = main([HERE, "--platform=plan9_mips", "--platform=plan9_arm"])

    # then each missing one is named, with what would do
    told = capsys.readouterr().err
    assert status == 1
    assert f"{mirror.parent} lacks hashicorp/aws 5.100.0 for plan9_mips, plan9_arm\n" in told
    assert f"{mirror.parent} lacks kreuzwerker/docker 4.5.0 for plan9_arm\n" in told
    assert f"ARGS='{HERE}'" in told and "terraform providers mirror" in told and "--registry" in told
    assert project.lock.read_text(encoding="utf-8") == "as it was"
    assert [file.name for file in project.environments.iterdir() if file.suffix != ".toml"] == [LOCK_FILE]


def test_terraforms_download_error_is_shown(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # given a mirror whose packages are no archives
    for address in PROVIDERS:
        folder = tmp_path / "mirror" / "registry.terraform.io" / address
        folder.mkdir(parents=True)
        for version in ("5.100.0", "4.5.0"):
            (folder / f"terraform-provider-{folder.name}_{version}_{operating_system()}.zip").write_bytes(
                b"broken"
            )
    monkeypatch.setenv("TF_PROVIDER_MIRROR", str(tmp_path / "mirror"))

    assert main([HERE]) == 1

    told = capsys.readouterr().err
    assert "hashicorp/aws 5.100.0 could not be locked; nothing was written." in told
    assert "Error: Could not retrieve providers for locking" in told
    assert not project.lock.exists()


@pytest.mark.parametrize(
    ("argument", "told"),
    [
        ("--platform=linux", "'linux' is no platform; write it as <system>_<machine>"),
        ("--version=hashicorp/aws", "names no version"),
        ("--version=hashicorp/random=3.6.0", "one of hashicorp/aws, kreuzwerker/docker"),
        ("--version=hashicorp/aws=5.99.0", "the stacks work with hashicorp/aws >= 5.100.0, < 6.0.0"),
    ],
)
def test_a_mistyped_choice_is_refused(argument: str, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([argument])
    assert ended.value.code == 2
    assert told in capsys.readouterr().err


@pytest.mark.parametrize("committed", [True, False])
def test_cdktf_requests_checksums_only_without_a_lock(
    project: Project, tmp_path: Path, committed: bool
) -> None:
    # given a Terraform that notes what it is asked for, and can initialize
    asked, program = tmp_path / "asked", tmp_path / "terraform"
    answers = """case "$1" in version) echo '{"terraform_version": "1.11.4"}' ;; plan) exit 1 ;; esac"""
    program.write_text(f'#!/bin/sh\necho "$@" >>"{asked}"\n{answers}\n', encoding="utf-8")
    program.chmod(0o755)
    if committed:
        project.lock.write_text(COMMITTED, encoding="utf-8")

    # when a stack is looked at with cdktf, without --skip-provider-lock
    subprocess.run(
        [toolchain.cdktf(), "diff", "mlflow-built"],
        env={**os.environ, "TERRAFORM_BINARY_NAME": str(program), "CHECKPOINT_DISABLE": "1"},
        capture_output=True,
        check=False,
    )

    lines = asked.read_text(encoding="utf-8").splitlines()
    # `init -upgrade` would not keep to the lock.
    assert [line for line in lines if line.startswith("init")] == ["init"], lines
    assert any(line.startswith("providers lock") for line in lines) is not committed, lines
