"""`make which`: from an address in a plan to the code that creates it."""

from __future__ import annotations

from pathlib import Path

import pytest

from stacks.loading import load_environments
from tests.environment_files import Environments
from tests.texts import DEMO, PRODUCTION
from tools import which


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[which.Place, ...]]:
    folder = tmp_path_factory.mktemp("environments")
    (folder / "live.toml").write_text(PRODUCTION, encoding="utf-8")
    return which.places(load_environments(folder, {}))


@pytest.mark.parametrize(
    ("address", "file", "code"),
    [
        ("aws_db_instance.database", "modules/database/instance.py", "DbInstance("),
        ("aws_wafv2_web_acl.firewall", "modules/edge/firewall.py", "Wafv2WebAcl("),
        ("data.aws_caller_identity.account", "modules/common/account.py", "DataAwsCallerIdentity("),
        ("aws_ssm_parameter.claim", "stacks/claim.py", "SsmParameter("),
    ],
)
def test_the_line_that_creates_a_resource(
    places: dict[str, tuple[which.Place, ...]], address: str, file: str, code: str
) -> None:
    innermost, *around = map(str, places[address])

    assert innermost.startswith(f"{file}:")
    assert code in innermost
    assert around[-1].startswith("stacks/tracking.py:")


def test_an_address_with_a_mistake(
    environments: Environments, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    environments.write("demo.toml", DEMO)
    monkeypatch.setenv("MLFLOW_INFRA_ENVIRONMENTS", str(environments.directory))

    told = which.main(["aws_db_instnce.database"])

    assert told is not None
    assert "in no plan of these environments: demo. Did you mean aws_db_instance.database?" in told
    assert capsys.readouterr().out == ""


def test_an_instance_is_its_resources(
    environments: Environments, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    environments.write("demo.toml", DEMO)
    monkeypatch.setenv("MLFLOW_INFRA_ENVIRONMENTS", str(environments.directory))

    assert which.main(['aws_ssm_parameter.outputs["vpc_id"]']) is None
    assert capsys.readouterr().out.startswith("stacks/outputs.py:")


@pytest.mark.parametrize("arguments", [[], [""], ["a.b", "c.d"], ["database"]])
def test_how_it_is_used(arguments: list[str]) -> None:
    assert which.main(arguments) == "Usage: make which ADDRESS=aws_db_instance.database"


def test_wrong_settings_are_reported(environments: Environments, monkeypatch: pytest.MonkeyPatch) -> None:
    environments.write("demo.toml", f"{DEMO}nam = 1\n")
    monkeypatch.setenv("MLFLOW_INFRA_ENVIRONMENTS", str(environments.directory))

    assert "There is no such setting." in str(which.main(["aws_vpc.network"]))


def test_a_place_is_relative_to_the_project() -> None:
    line = str(which.Place(Path(which.__file__), 1))

    assert line.startswith("tools/which.py:1: ")
