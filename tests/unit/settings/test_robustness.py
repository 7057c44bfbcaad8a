"""Whatever is written, people get their value or a report: never another value, never a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from settings.language.errors import SettingsError
from settings.reading.explain import dotted
from settings.reading.root import Field
from stacks.loading import ENVIRONMENT
from tests.environment_files import Environments
from tests.texts import DEMO

ROOT = Path(__file__).parents[3]
# Tables that are absent by default, and say nothing when they are empty.
NOT_EMPTY = {
    ("access", "github"),
    ("artifact_store", "object_lock"),
    ("artifact_store", "replica"),
    ("database", "restore"),
    ("domain",),
    ("remote_state",),
    ("sign_in", "openid"),
}
LITERALS = (
    *(
        '""',
        '" "',
        '"x y"',
        '"2"',
        '"true"',
        '"null"',
        r'"\n"',
        r'"\u0000"',
        '"💥"',
        '"' + "x" * 300 + '"',
        '"{}"',
    ),
    *("0", "-1", "99999999999999999999999", "1.5", "-0.0", "inf", "nan", "true", "false"),
    *(
        "[]",
        "[1]",
        '["a", 2]',
        "[[]]",
        '["10.0.0.0/8", "x"]',
        "{}",
        "{ a = 1 }",
        '{ "" = "" }',
        '{ "a b" = [] }',
    ),
    *("2026-01-01", "12:00:00", "2026-01-01T12:00:00Z"),
)
TEXTS = (
    "",
    " ",
    "x",
    "0",
    "-1",
    "+3",
    "1e3",
    "0x10",
    "9" * 5000,
    "true",
    "TRUE",
    "yes",
    "null",
    "[]",
    "{}",
    "[",
)
JSON = ('{"a": 1}', '{"": null}', '["a", 2, null]', '"x"', "[" * 5000, "NaN", '{"a": {"b": {}}}', "💥")


def _value(settings: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        settings = getattr(settings, name)
    return settings


def _same(found: Any, written: Any) -> bool:
    """Whether a setting is what was written: a list is kept as a tuple, and nothing else changes."""
    return type(found) is not bool and found == written if type(written) is not bool else found is written


@pytest.mark.parametrize("field", ENVIRONMENT.fields.values(), ids=lambda field: dotted(field.path))
def test_a_file_with_anything_in_it(environments: Environments, field: Field) -> None:
    base = "" if field.path in (("profile",), ("region",)) else DEMO
    other = {"profile": 'region = "eu-west-1"\n', "region": 'profile = "demo"\n'}.get(field.path[0], "")
    table = f"[{dotted(field.path[:-1])}]\n" if len(field.path) > 1 else ""
    for literal in LITERALS:
        text = f"{base}{other}{table}{field.path[-1]} = {literal}\n"
        environments.write("test.toml", text)
        written = _value_in(tomllib.loads(text), field.path)
        try:
            (settings,) = environments.load()
        except SettingsError as error:
            # A setting that is fine by itself may break a rule, which is told at another of its table.
            assert f"\n\nenvironments/test.toml: {field.path[0]}" in str(error)
        else:
            found = _value(settings, field.path)
            assert _same(found, tuple(written) if isinstance(written, list) else written), text


@pytest.mark.parametrize("field", ENVIRONMENT.fields.values(), ids=lambda field: field.variable)
def test_a_variable_with_anything_in_it(environments: Environments, field: Field) -> None:
    environments.write("test.toml", DEMO)
    for text in (*TEXTS, *JSON):
        try:
            environments.load(**{field.variable: text})
        except SettingsError as error:
            assert f"\n\n{field.variable}" in str(error) or "\n\nenvironments/test.toml: " in str(error)


@pytest.mark.parametrize("path", ENVIRONMENT.sections, ids=".".join)
def test_a_table_with_anything_in_it(environments: Environments, path: tuple[str, ...]) -> None:
    name, variable = ".".join(path), ENVIRONMENT.variable_of(path)
    for literal in LITERALS:
        environments.write("test.toml", f"{DEMO}{name} = {literal}\n")
        if literal == "{}" and path not in NOT_EMPTY:
            assert environments.load()
        else:
            assert environments.refuse().places[0].startswith(f"environments/test.toml: {name}")
    environments.write("test.toml", DEMO)
    for text in (*TEXTS, *JSON):
        if text == "{}" and path not in NOT_EMPTY:
            assert environments.load(**{variable: text})
        else:
            report = environments.refuse(**{variable: text})
            # What an empty table lacks, no variable has set.
            assert report.places[0].startswith((variable, f"environments/test.toml: {name}."))


@pytest.mark.parametrize(
    "text", ["x = " + "9" * 5000, "x = " + "[" * 5000 + "]" * 5000, "\x00", "=", "[[service]]\n"]
)
def test_a_file_that_is_hardly_toml(environments: Environments, text: str) -> None:
    environments.write("test.toml", DEMO + text)

    assert environments.refuse().places[0].startswith("environments/test.toml")


def test_main_tells_the_report_and_ends_with_1(environments: Environments) -> None:
    environments.write("test.toml", DEMO + "[service]\nmemory_mib = 3000")
    environ = {**os.environ, "MLFLOW_INFRA_ENVIRONMENTS": str(environments.directory)}

    done = subprocess.run(
        [sys.executable, ROOT / "main.py"], env=environ, capture_output=True, text=True, check=False
    )

    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith(
        "1 problem in the settings; nothing was synthesized.\n\nenvironments/test.toml: "
    )
    assert "Traceback" not in done.stderr
    assert not (environments.directory.parent / "cdktf.out").exists()


def test_settings_are_quick_to_import() -> None:
    """A synthesis takes a second in all: what pulls in asyncio, HTTP or pydantic's own settings is too much."""
    program = "import sys, stacks.loading; print(*{'asyncio', 'boto3', 'jsii', 'pydantic_settings'} & {*sys.modules})"

    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == ""


def _value_in(tree: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        tree = tree[name]
    return tree
