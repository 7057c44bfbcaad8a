"""What a report prints of a value: nothing in it moves the cursor, colours, hides or breaks the line."""

from __future__ import annotations

import json
import unicodedata

import pytest

from settings.language.errors import UNPRINTABLE
from tests.environment_files import Environments, Refuse

UNRULY = [
    "\x1b[31mred",
    "a\0b",
    "a\rb",
    "one\ntwo",
    "\x7f",
    "\x9b2J",
    "\u202etfel",
    "\u2028",
    "\ufeff",
    "\u200b",
    "\U000e0041",
]


def assert_printable(text: str) -> None:
    assert {
        character
        for character in text
        if character != "\n" and unicodedata.category(character) in UNPRINTABLE
    } == set()


@pytest.mark.parametrize("text", UNRULY)
@pytest.mark.parametrize(
    "form",
    [
        'region = {0}\nprofile = "demo"',
        'profile = "demo"\nregion = "eu-west-1"\n{0} = 1',
        'profile = "demo"\nregion = "eu-west-1"\n[tags]\n{0} = "a"',
        'profile = "demo"\nregion = "eu-west-1"\n[service.environment]\n{0} = "a"',
        'profile = "demo"\nregion = "eu-west-1"\n[access]\nreaders = [{0}]',
        'profile = {0}\nregion = "eu-west-1"',
    ],
)
def test_a_value_or_a_name_in_a_file(refuse: Refuse, form: str, text: str) -> None:
    report = refuse(base=form.format(json.dumps(text)))

    assert_printable(report.text)
    assert len(report.places) == 1, "a line break in a value begins no other problem"


@pytest.mark.parametrize("text", ["\x1b[2J", "a\nb", "\udcff"])
def test_a_variable(refuse: Refuse, text: str) -> None:
    assert_printable(refuse(MLFLOW_INFRA_NAME=text).text)
    assert_printable(refuse(**{f"MLFLOW_INFRA_{text}": "a"}).text)


def test_half_a_character_in_json(refuse: Refuse) -> None:
    report = refuse(MLFLOW_INFRA_SERVICE__ENVIRONMENT='{"A": "\\ud800"}')

    assert report.places == ["MLFLOW_INFRA_SERVICE__ENVIRONMENT"]
    report.says(report.places[0], "It is not text", "write it in UTF-8")


@pytest.mark.parametrize("name", ["a\x1b[2Jb.toml", "a\nb.toml", "\udcff.toml"])
def test_a_files_name(environments: Environments, name: str) -> None:
    environments.write(name, "")

    text = environments.refuse().text

    assert_printable(text)
    text.encode()


def test_letters_of_any_language_are_shown(refuse: Refuse) -> None:
    report = refuse(base='profile = "demo"\nregion = "größe-日本-🙂"')

    assert 'region = "größe-日本-🙂"' in report.text
