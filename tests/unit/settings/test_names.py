"""What has to be set, and names that are no settings: refused, with the nearest one that is."""

from __future__ import annotations

import pytest

from stacks.loading import ENVIRONMENT
from tests.environment_files import Refuse


@pytest.mark.parametrize(
    ("text", "place", "problem", "fix"),
    [
        (
            "",
            "profile",
            "Required",
            'add it to the top of the file, before the first [table]: profile = "demo"',
        ),
        ("", "region", "Required", 'region = "eu-west-1"'),
        ("profile = []", "profile = []", "not one of the allowed values", 'write "demo" or "production"'),
        (
            'profile = "prod"',
            'profile = "prod"',
            "not one of the allowed values",
            'did you mean "production"?',
        ),
        (
            'profile = "demo"\nregion = "us-esat-1"',
            'region = "us-esat-1"',
            "not known",
            'did you mean "us-east-1"?',
        ),
        (
            'profile = "demo"\nregion = "Frankfurt"',
            'region = "Frankfurt"',
            "not known",
            'one of them, such as "',
        ),
        ('profile = "demo"\nregion = "us-east-1a"', 'region = "us-east-1a"', "not known", '"us-east-1"'),
    ],
)
def test_required_settings_are_reported(
    refuse: Refuse, text: str, place: str, problem: str, fix: str
) -> None:
    refuse(text, base="").says(f"environments/test.toml: {place}", problem, fix)


def test_unknown_profile_hides_and_invents_no_problem(refuse: Refuse) -> None:
    report = refuse('region = "us-east-1"\n[service]\nmemory_mib = 3000\n', base='profile = "staging"\n')

    assert report.places == [
        'environments/test.toml: profile = "staging"',
        "environments/test.toml: service.memory_mib = 3000",
    ]


UNKNOWN = [
    ('nmae = "x"', "nmae", "did you mean name?"),
    ("[servce]\ncpu_units = 512", "servce", "did you mean service?"),
    ("[service]\ncpu_unit = 512", "service.cpu_unit", "did you mean service.cpu_units?"),
    ("[service]\nCPU_UNITS = 512", "service.CPU_UNITS", "did you mean service.cpu_units?"),
    ("cpu_units = 512", "cpu_units", "move it to [service]: it is service.cpu_units"),
    ('[service]\nregion = "x"', "service.region", "move it to the top of the file"),
    ("[database]\nbucket = 1", "database.bucket", "move it to [state]: it is state.bucket"),
    ("[service]\nxyzzy = 1", "service.xyzzy", "remove it, or see docs/settings.md"),
    ('environment = "prod"', "environment", "remove it: the environment's name is the file's"),
]


@pytest.mark.parametrize(("lines", "place", "fix"), UNKNOWN, ids=[place for _, place, _ in UNKNOWN])
def test_unknown_names_are_refused(refuse: Refuse, lines: str, place: str, fix: str) -> None:
    report = refuse(lines)

    report.says(f"environments/test.toml: {place}", "There is no such setting", fix)
    assert len(report.places) == 1


def test_unknown_setting_lists_the_known_ones(refuse: Refuse) -> None:
    tables = ", ".join(path[0] for path in ENVIRONMENT.sections if len(path) == 1)
    refuse("xyzzy = 1").says(
        "environments/test.toml: xyzzy",
        f"Allowed: {tables}, profile, size, region, name, allow_destroy, tags",
    )
    refuse("[logs]\nxyzzy = 1").says(
        "environments/test.toml: logs.xyzzy",
        f"Allowed: in [logs]: {', '.join(ENVIRONMENT.sections[('logs',)].model_fields)}",
    )


def test_a_password_is_no_setting_and_is_not_shown(refuse: Refuse) -> None:
    report = refuse('[database]\npassword = "hunter2"')

    report.says("environments/test.toml: database.password", "no secret belongs in the settings")
    assert "hunter2" not in report.text
