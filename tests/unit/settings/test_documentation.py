"""docs/settings.md is in step with the settings, the same each time, and complete; its examples work."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from stacks.loading import ENVIRONMENT
from tests.environment_files import Environments
from tools.documentation import __main__ as generate_docs
from tools.documentation import settings as docs_settings
from tools.documentation.settings import refused_in_production
from tools.setup.progress import PROJECT


def test_the_committed_page_is_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    assert generate_docs.main(["--check"]) == 0, "run `python -m tools.documentation`"
    assert capsys.readouterr().out == ""


def test_module_runs_as_a_program() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tools.documentation", "--check"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_stale_page_is_shown_and_then_mended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "docs" / "settings.md"
    page.parent.mkdir()
    page.write_text(docs_settings.render().replace("db.t4g.micro", "db.t3.micro"), encoding="utf-8")
    monkeypatch.setattr(generate_docs, "PROJECT", tmp_path)
    monkeypatch.setattr(generate_docs, "FILES", {"docs/settings.md": docs_settings.render})

    assert generate_docs.main(["--check"]) == 1

    told = capsys.readouterr()
    assert re.search(r"^-.*db\.t3\.micro", told.out, re.MULTILINE)
    assert re.search(r"^\+.*db\.t4g\.micro", told.out, re.MULTILINE)
    assert "run `python -m tools.documentation`" in told.err
    assert generate_docs.main([]) == 0
    assert generate_docs.main(["--check"]) == 0


def test_every_setting_its_variable_and_both_defaults_are_there() -> None:
    page = docs_settings.render()

    for field in ENVIRONMENT.fields.values():
        assert f"`{field.path[-1]}`<br><sub>`{field.variable}`</sub>" in page
    for path in refused_in_production():
        assert f"| `{path}` |" in page
    assert re.search(
        r"^\| `instance_class`.*\| `\"db\.t4g\.micro\"` \| `\"db\.t4g\.medium\"` \|", page, re.MULTILINE
    )
    assert re.search(
        r"^\| `allowed_cidrs`.*\| `\[\"0\.0\.0\.0/0\"\]` \| \*\*required\*\* \|", page, re.MULTILINE
    )
    assert re.search(r"^\| `bucket`.*\| none \| \*\*required\*\* \|", page, re.MULTILINE)


@pytest.mark.parametrize("render", generate_docs.FILES.values(), ids=generate_docs.FILES)
def test_every_table_has_as_many_cells_as_its_heading(render: Callable[[], str]) -> None:
    columns = 0
    for line in render().splitlines():
        if line.startswith("| ---"):
            columns = line.count("|")
        elif line.startswith("| ") and columns:
            assert len(re.findall(r"(?<!\\)\|", line)) == columns, line
        elif not line:
            columns = 0


def test_the_examples_load(environments: Environments) -> None:
    page = docs_settings.render()
    demo, production = re.findall(r"```toml\n(.+?)```", page, re.DOTALL)
    (shell,) = re.findall(r"```sh\n(.+?)```", page, re.DOTALL)
    environments.write("demo.toml", demo)
    environments.write("prod.toml", production)
    variables = {name: value.strip("'") for name, value in re.findall(r"export (\w+)=('.+?'|\S+)", shell)}

    settings = environments.load(**variables)

    assert len(variables) == 4
    assert [one.profile for one in settings] == ["demo", "production"]
    assert settings[0].tags == {"CostCenter": "machine-learning"}
    assert settings[1].service.environment == {"MLFLOW_LOGGING_LEVEL": "INFO"}


def test_optional_tables_are_marked() -> None:
    page = docs_settings.render()

    assert "### `[domain]`: HTTPS under a name of your own" in page
    assert re.search(r"^### `\[database\.restore\]`: .* \(optional table\)$", page, re.MULTILINE)
    assert re.search(r"^### `\[database\]`: .*RDS for PostgreSQL$", page, re.MULTILINE)
