"""What the last release deployed, planned with the program of today: nothing that holds data is replaced."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from local.aws.account import EmulatedAws
from tests.contract.released import ENVIRONMENTS, last_release, lost_data
from tests.emulator.environments import (
    REGION,
    STATE_BUCKET,
    Platform,
    skip_without_provider,
    variables_in,
)
from tests.iam.enforcement import emulated_aws

RELEASE = last_release()


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmulatedAws]:
    skip_without_provider()
    with emulated_aws(tmp_path_factory.mktemp("released-aws"), region=REGION) as running:
        yield running


@pytest.fixture(scope="module")
def planned(account: EmulatedAws, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """Environment → the plan of today's program over what the release applied."""
    s3: Any = account.session().client("s3")
    s3.create_bucket(Bucket=STATE_BUCKET)
    variables = variables_in(account)

    def upgrade(environment: str) -> dict[str, Any]:
        platform = Platform(environment, tmp_path_factory.mktemp(environment), variables)
        platform.working_directory.mkdir(parents=True)
        terraform = platform.working_directory / "cdk.tf.json"
        terraform.write_bytes((RELEASE / f"{environment}.tf.json").read_bytes())
        platform.terraform("init", "-input=false", "-no-color")
        platform.terraform("apply", "-auto-approve", "-input=false", "-no-color")
        platform.write((RELEASE / f"{environment}.toml").read_text(encoding="utf-8"))
        platform.synthesize()
        platform.terraform("init", "-input=false", "-no-color", "-upgrade")
        platform.plan()
        return platform.planned()

    with ThreadPoolExecutor(max_workers=len(ENVIRONMENTS)) as pool:
        return dict(zip(ENVIRONMENTS, pool.map(upgrade, ENVIRONMENTS), strict=True))


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_nothing_that_holds_data_is_replaced(planned: dict[str, dict[str, Any]], environment: str) -> None:
    assert len(planned[environment]["prior_state"]["values"]["root_module"]["resources"]) > 30
    assert lost_data(planned[environment]) == []


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_platform_stays_the_same_deployment(planned: dict[str, dict[str, Any]], environment: str) -> None:
    """A plan that creates most of it took another state, or other addresses."""
    created = [
        change["address"]
        for change in planned[environment]["resource_changes"]
        if change["change"]["actions"] == ["create"]
    ]

    assert len(created) < 20, created
