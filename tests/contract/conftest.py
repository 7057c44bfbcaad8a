"""The synthesized stacks, made ready by `terraform init` with the real providers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.texts import GIVEN_IMAGE, PRODUCTION
from tools.setup import toolchain

PROJECT = Path(__file__).resolve().parents[2]

# Every part that may be left out or given, the other way round than in the demo; in a partition of its own.
EVERYTHING_IN_GOVCLOUD = """\
profile = "production"
region = "us-gov-west-1"
tags = { team = "research" }
[network]
vpc_cidr = "10.20.0.0/16"
availability_zones = ["us-gov-west-1a", "us-gov-west-1b", "us-gov-west-1c"]
public_subnet_cidrs = ["10.20.0.0/24", "10.20.1.0/24", "10.20.2.0/24"]
private_subnet_cidrs = ["10.20.10.0/24", "10.20.11.0/24", "10.20.12.0/24"]
nat = "per_az"
ip_address_type = "dualstack"
[database]
instance_class = "db.m7g.large"
iam_database_authentication_enabled = true
database_insights_mode = "advanced"
restore.snapshot_identifier = "mlflow-before"
[artifact_store]
transition_days = 30
object_lock.mode = "GOVERNANCE"
object_lock.days = 30
[image]
platform = "linux/arm64"
registry_credentials = "docker_config"
build_network_mode = "host"
[load_balancer]
internal = false
allowed_cidrs = ["203.0.113.0/24"]
[domain]
name = "mlflow.research.example.com"
create_hosted_zone = true
ssl_policy = "ELBSecurityPolicy-TLS13-1-3-2021-06"
[firewall]
rate_limit = 1000
[alarms]
email = "research@example.com"
[access]
readers = ["arn:aws-us-gov:iam::123456789012:role/readers"]
admins = ["arn:aws-us-gov:iam::123456789012:user/operator"]
[sign_in]
mode = "none"
[service]
cpu_units = 1024
memory_mib = 4096
job_execution = true
spot_percent = 50
enable_execute_command = true
readonly_root_filesystem = false
environment = { MLFLOW_LOGGING_LEVEL = "DEBUG", MLFLOW_STATIC_PREFIX = "/mlflow", FOO = "${HOME} %{if}" }
[state]
bucket = "states-of-a-company"
key = "elsewhere/terraform.tfstate"
region = "us-gov-east-1"
kms_key_id = "arn:aws-us-gov:kms:us-gov-east-1:123456789012:key/1234abcd-12ab-4cd3-96ef-1234567890ab"
role_arn = "arn:aws-us-gov:iam::123456789012:role/states"
"""
# GovCloud's databases have authorities that an image built here does not know before `make rds-authorities`.
EVERYTHING = (
    EVERYTHING_IN_GOVCLOUD.replace("us-gov-west-1", "eu-west-1")
    .replace("us-gov-east-1", "eu-west-2")
    .replace("arn:aws-us-gov:", "arn:aws:")
)
# What needs no Docker provider can be proved where there is none.
IMAGE = "[image]\n"
# Beside the others: under names of their own, with a state of their own.
GIVEN_IN_PRODUCTION = (PRODUCTION + GIVEN_IMAGE[GIVEN_IMAGE.index(IMAGE) :]).replace("mlflow.", "given.")
GIVEN_IN_EVERYTHING = (
    EVERYTHING_IN_GOVCLOUD.replace(
        IMAGE, GIVEN_IMAGE[GIVEN_IMAGE.index(IMAGE) :].replace("eu-west-1", "us-gov-west-1")
    )
    .replace("elsewhere/", "again/")
    .replace("mlflow.research.", "given.research.")
)


@dataclass(frozen=True)
class Stack:
    """A synthesized stack's folder, as Terraform sees it."""

    folder: Path
    environment: Mapping[str, str]

    @property
    def required_providers(self) -> dict[str, str]:
        """Address → version constraint."""
        required = self.document["terraform"]["required_providers"].values()
        # A source of one word is HashiCorp's.
        sources = [
            one["source"] if "/" in one["source"] else f"hashicorp/{one['source']}" for one in required
        ]
        return {source: one["version"] for source, one in zip(sources, required, strict=True)}

    @property
    def document(self) -> dict[str, Any]:
        text = (self.folder / "cdk.tf.json").read_text(encoding="utf-8")
        document: dict[str, Any] = json.loads(text)
        return document

    def terraform(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [toolchain.terraform(), *arguments],
            cwd=self.folder,
            env=dict(self.environment),
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="session")
def stacks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Stack]:
    """Environment → its stack, synthesized; demo.toml is the committed one."""
    folder = tmp_path_factory.mktemp("contract")
    environments = folder / "environments"
    environments.mkdir()
    demo = (PROJECT / "environments" / "demo.toml").read_text(encoding="utf-8")
    texts = {"demo": demo, "production": PRODUCTION, "everything": EVERYTHING, "given-image": GIVEN_IMAGE}
    texts |= {"given-in-production": GIVEN_IN_PRODUCTION, "given-in-everything": GIVEN_IN_EVERYTHING}
    for name, text in texts.items():
        (environments / f"{name}.toml").write_text(text, encoding="utf-8")
    # CDKTF wants one above the folder that it writes assets to.
    (folder / "cdktf.json").write_text("{}", encoding="utf-8")
    environment = {**os.environ, **toolchain.terraform_environment()}
    output = {"MLFLOW_INFRA_ENVIRONMENTS": str(environments), "CDKTF_OUTDIR": str(folder / "cdktf.out")}
    synthesized = subprocess.run(
        [sys.executable, PROJECT / "main.py"],
        cwd=folder,
        env={**environment, **output},
        capture_output=True,
        text=True,
        check=False,
    )
    assert synthesized.returncode == 0, synthesized.stderr
    return {name: Stack(folder / "cdktf.out" / "stacks" / f"mlflow-{name}", environment) for name in texts}


@pytest.fixture
def initialized(stacks: dict[str, Stack]) -> Callable[[str], Stack]:
    """Makes the stack of an environment ready, once; a stack whose providers are not to be had here is skipped."""

    def make_ready(name: str) -> Stack:
        stack = stacks[name]
        missing = [one for one in stack.required_providers if not toolchain.has_provider(one)]
        if missing:
            pytest.skip(
                "the contract layer ran for the stacks with a given image only: "
                f"the Terraform provider {', '.join(missing)} is not to be had here"
            )
        if not (stack.folder / ".terraform").exists():
            ready = stack.terraform("init", "-backend=false", "-input=false", "-no-color")
            assert ready.returncode == 0, ready.stdout + ready.stderr
        return stack

    return make_ready
