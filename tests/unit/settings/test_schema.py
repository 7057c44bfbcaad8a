"""The JSON schema of the environments' files: it accepts what the settings accept, and says what editors can tell."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from settings.reading.schema import json_schema
from stacks.environment import EnvironmentSettings
from stacks.loading import ENVIRONMENT
from tests.emulator.applied import IN_PART, WHOLE
from tests.environment_files import Environments
from tests.texts import DEMO, PRODUCTION

PROJECT = Path(__file__).parents[3]
APPLIED = {**WHOLE, **{name: text for name, (text, _) in IN_PART.items()}, "least": DEMO, "more": PRODUCTION}


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    found = json.loads(json_schema(ENVIRONMENT))
    Draft7Validator.check_schema(found)
    return dict(found)


def errors(schema: dict[str, Any], text: str) -> list[str]:
    return [
        f"{'.'.join(map(str, error.path))}: {error.message}"
        for error in Draft7Validator(schema).iter_errors(tomllib.loads(text))
    ]


@pytest.mark.parametrize("name", APPLIED)
def test_each_environment_that_is_applied_fits_it(name: str, schema: dict[str, Any]) -> None:
    assert errors(schema, APPLIED[name]) == []


@pytest.mark.parametrize(
    ("lines", "error"),
    [
        ("nam = 'x'\n", r"'nam' was unexpected"),
        ("[database]\nmulti_azz = true\n", r"database: .*'multi_azz' was unexpected"),
        ("[database]\nmulti_az = 'yes'\n", r"database\.multi_az: 'yes' is not of type 'boolean'"),
        ("[network]\nnat = 'two'\n", r"network\.nat: 'two' is not one of \['none', "),
        ("[logs]\nretention_days = 15\n", r"logs\.retention_days: 15 is not one of \[1, 3, "),
        ("[alarms]\nerror_percent = 0\n", r"alarms\.error_percent: 0 is less than the minimum"),
        ("[database]\nname = '1'\n", r"database\.name: '1' does not match"),
        ("[access]\nreaders = [1]\n", r"access\.readers\.0: 1 is not of type 'string'"),
        ("[tags]\nTeam = 1\n", r"tags\.Team: 1 is not of type 'string'"),
    ],
)
def test_schema_refuses_wrong_values(lines: str, error: str, schema: dict[str, Any]) -> None:
    (found,) = errors(schema, DEMO + lines)

    assert re.search(error, found), found


def test_every_setting_is_described_with_its_defaults(schema: dict[str, Any]) -> None:
    for path, field in ENVIRONMENT.fields.items():
        place = schema
        for name in path:
            place = place["properties"][name]
        assert place["description"].startswith(field.setting.description)
        assert "\nDefault: " in place["description"]
    assert (
        "Default: false in demo, true in production."
        in (schema["properties"]["database"]["properties"]["multi_az"]["description"])
    )


def patterns(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        if isinstance(schema.get("pattern"), str):
            yield schema["pattern"]
        for value in schema.values():
            yield from patterns(value)


def test_editors_can_read_its_patterns(schema: dict[str, Any]) -> None:
    """They are ECMAScript's (https://json-schema.org/understanding-json-schema/reference/regular_expressions)."""
    program = "for (const pattern of JSON.parse(process.argv[1])) new RegExp(pattern, 'u')"
    every = sorted(set(patterns(schema)))

    done = subprocess.run(
        ["node", "-e", program, json.dumps(every)], capture_output=True, text=True, check=False
    )

    assert len(every) > 20
    assert done.returncode == 0, done.stderr


def test_the_file_beside_the_environments_is_no_environment(environments: Environments) -> None:
    environments.write("schema.json", json_schema(ENVIRONMENT))
    environments.write("demo.toml", (PROJECT / "environments" / "demo.toml").read_text(encoding="utf-8"))

    (settings,) = environments.load()

    assert isinstance(settings, EnvironmentSettings)
    assert settings.environment == "demo"


def test_the_first_line_of_the_demo_names_it() -> None:
    first, *_ = (PROJECT / "environments" / "demo.toml").read_text(encoding="utf-8").splitlines()

    assert first == "#:schema schema.json"
