"""The way out of docs/leaving.md: the synthesized JSON alone, without this project and without CDKTF."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cdktf import App

from local.aws.account import EmulatedAws
from modules.common.account import Account
from modules.image.image import ImageRepository
from modules.image.settings import ImageSettings
from modules.network.network import Network
from modules.network.settings import NetworkSettings
from stacks.base import AppStack
from stacks.moves import Move
from stacks.outputs import STRINGS, Output, publish
from tests.emulator.failures.conftest import BUCKET
from tests.emulator.failures.interruptible import REGION
from tests.emulator.failures.workspace import APPLY, PLAN
from tests.synthesis import table
from tests.texts import GIVEN_IMAGE
from tools.setup import toolchain

pytestmark = pytest.mark.xdist_group("emulator_failures")

PROJECT = Path(__file__).resolve().parents[3]
CONTRACT = (
    Output("vpc_id", "The VPC"),
    Output("public_subnet_ids", "The public subnets", STRINGS),
    Output("repository_url", "The repository"),
)


@dataclass
class Folder:
    """A folder in which only Terraform is to be had."""

    path: Path
    variables: dict[str, str]

    def terraform(self, *arguments: str, ends_with: Sequence[int] = (0,)) -> str:
        done = subprocess.run(
            [toolchain.terraform(), *arguments],
            cwd=self.path,
            env=self.variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode in ends_with, done.stdout + done.stderr
        return done.stdout + done.stderr


def synthesize(output: Path) -> Path:
    """A part of the platform that is made quickly: network, repository, outputs and parameters."""
    app = App(outdir=str(output))
    stack = AppStack(app, "leaving", region=REGION, tags={"Application": "leaving"})
    stack.keep_state_in_bucket(
        bucket=BUCKET, key="mlflow/leaving/terraform.tfstate", region=REGION, kms_key_id=None, role_arn=None
    )
    network = Network(
        stack,
        "network",
        settings=table(NetworkSettings, availability_zones=[f"{REGION}a", f"{REGION}b"]),
        name="leaving",
        account=Account(stack, "account", region=REGION),
    )
    repository = ImageRepository(
        stack, "repository", settings=ImageSettings(force_delete=True), name="leaving"
    )
    stack.moved([Move("aws_vpc.before", "aws_vpc.network", "2.0.0")])
    values: dict[str, str | list[str] | None] = {
        "vpc_id": network.vpc_id,
        "public_subnet_ids": network.public_subnet_ids,
        "repository_url": repository.url,
    }
    publish(stack, CONTRACT, values, parameter_prefix="/mlflow/leaving/")
    app.synth()
    return output / "stacks" / "leaving"


def test_the_json_alone_plans_nothing_on_the_same_state(aws: EmulatedAws, s3: Any, tmp_path: Path) -> None:
    # given something of ours, deployed
    (tmp_path / "empty").mkdir()
    variables = {"PATH": str(tmp_path / "empty"), **toolchain.terraform_environment(), **aws.environment()}
    ours = Folder(synthesize(tmp_path / "cdktf.out"), variables)
    ours.terraform("init", "-input=false")
    assert "Apply complete!" in ours.terraform(*APPLY)

    # when its JSON is taken elsewhere, under another name, and all else is gone
    theirs = Folder(tmp_path / "theirs", variables)
    theirs.path.mkdir()
    shutil.copy(ours.path / "cdk.tf.json", theirs.path / "mlflow.tf.json")
    shutil.rmtree(tmp_path / "cdktf.out")

    # then Terraform finds everything as it is
    theirs.terraform("init", "-input=false")
    assert "No changes." in theirs.terraform(*PLAN)

    # and goes on from there, with HCL beside it
    (theirs.path / "more.tf").write_text(
        'resource "aws_ssm_parameter" "more" {\n  name  = "/leaving/more"\n  type  = "String"\n'
        "  value = aws_vpc.network.id\n}\n",
        encoding="utf-8",
    )
    assert "1 added, 0 changed, 0 destroyed" in theirs.terraform(*APPLY)


def test_cdktfs_hcl_is_no_way_out(tmp_path: Path) -> None:
    """When this fails, CDKTF's HCL has become better than docs/leaving.md says."""
    (tmp_path / "environments").mkdir()
    (tmp_path / "environments" / "demo.toml").write_text(GIVEN_IMAGE, encoding="utf-8")
    output = {"MLFLOW_INFRA_ENVIRONMENTS": str(tmp_path / "environments"), "SYNTH_HCL_OUTPUT": "true"}
    command = [sys.executable, str(PROJECT / "main.py")]
    subprocess.run(command, cwd=tmp_path, env={**os.environ, **output}, check=True, capture_output=True)

    hcl = Folder(tmp_path / "cdktf.out" / "stacks" / "mlflow-demo", dict(os.environ))
    said = hcl.terraform("fmt", "-no-color", "cdk.tf", ends_with=(2,))

    assert '0 = "required_version"' in said
    assert 'policy = "{"Version"' in said, "quotes within a string are not escaped"
